import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { openJournal } from "./journal.js";
import { journalDefaults, resolveJournalOptions, type JournalOptions } from "./options.js";

describe("the options", () => {
  it("document the defaults they have", async () => {
    const source = await readFile(new URL("./options.ts", import.meta.url), "utf8");
    const documented = source.matchAll(/@default (.+)\n\s+\*\/\n\s+readonly (\w+)\?/g);
    const found = Object.fromEntries([...documented].map(([, value, name]) => [name, value]));
    const actual = Object.entries(journalDefaults).map(([name, value]) => {
      return [name, typeof value === "string" ? JSON.stringify(value) : String(value)];
    });
    expect(found).toEqual(Object.fromEntries(actual));
  });

  it("mean the default where they are undefined, and are frozen", () => {
    const given = { directory: "x", sync: undefined, segmentBytes: undefined } as unknown as JournalOptions;
    const resolved = resolveJournalOptions(given);
    expect(resolved).toMatchObject({ directory: "x", sync: "group", segmentBytes: 67_108_864, retain: null });
    expect(Object.isFrozen(resolved)).toBe(true);
  });

  it.each<[string, object, RegExp]>([
    ["an unknown option", { directory: "x", synch: "none" }, /`synch` is no option; the options are directory, sync/],
    ["an unknown option of retain", { directory: "x", retain: { maxbytes: 1 } }, /`retain\.maxbytes` is no option/],
    ["no directory", {}, /`directory` must be the path of a folder .*, got undefined/],
    ["a wrong word", { directory: "x", sync: "always" }, /`sync` must be one of "group", "none", got "always"/],
    [
      "a wrong type",
      { directory: "x", groupDelayMs: "1s" },
      /`groupDelayMs` must be a number from 0 to 60000, got "1s"/,
    ],
    ["a number out of bounds", { directory: "x", segmentBytes: 1 }, /`segmentBytes` must be a number from 4096 /],
    ["NaN", { directory: "x", maxBytes: Number.NaN }, /`maxBytes` must be a number ≥ 16384, got NaN/],
  ])("refuse %s and say what was expected", async (_, options, message) => {
    await expect(openJournal(options as JournalOptions)).rejects.toThrow(message);
    await expect(openJournal(options as JournalOptions)).rejects.toThrow(TypeError);
  });

  it("fit segments and records into a small journal", () => {
    const { segmentBytes, maxRecordBytes } = resolveJournalOptions({ directory: "x", maxBytes: 1_000_000 });
    expect(segmentBytes).toBe(125_000);
    expect(maxRecordBytes + 2 * segmentBytes).toBeLessThan(1_000_000);
  });
});
