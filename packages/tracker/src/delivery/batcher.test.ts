import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countThatFit, emptyBatch, fits, smallerPayload, withEvent, type BatchLimits } from "./batcher.js";

const limits = (over: Partial<BatchLimits> = {}): BatchLimits => ({
  maxEvents: 100,
  maxBytes: 10_000,
  maxPayloadBytes: Infinity,
  overheadBytes: (events) => 10 + events,
  ...over,
});

const anyLimits = fc.record({
  maxEvents: fc.integer({ min: 1, max: 50 }),
  maxBytes: fc.integer({ min: 1, max: 5000 }),
  maxPayloadBytes: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 5000 })),
  perEvent: fc.integer({ min: 0, max: 50 }),
});

describe("a batch", () => {
  it("is never over a limit, but for a single event", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1 }),
        anyLimits,
        (sizes, { perEvent, ...rest }) => {
          const bounds = limits({ ...rest, overheadBytes: (events) => events * perEvent });
          const count = countThatFit(sizes, bounds);
          const bytes = sizes.slice(0, count).reduce((sum, size) => sum + size, 0);
          expect(count).toBeGreaterThanOrEqual(1);
          if (count === 1) return;
          expect(count).toBeLessThanOrEqual(bounds.maxEvents);
          expect(bytes).toBeLessThanOrEqual(bounds.maxPayloadBytes);
          expect(bytes + bounds.overheadBytes(count)).toBeLessThanOrEqual(bounds.maxBytes);
        },
      ),
    );
  });

  it("is as full as it can be: the next event would be too much", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 2 }),
        anyLimits,
        (sizes, { perEvent, ...rest }) => {
          const bounds = limits({ ...rest, overheadBytes: (events) => events * perEvent });
          const count = countThatFit(sizes, bounds);
          const next = sizes[count];
          if (next === undefined) return;
          const batch = sizes.slice(0, count).reduce(withEvent, emptyBatch);
          expect(fits(batch, next, bounds)).toBe(false);
        },
      ),
    );
  });

  it.each([
    ["exactly at the byte limit", 9_989 - 100, true],
    ["one byte over it", 9_990 - 100, false],
  ])("counts what framing adds: %s", (_, bytes, expected) => {
    expect(fits({ events: 1, bytes: 99 }, bytes, limits())).toBe(expected);
  });
});

it("tries less after a payload that was too large, until one event is left", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 2, maxLength: 50 }), (sizes) => {
      const total = sizes.reduce((sum, size) => sum + size, 0);
      expect(
        countThatFit(sizes, limits({ maxEvents: 50, maxBytes: Infinity, maxPayloadBytes: smallerPayload(total) })),
      ).toBeLessThan(sizes.length);
    }),
  );
});
