import { describe, expect, it } from "vitest";
import { parseTime } from "../input/time-option.js";
import { createColours, printable } from "./colours.js";
import { createProgressBar, progressLine } from "./progress-bar.js";
import { csvLine, tableText } from "./table.js";

describe("what a terminal is shown", () => {
  it.each([
    ["\u001b[2J", String.raw`\u001b[2J`],
    ["a\r\nb", String.raw`a\u000d\u000ab`],
    ["\u009b31m", String.raw`\u009b31m`],
    ["abc\u202edef", String.raw`abc\u202edef`],
    ["naïve 😀", "naïve 😀"],
  ])("obeys nothing that came in: %j", (text, expected) => expect(printable(text)).toBe(expected));

  it("has colour only where it is on", () => {
    expect(createColours(true).red("x")).toBe("\u001b[31mx\u001b[0m");
    expect(createColours(false).red("x")).toBe("x");
  });

  it("is cut in a table and whole in CSV", () => {
    const long = "x".repeat(100);
    expect(tableText({ columns: ["a"], rows: [[long]] })[2]).toBe(`${"x".repeat(59)}…`);
    expect(csvLine([long, null, 1, 'say "hi"', "a\nb", { a: [1] }])).toBe(
      `${long},,1,"say ""hi""","a\nb","{""a"":[1]}"`,
    );
  });
});

describe("the progress bar", () => {
  it("shows the share, the count and the rate", () => {
    const line = progressLine({ done: 500, total: 2_000, elapsedMs: 1_000, note: "" });
    expect(line).toBe(`${"█".repeat(6)}${"░".repeat(18)} 25%  500 of 2,000 500/s`);
    expect(progressLine({ done: 1_500, total: null, elapsedMs: 500, note: "" })).toBe("1,500 3,000/s");
  });

  it("is drawn at most ten times a second, and taken away at the end", () => {
    let nowMs = 0;
    const drawn: string[] = [];
    const bar = createProgressBar({ progress: (line) => void drawn.push(line) }, () => nowMs);
    for (nowMs = 0; nowMs < 1_000; nowMs += 1) bar.show(nowMs, null);
    bar.end();
    expect(drawn).toHaveLength(11);
    expect(drawn.at(-1)).toBe("");
  });
});

describe("a time on the command line", () => {
  const nowMs = Date.parse("2026-11-20T12:00:00.000Z");

  it.each([
    ["2h", "2026-11-20T10:00:00.000Z"],
    ["90s", "2026-11-20T11:58:30.000Z"],
    ["7d", "2026-11-13T12:00:00.000Z"],
    ["2026-11-20", "2026-11-20T00:00:00.000Z"],
    ["2026-11-20T10:00+02:00", "2026-11-20T08:00:00.000Z"],
  ])("%s is %s", (text, expected) => expect(parseTime(text, nowMs)).toBe(expected));

  it("is refused when it is none", () => expect(() => parseTime("soon", nowMs)).toThrow("Expected a time such as"));
});
