import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemRuntime } from "./runtime.js";

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
