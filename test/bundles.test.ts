/**
 * What an application carries when it bundles what it imports, from the packages as they are built. The budgets are in
 * size-budgets.json: the program, and the bytes that it may have, minified and gzipped.
 */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown, type OutputChunk } from "rolldown";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const budgets = Object.entries(JSON.parse(read("test/size-budgets.json")) as Readonly<Record<string, number>>);

interface Bundle {
  readonly code: string;
  /** Built files of which something is in it, such as `tracker/dist/tracker.js`. */
  readonly files: readonly string[];
  /** What it imports when it runs. */
  readonly imports: readonly string[];
}

async function bundled(program: string): Promise<Bundle> {
  const entry = {
    name: "program",
    resolveId: (id: string) => (id === "program" ? "\0program" : null),
    load: (id: string) => (id === "\0program" ? program : null),
  };
  const bundle = await rolldown({
    input: "program",
    cwd: root,
    platform: "node",
    external: /^node:/,
    plugins: [entry],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  const chunks = output.filter((file): file is OutputChunk => file.type === "chunk");
  const modules = chunks.flatMap((chunk) => Object.entries(chunk.modules));
  return {
    code: chunks.map(({ code }) => code).join("\n"),
    files: modules
      .filter(([id, { renderedLength }]) => renderedLength > 0 && !id.startsWith("\0"))
      .map(([id]) => relative(`${root}packages`, id).replaceAll("\\", "/")),
    imports: chunks.flatMap(({ imports }) => imports),
  };
}

const gzippedBytes = (code: string): number => gzipSync(code, { level: 9 }).byteLength;

describe("A62: the size", () => {
  it.each(budgets)("keeps within its budget: %s", async (program, maxBytes) => {
    const bytes = gzippedBytes((await bundled(program)).code);
    expect(bytes).toBeLessThanOrEqual(maxBytes);
    // A budget that nothing comes near to says nothing: lower it.
    expect(bytes).toBeGreaterThan(maxBytes * 0.8);
  });

  it("counts what is in it", async () => {
    const one = await bundled('export { createATrack } from "oncewire/a-track";');
    const two = await bundled('export { createATrack } from "oncewire/a-track"; export * from "oncewire/attribution";');
    expect(gzippedBytes(two.code)).toBeGreaterThan(gzippedBytes(one.code) + 5_000);
  });
});

describe("A62, A73: everything that is installed with it", () => {
  it("is ours, in each package that it depends on", () => {
    for (const name of ["tracker", "protocol", "journal"]) {
      const manifest = JSON.parse(read(`packages/${name}/package.json`)) as Readonly<
        Record<string, object | undefined>
      >;
      const wanted = ["dependencies", "peerDependencies", "optionalDependencies"].flatMap((kind) =>
        Object.keys(manifest[kind] ?? {}),
      );
      expect(wanted.filter((dependency) => !/^@oncewire\/(?:protocol|journal)$/.test(dependency))).toEqual([]);
    }
  });

  it("imports nothing but Node's own modules", async () => {
    const { files, imports } = await bundled(
      'export * from "oncewire/a-track"; export { createTracker } from "oncewire";',
    );
    expect(files.filter((file) => !/^(?:tracker|protocol|journal)\/dist\//.test(file))).toEqual([]);
    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter((name) => !name.startsWith("node:"))).toEqual([]);
  });
});

const engine = /^journal\/|^tracker\/dist\/(?:clients|delivery|spool|transport|outbox|tracker)/;
const attribution = /^tracker\/dist\/context\/(?:init-payload|traffic-source|known-sites|device|campaign)/;

describe("A63: attribution, sessions and events", () => {
  it.each(["oncewire/attribution", "oncewire/session"])("%s brings nothing of the engine", async (entry) => {
    const { files } = await bundled(`export * from "${entry}";`);
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => engine.test(file))).toEqual([]);
  });

  it("brings events without attribution, and attribution alone also by the client's entry", async () => {
    const events = await bundled('export { createATrack } from "oncewire/a-track";');
    expect(events.files.filter((file) => engine.test(file)).length).toBeGreaterThan(30);
    expect(events.files.filter((file) => attribution.test(file))).toEqual([]);
    const alone = await bundled('export { buildInitPayload } from "oncewire/a-track";');
    expect(alone.files.filter((file) => engine.test(file))).toEqual([]);
    expect(alone.files.some((file) => attribution.test(file))).toBe(true);
  });

  it("are each of use alone", async () => {
    const { buildRequestContext } = await import("oncewire/attribution");
    const { continueVisit } = await import("oncewire/session");
    const context = buildRequestContext({ url: "/?utm_source=news" });
    const moment = { nowMs: Date.UTC(2026, 3, 8, 12), newId: () => "s-1", context };
    const visit = continueVisit(null, moment);
    expect(visit).toMatchObject({ sessionId: "s-1", lastSeenAt: "2026-04-08T12:00:00.000Z" });
    expect(continueVisit(visit, { ...moment, newId: () => "s-2" })).toEqual(visit);
    expect(continueVisit(visit, { ...moment, newId: () => "s-2", newSession: true }).sessionId).toBe("s-2");
  });
});
