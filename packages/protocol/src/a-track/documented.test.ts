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
  "packages/collector/src/enrichment/",
  "packages/collector/src/profiles/",
  "",
];

/** The rows of the table of sentences: number, file and name of the test of each. */
const rows = [...page.matchAll(/^\| (A\d[^|]*?) *\|.*\| `([\w./-]+)`: (.*?) *\|$/gm)].map(
  ([, row = "", file = "", name = ""]) => [file, name, row] as const,
);

/** `A5, A43–A45` names A5, A43, A44 and A45. */
function numbersIn(text: string): readonly number[] {
  return [...text.matchAll(/\bA(\d+)(?:–A(\d+))?/g)].flatMap(([, from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => Number(from) + at),
  );
}

describe("docs/protocols/a-track.md", () => {
  it.each(rows)("cites a test that exists: %s: %s", (file, name) => {
    const path = folders.map((folder) => folder + file).find((each) => existsSync(new URL(each, root)));
    expect(path).toBeDefined();
    expect(read(path ?? "")).toContain(`"${name}"`);
  });

  it.each(rows)("cites a test that is named after its row: %s: %s (%s)", (_file, name, row) => {
    expect(numbersIn(name)).toEqual(expect.arrayContaining([...numbersIn(row)]));
  });

  it("leaves no row out", () => {
    const there = new Set(rows.flatMap(([, , row]) => numbersIn(row)));
    const all = Array.from({ length: 73 }, (_, at) => at + 1);
    expect(all.filter((row) => !there.has(row))).toEqual([]);
  });

  it("lists every kind, every code of a bad event and every region", () => {
    for (const kind of eventKinds) expect(page).toContain(`| \`${kind}\``);
    // Two are for callers of the encoder alone.
    const received = badCodes.filter((code) => code !== "unknown-kind" && code !== "too-large");
    for (const code of received) expect(page).toContain(`| \`${code}\``);
    for (const geo of geos) expect(page).toContain(geo);
  });
});
