import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const binaries = join(root, "node_modules/.bin");
let house: string;

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), "oncewire-layers-"));
  cpSync(join(root, "oxlint.config.mjs"), join(house, "oxlint.config.mjs"));
  mkdirSync(join(house, "scripts"));
  cpSync(join(root, "scripts/layers.mjs"), join(house, "scripts/layers.mjs"));
});
afterAll(() => rmSync(house, { recursive: true, force: true }));

/** What the linter says of one file that imports one thing, in a house with our layer table. */
function lint(path: string, specifier: string): string {
  const file = join(house, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `import { thing } from "${specifier}";\n\nexport const other: unknown = thing;\n`);
  try {
    execFileSync(join(binaries, "oxlint"), ["-c", "oxlint.config.mjs", "--deny-warnings", path], {
      cwd: house,
      encoding: "utf8",
      // The linter looks for its type-aware half on the path.
      env: { ...process.env, PATH: `${binaries}${delimiter}${process.env["PATH"]}` },
    });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  } finally {
    rmSync(file);
  }
}

describe("the layer table", () => {
  it.each([
    ["an upward import", "packages/tracker/src/spool/memory-spool.ts", "../delivery/queue.js"],
    ["a sibling import", "packages/tracker/src/spool/memory-spool.ts", "../transport/http-transport.js"],
    ["an upward import of a file", "packages/tracker/src/delivery/flush.ts", "../tracker.js"],
    ["one vendor in another", "packages/protocol/src/snowplow/encode.ts", "../rudderstack/encode.js"],
    ["ingest in the log", "packages/collector/src/log/accept-log.ts", "../ingest/ingest.js"],
  ])("refuses %s", (_what, path, specifier) => {
    expect(lint(path, specifier)).toContain("may not import what stands above or beside it");
  });

  it("refuses a node: import in protocol", () => {
    expect(lint("packages/protocol/src/rudderstack/encode.ts", "node:fs")).toContain(
      "protocol may import only: nothing",
    );
  });

  it.each([
    ["packages/journal/src/journal.ts", "@oncewire/protocol"],
    ["packages/tracker/src/tracker.ts", "@oncewire/collector"],
    ["packages/collector/src/ingest/ingest.ts", "oncewire"],
  ])("refuses in %s an import of %s", (path, specifier) => {
    expect(lint(path, specifier)).toContain("may import only");
  });

  it.each([
    ["packages/tracker/src/delivery/delivery.ts", "../spool/spool.js"],
    ["packages/tracker/src/tracker.ts", "@oncewire/protocol"],
    ["packages/collector/src/sinks/forward.ts", "oncewire"],
    ["packages/journal/src/files.ts", "node:fs"],
  ])("lets %s import %s", (path, specifier) => {
    expect(lint(path, specifier)).toBe("");
  });
});
