import { expect, it } from "vitest";
import { readDuration } from "./duration.js";

it.each([
  [200, 200],
  ["200", 200],
  ["200ms", 200],
  ["10s", 10_000],
  ["1.5 m", 90_000],
  [" 2 h ", 7_200_000],
  [0, undefined],
  [-1, undefined],
  ["soon", undefined],
  ["10 days", undefined],
  [undefined, undefined],
])("%j is %j ms", (given, ms) => {
  expect(readDuration(given)).toBe(ms);
});
