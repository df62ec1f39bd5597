import fc from "fast-check";
import { expect, it } from "vitest";
import { SettledMarks } from "./settled-marks.js";

const steps = fc.array(fc.record({ from: fc.nat(200), length: fc.integer({ min: 0, max: 12 }) }), { maxLength: 80 });

it("knows what is settled, as a set would, and the lowest that is not", () => {
  fc.assert(
    fc.property(fc.nat(50), steps, (low, settled) => {
      const marks = new SettledMarks(low, null);
      const model = new Set(Array.from({ length: low }, (_, index) => index));
      for (const { from, length } of settled) {
        marks.settle(from, from + length);
        for (let position = from; position < from + length; position += 1) model.add(position);
      }
      for (let position = 0; position < 230; position += 1) expect(marks.isSettled(position)).toBe(model.has(position));
      let lowest = 0;
      while (model.has(lowest)) lowest += 1;
      expect(marks.low).toBe(lowest);
    }),
  );
});

it("is the same after it was stored and read", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 40), steps, (low, settled) => {
      const marks = new SettledMarks(low, null);
      for (const { from, length } of settled) marks.settle(low + from, low + from + length);
      const again = new SettledMarks(marks.low, marks.memo());
      for (let position = low; position < low + 230; position += 1) {
        expect(again.isSettled(position)).toBe(marks.isSettled(position));
      }
    }),
  );
});

it("never gives a memo that a cursor would refuse, and none of it is wrong", () => {
  const marks = new SettledMarks(0, null);
  for (let position = 1; position < 200_000; position += 2) marks.settle(position);
  const memo = marks.memo();
  expect(memo.byteLength).toBeLessThanOrEqual(65_536);
  const again = new SettledMarks(0, memo);
  expect([again.isSettled(1), again.isSettled(2), again.isSettled(10_001), again.isSettled(199_999)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

it("survives any memo", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.uint8Array({ maxLength: 100 }), (low, memo) => {
      expect(new SettledMarks(low, memo).low).toBeGreaterThanOrEqual(low);
    }),
  );
});

it("takes nothing from a memo that is for positions yet to be given", () => {
  const marks = new SettledMarks(0, null);
  marks.settle(2, 4);
  marks.settle(6, 9);
  const shortened = new SettledMarks(0, marks.memo(), 3);
  expect([2, 3, 6].map((position) => shortened.isSettled(position))).toEqual([true, false, false]);
});
