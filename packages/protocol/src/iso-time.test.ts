import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCanonicalTime, isoTime, isTimeMs, parseIsoTime } from "./iso-time.js";

const anyMs = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });

describe("isoTime", () => {
  it("writes what Date writes, and parseIsoTime reads it back", () => {
    fc.assert(
      fc.property(anyMs, (ms) => {
        const text = new Date(ms).toISOString();
        expect(isoTime(ms)).toBe(text);
        expect(parseIsoTime(text)).toBe(ms);
      }),
      { numRuns: 2000 },
    );
  });

  it("has four digits for a year: the times just outside are none", () => {
    expect([isTimeMs(-62_167_219_200_001), isTimeMs(253_402_300_800_000), isTimeMs(Number.NaN)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe("parseIsoTime", () => {
  it.each([
    ["2024-01-02T03:04:05.678901+05:30", "2024-01-01T21:34:05.678Z"],
    ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05.000Z"],
    ["2024-01-02t03:04:05z", "2024-01-02T03:04:05.000Z"],
    ["2024-01-02 03:04", "2024-01-02T03:04:00.000Z"],
    ["2024-01-02", "2024-01-02T00:00:00.000Z"],
  ])("reads %s", (text, canonical) => {
    expect(isoTime(parseIsoTime(text) ?? Number.NaN)).toBe(canonical);
  });

  it.each([
    "",
    "120",
    "1.5",
    "yesterday",
    "2024-13-01",
    "2024-01-01T25:00:00.000Z",
    "2024-01-01T00:60:00.000Z",
    "Tue, 02 Jan 2024 03:04:05 GMT",
    "2024-01-02T0x:04:05.678Z",
    "+010000-01-01T00:00:00.000Z",
  ])("refuses %j", (text) => {
    expect(parseIsoTime(text)).toBeNull();
  });
});

describe("isCanonicalTime", () => {
  const two = (max: number) => fc.integer({ min: 0, max }).map((number) => String(number).padStart(2, "0"));
  const anyText = fc
    .tuple(two(99), two(13), two(32), two(25), two(61), two(61))
    .map(([year, month, day, hour, minute, second]) => `20${year}-${month}-${day}T${hour}:${minute}:${second}.741Z`);

  it("is true only for what isoTime would write", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const ms = parseIsoTime(text);
        fc.pre(ms !== null && isCanonicalTime(text));
        expect(isoTime(ms ?? Number.NaN)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(["2026-02-30T00:00:00.000Z", "2026-11-20T24:00:00.000Z"])("is false for %s, which Date reads", (text) => {
    expect(parseIsoTime(text)).not.toBeNull();
    expect(isCanonicalTime(text)).toBe(false);
  });
});
