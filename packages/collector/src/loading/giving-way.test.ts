import { describe, expect, it } from "vitest";
import { createCrowding, createGivingWay } from "./giving-way.js";

describe("a loader that gives way", () => {
  it("may load all that is there, without a rest, while there is room", () => {
    const way = createGivingWay(() => false);
    expect([10, 10, 5_000].map(way.allowed)).toEqual([10, 10, 5_000]);
    expect(way.restMs(40)).toBe(0);
  });

  it("may load a little more than half of what comes while it is crowded, and the rest afterwards", () => {
    let isCrowded = false;
    const { allowed } = createGivingWay(() => isCrowded);
    expect(allowed(100)).toBe(100);
    isCrowded = true;
    expect(allowed(200)).toBe(160);
    expect(allowed(300)).toBe(220);
    expect(allowed(300)).toBe(220);
    expect(allowed(301)).toBe(221);
    isCrowded = false;
    expect(allowed(301)).toBe(301);
  });

  it("rests for longer than it worked while it is crowded, up to a bound", () => {
    const { restMs } = createGivingWay(() => true);
    expect([2, 40, 5_000].map(restMs)).toEqual([6, 120, 1_000]);
  });

  it("may never load what is not durable", () => {
    const { allowed } = createGivingWay(() => true);
    for (const durable of [1, 1, 2, 3, 1_000, 1_000]) expect(allowed(durable)).toBeLessThanOrEqual(durable);
  });
});

describe("crowding", () => {
  function aThread() {
    const at = { nowMs: 0, waitedMs: 0 as number | null };
    const isCrowded = createCrowding({ monotonicMs: () => at.nowMs }, () => at.waitedMs);
    const after = (ms: number, waitedMs: number): boolean => {
      at.nowMs += ms;
      at.waitedMs = (at.waitedMs ?? 0) + waitedMs;
      return isCrowded();
    };
    return { at, isCrowded, after };
  }

  it("is where the thread has waited for a core for more than a twentieth of the time", () => {
    const { after } = aThread();
    expect([after(1_000, 50), after(1_000, 51), after(1_000, 0), after(1_000, 900)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it("is looked at once in a while", () => {
    const { after } = aThread();
    expect([after(125, 100), after(125, 0), after(125, 0), after(125, 0)]).toEqual([false, true, true, false]);
  });

  it("is unknown where the system does not tell", () => {
    const isCrowded = createCrowding({ monotonicMs: () => 10_000 }, () => null);
    expect(isCrowded()).toBe(false);
  });

  it.runIf(process.platform === "linux")("is told of by the system", () => {
    let nowMs = 0;
    const isCrowded = createCrowding({ monotonicMs: () => nowMs });
    nowMs = 1e12;
    expect(isCrowded()).toBe(false);
    nowMs += 1_000;
    expect(typeof isCrowded()).toBe("boolean");
  });
});
