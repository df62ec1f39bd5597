import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { eventKinds } from "../event.js";
import { geos } from "./base-url.js";
import { badCodes } from "./decode.js";

const root = new URL("../../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const page = read("docs/protocols/a-track.md");
const folders = [
  "packages/protocol/src/a-track/",
  "packages/protocol/src/",
  "packages/tracker/src/context/",
  "packages/tracker/src/clients/a-track/",
  "packages/tracker/src/compat/",
  "",
];

/** The rows of the table of sentences: file and name of the test of each. */
const rows = [...page.matchAll(/^\| A\d[^|]*\|.*\| `([\w./-]+)`: (.*?) *\|$/gm)].map(
  ([, file = "", name = ""]) => [file, name] as const,
);

describe("docs/protocols/a-track.md", () => {
  it.each(rows)("cites a test that exists: %s: %s", (file, name) => {
    const path = folders.map((folder) => folder + file).find((each) => existsSync(new URL(each, root)));
    expect(path).toBeDefined();
    expect(read(path ?? "")).toContain(`"${name}"`);
  });

  it("has a row for each of the contract's fields", () => {
    expect(rows.length).toBeGreaterThan(35);
    for (const row of ["A43–A49", "A50–A54", "A55–A60"]) expect(page).toContain(`| ${row} |`);
  });

  it("lists every kind, every code of a bad event and every region", () => {
    for (const kind of eventKinds) expect(page).toContain(`| \`${kind}\``);
    // Two are for callers of the encoder alone.
    const received = badCodes.filter((code) => code !== "unknown-kind" && code !== "too-large");
    for (const code of received) expect(page).toContain(`| \`${code}\``);
    for (const geo of geos) expect(page).toContain(geo);
  });

  it("A62, A73: depends on nothing of others", () => {
    for (const name of ["protocol", "tracker"]) {
      const { dependencies = {} } = JSON.parse(read(`packages/${name}/package.json`)) as { dependencies?: object };
      expect(Object.keys(dependencies).filter((dependency) => !dependency.startsWith("@oncewire/"))).toEqual([]);
    }
  });
});
