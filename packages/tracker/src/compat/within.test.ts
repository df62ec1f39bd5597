import { expect, it } from "vitest";
import { within } from "./within.js";

it.each([
  [5, 5],
  ["7", 7],
  [5.9, 5],
  [0, 1],
  [-5, 1],
  [11, 10],
  [Infinity, 10],
  [Number.NaN, 3],
  ["many", 3],
  [undefined, 3],
  [null, 3],
])("%j is %i of 1 to 10, 3 by default", (given, number) => {
  expect(within(given, 3, [1, 10])).toBe(number);
});

it("keeps Infinity where that is a bound", () => {
  expect(within(Infinity, 3, [0, Infinity])).toBe(Infinity);
});
