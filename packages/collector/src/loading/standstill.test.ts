import { beforeEach, expect, it } from "vitest";
import { Standstill } from "./standstill.js";

let nowMs: number;
let standstill: Standstill;

beforeEach(() => {
  nowMs = 5_000;
  standstill = new Standstill({ monotonicMs: () => nowMs });
});

it("is none while there is nothing to read", () => {
  standstill.wanted(false);
  nowMs += 60_000;
  expect(standstill.ms).toBe(0);
});

it("is as old as what has waited longest since the last move", () => {
  for (let second = 0; second < 60; second += 1) {
    standstill.wanted(true);
    nowMs += 1_000;
  }
  expect(standstill.ms).toBe(60_000);
});

it("is over with a move, also for one that stays behind", () => {
  standstill.wanted(true);
  for (let second = 0; second < 60; second += 1) {
    nowMs += 1_000;
    standstill.moved(true);
  }
  nowMs += 7;
  expect(standstill.ms).toBe(7);
  standstill.moved(false);
  nowMs += 60_000;
  expect(standstill.ms).toBe(0);
});
