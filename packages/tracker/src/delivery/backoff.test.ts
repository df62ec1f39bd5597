import fc from "fast-check";
import { expect, it } from "vitest";
import { backoffMs, ceilingMs, pauseMs } from "./backoff.js";

const bounds = { baseMs: 500, capMs: 30_000 };

it("doubles the ceiling for each failure up to the cap", () => {
  expect([1, 2, 3, 6, 7, 8, 5000].map((count) => ceilingMs(count, bounds))).toEqual([
    500, 1000, 2000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

it("stays between 1 ms and the ceiling, by chance", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (count, random) => {
        const delayMs = backoffMs(count, bounds, random);
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(1);
        expect(delayMs).toBeLessThanOrEqual(ceilingMs(count, bounds));
      },
    ),
  );
});

it("pauses for at least half the ceiling", () => {
  expect([0, 0.5, 0.999].map((random) => pauseMs(2, { baseMs: 10_000, capMs: 600_000 }, random))).toEqual([
    10_000, 15_000, 19_990,
  ]);
});
