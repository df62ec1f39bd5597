import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryAfterMs } from "./retry-after.js";

const now = Date.parse("2026-11-20T14:28:12.000Z");
const wait = (header: string, date?: string) =>
  retryAfterMs({ "retry-after": header, ...(date === undefined ? {} : { date }) }, now);

describe("retryAfterMs", () => {
  it.each([
    ["0", 0],
    ["1", 1000],
    [" 120 ", 120_000],
    ["3600", 3_600_000],
    ["99999999999", 3_600_000],
    ["9".repeat(400), 3_600_000],
    ["Fri, 20 Nov 2026 14:28:42 GMT", 30_000],
    ["Fri, 20 Nov 2026 14:00:00 GMT", 0],
    ["Fri, 20 Nov 2099 14:00:00 GMT", 3_600_000],
  ])("reads %j as %i ms", (header, ms) => {
    expect(wait(header)).toBe(ms);
  });

  it.each([
    "",
    "-5",
    "1.5",
    "1e3",
    "0x10",
    "soon",
    "120, 60",
    "21 Oct 2026",
    "2026-11-20T14:28:42Z",
    "Fri, 99 Nov 2026 14:28:42 GMT",
  ])("takes %j for no header", (header) => {
    expect(wait(header)).toBeNull();
  });

  it("measures a date by the clock of the answer, not by ours", () => {
    expect(wait("Fri, 20 Nov 2026 09:00:10 GMT", "Fri, 20 Nov 2026 09:00:00 GMT")).toBe(10_000);
    expect(wait("Fri, 20 Nov 2026 14:28:22 GMT", "no date")).toBe(10_000);
  });

  it("waits from nothing to an hour, whatever the header says", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.nat().map(String),
          fc.date().map((date) => (Number.isNaN(+date) ? "" : date.toUTCString())),
        ),
        (header) => {
          const ms = wait(header);
          if (ms !== null) expect(ms >= 0 && ms <= 3_600_000).toBe(true);
        },
      ),
    );
  });

  it("says nothing where there is no header", () => {
    expect(retryAfterMs({}, now)).toBeNull();
  });
});
