import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalInstantMs, instantMs } from "./iso-instant.js";

const firstMs = Date.parse("0100-01-01T00:00:00.000Z");
const lastMs = Date.parse("9999-12-31T23:59:59.999Z");

describe("an instant", () => {
  it("is read from every time that Date writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: firstMs, max: lastMs }), (ms) => {
        expect(canonicalInstantMs(new Date(ms).toISOString())).toBe(ms);
      }),
      { numRuns: 2000 },
    );
  });

  it("is read from no text that Date would write otherwise", () => {
    const digit = fc.integer({ min: 0, max: 9 }).map(String);
    const number = (length: number) =>
      fc.array(digit, { minLength: length, maxLength: length }).map((all) => all.join(""));
    const text = fc
      .tuple(number(4), number(2), number(2), number(2), number(2), number(2), number(3))
      .map(
        ([year, month, day, hour, minute, second, milli]) =>
          `${year}-${month}-${day}T${hour}:${minute}:${second}.${milli}Z`,
      );
    fc.assert(
      fc.property(text, (time) => {
        const ms = canonicalInstantMs(time);
        if (ms !== undefined) expect(new Date(ms).toISOString()).toBe(time);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    "2026-02-29T00:00:00.000Z",
    "1900-02-29T00:00:00.000Z",
    "2026-13-01T00:00:00.000Z",
    "2026-00-01T00:00:00.000Z",
    "2026-01-00T00:00:00.000Z",
    "2026-01-01T24:00:00.000Z",
    "2026-01-01T00:60:00.000Z",
    "2026-01-01T00:00:60.000Z",
    "2026-01-01T00:00:00.0x0Z",
    "2026-01-01 00:00:00.000Z",
    "2026-01-01T00:00:00.000z",
    "0099-01-01T00:00:00.000Z",
    "2026-01-01T00:00:00Z",
    "",
  ])("is not canonical in %j", (text) => {
    expect(canonicalInstantMs(text)).toBeUndefined();
  });

  it("is read from the other forms of ISO 8601", () => {
    expect(instantMs("2026-01-01T01:00:00+01:00")).toBe(Date.UTC(2026, 0, 1));
    expect(instantMs("2000-02-29T00:00:00.000Z")).toBe(Date.UTC(2000, 1, 29));
    expect(instantMs("tomorrow")).toBeNull();
  });
});
