import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../../../../../", import.meta.url);
const folders = ["packages/tracker/src/clients/rudderstack", "packages/tracker/src/clients", "test"];

/** The rows `| promise | `file` | test |` of the section on RudderStack's page. */
function rows(): readonly (readonly [file: string, test: string])[] {
  const page = readFileSync(new URL("docs/protocols/rudderstack.md", root), "utf8");
  const section = page.split(/^## /m).find((part) => part.startsWith("What RudderStack's page")) ?? "";
  return [...section.matchAll(/^\|[^|]*\| `([^`]+)` *\| (.+?) *\|$/gm)].map(
    ([, file = "", test = ""]) => [file, test] as const,
  );
}

describe("the document names tests that exist", () => {
  it.each(rows())("%s: %s", (file, test) => {
    const candidates = folders.map((folder) => new URL(`${folder}/${file}`, root));
    const path = candidates.find((candidate) => existsSync(candidate));
    expect(path, `${file} in one of ${folders.join(", ")}`).toBeDefined();
    expect(path === undefined ? "" : readFileSync(path, "utf8")).toContain(`"${test}"`);
  });

  it("for every row of RudderStack's page", () => {
    expect(rows().length).toBeGreaterThan(20);
  });
});
