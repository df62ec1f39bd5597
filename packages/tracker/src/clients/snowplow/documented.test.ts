import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { defaults } from "./emitter-options.js";

const root = new URL("../../../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const page = read("docs/protocols/snowplow.md");
const folders = ["packages/tracker/src/clients/snowplow/", "test/clients/"];

const rows = [...page.matchAll(/^\|[^|]*\| `([\w.-]+\.test\.ts)` *\| (.*?) *\|$/gm)].map(
  ([, file = "", name = ""]) => [file, name] as const,
);

describe("docs/protocols/snowplow.md", () => {
  it.each(rows)("cites a test that exists: %s: %s", (file, name) => {
    const path = folders.map((folder) => folder + file).find((each) => existsSync(new URL(each, root)));
    expect(read(path ?? "")).toContain(`"${name}"`);
  });

  it("has a row for each of the client's options and the page's sections", () => {
    expect(rows.length).toBeGreaterThan(25);
    for (const option of Object.keys(defaults)) expect(page).toMatch(new RegExp(`^\\|.*\`${option}\\b.*\\|`, "m"));
  });
});
