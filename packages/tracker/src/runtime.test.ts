import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemRuntime, timeOrderedId } from "./runtime.js";

describe("ids", () => {
  it("are UUIDs of version 7, which sort by time", () => {
    const uuid4 = "5f2c1d3e-8a7b-4c6d-9e0f-1a2b3c4d5e6f";
    const ids = [1, 1_700_000_000_000, 1_700_000_000_001, 2 ** 48 - 1].map((ms) => timeOrderedId(ms, uuid4));
    expect(ids[1]).toBe("018bcfe5-6800-7c6d-9e0f-1a2b3c4d5e6f");
    expect(ids.toSorted()).toEqual(ids);
  });

  it("differ", () => {
    expect(new Set(Array.from({ length: 10_000 }, () => systemRuntime.id())).size).toBe(10_000);
  });
});

describe("timers", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("wait as long as they should, also beyond 2^31 - 1 ms", () => {
    const longMs = 2 ** 31 * 3 + 5;
    let fired = 0;
    systemRuntime.after(longMs, () => (fired += 1));
    vi.advanceTimersByTime(longMs - 1);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
  });

  it("do not fire once they are cancelled, in whichever stretch", () => {
    let fired = 0;
    const timer = systemRuntime.holdFor(2 ** 31 * 2, () => (fired += 1));
    vi.advanceTimersByTime(2 ** 31);
    timer.cancel();
    vi.advanceTimersByTime(2 ** 33);
    expect([fired, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
