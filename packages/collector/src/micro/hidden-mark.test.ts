import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openHiddenMark } from "./hidden-mark.js";

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-mark-"));
  file = join(directory, "micro.json");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("the mark", () => {
  it("is where it was moved to, at once and when it is opened again", async () => {
    const mark = openHiddenMark(file, 100);
    expect(mark.position).toBe(0);
    const moved = mark.moveTo(40);
    expect(mark.position).toBe(40);
    await moved;
    expect(openHiddenMark(file, 100).position).toBe(40);
  });

  it("is in a file that nobody else may read", async () => {
    await openHiddenMark(file, 100).moveTo(40);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it("never goes back, in whichever order it is moved", async () => {
    const mark = openHiddenMark(file, 100);
    await Promise.all([mark.moveTo(40), mark.moveTo(60), mark.moveTo(50)]);
    expect(mark.position).toBe(60);
    expect(openHiddenMark(file, 100).position).toBe(60);
    expect(readdirSync(directory)).toEqual(["micro.json"]);
  });

  it("rejects when it cannot be kept, counts all the same", async () => {
    const mark = openHiddenMark(join(directory, "nowhere", "micro.json"), 100);
    await expect(mark.moveTo(40)).rejects.toThrow("ENOENT");
    expect(mark.position).toBe(40);
    await expect(mark.moveTo(50)).rejects.toThrow("ENOENT");
    expect(mark.position).toBe(50);
  });

  it("of another log hides nothing that is yet to come", () => {
    writeFileSync(file, '{"hiddenBelow":5000}');
    expect(openHiddenMark(file, 3).position).toBe(3);
  });

  it.each(["{", "[]", "null", '{"hiddenBelow":"x"}', '{"hiddenBelow":-4}', '{"hiddenBelow":1.5}'])(
    "hides nothing where the file holds %s",
    (content) => {
      writeFileSync(file, content);
      expect(openHiddenMark(file, 100).position).toBe(0);
    },
  );
});
