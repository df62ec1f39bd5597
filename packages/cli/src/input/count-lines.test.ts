import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { countLines } from "./count-lines.js";

let directory: string;

beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "oncewire-lines-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("the lines of a file", () => {
  it.each([
    ["", 0],
    ["a", 1],
    ["a\n", 1],
    ["a\r\nb", 2],
    [`${"x".repeat(2_000_000)}\ny\n`, 2],
  ])("are counted with or without an end of the last one", async (text, expected) => {
    const path = join(directory, "lines");
    writeFileSync(path, text);
    expect(await countLines(path)).toBe(expected);
  });

  it("are not known of standard input, a folder, or what is not there", async () => {
    expect(await Promise.all(["-", directory, join(directory, "none")].map(countLines))).toEqual([null, null, null]);
  });
});
