import { expect, it } from "vitest";
import { LiveStatsReader } from "./live-stats.js";

it("tells the rate between two readings, and none for the first", () => {
  let nowMs = 1_000;
  let accepted = 40;
  const counts = () => ({ accepted, stored: 30, pending: 10, bad: 1, duplicates: 2 });
  const reader = new LiveStatsReader(counts, () => nowMs);
  expect(reader.next()).toEqual({ ...counts(), eventsPerSecond: 0 });
  nowMs += 2_000;
  accepted += 25;
  expect(reader.next()).toEqual({ ...counts(), eventsPerSecond: 12.5 });
  nowMs += 60_000;
  accepted += 1_000_000;
  reader.reset();
  expect(reader.next().eventsPerSecond).toBe(0);
});
