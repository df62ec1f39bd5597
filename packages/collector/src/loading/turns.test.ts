import { describe, expect, it } from "vitest";
import { createTurns } from "./turns.js";
import type { CoresMs, Turns } from "./turns.js";

const grown = { hasGrown: true, isAwaited: false };

/** A machine of two cores, and a thread on it; time passes when it is told to. */
function machine({ cores = (all: number, idle: number): CoresMs | null => ({ all, idle, cores: 2 }) } = {}) {
  const state = { nowMs: 1_000, activeMs: 0, allMs: 0, idleMs: 0, rests: [] as number[], wake: (): void => {} };
  const turns: Turns = createTurns({
    runtime: {
      monotonicMs: () => state.nowMs,
      after(ms, task) {
        state.rests.push(ms);
        state.wake = () => {
          state.nowMs += ms;
          task();
        };
        return () => {
          state.wake = () => {};
        };
      },
    },
    activeMs: () => state.activeMs,
    coresMs: () => cores(state.allMs, state.idleMs),
  });
  /** Time goes by: this thread worked for so much of it, and so many cores were free. */
  const pass = (ms: number, { active = 0, free = 0, news = true } = {}): void => {
    state.nowMs += ms;
    state.activeMs += active;
    state.allMs += 2 * ms;
    state.idleMs += free * ms;
    if (news) turns.heard(grown);
  };
  /** Whether loading may go on at once. */
  const goesOn = async (): Promise<boolean> => {
    let isMine = false;
    void turns.mine().then(() => (isMine = true));
    await Promise.resolve();
    await Promise.resolve();
    return isMine;
  };
  /** Long enough to have looked around once. */
  const lookAround = async (free: number): Promise<void> => {
    pass(250, { free });
    expect(await goesOn()).toBe(true);
  };
  return { state, turns, pass, goesOn, lookAround };
}

describe("the turns of loading", () => {
  it("rests where no core is free, five times as long as it worked", async () => {
    const { state, turns, pass, lookAround } = machine();
    await lookAround(0.3);
    pass(50, { active: 40 });
    let isMine = false;
    const mine = turns.mine().then(() => (isMine = true));
    await Promise.resolve();
    expect([isMine, state.rests]).toEqual([false, [5 * 40 - 10]]);
    state.wake();
    await mine;
  });

  it("adds up what many short pieces of work took, and rests once for all", async () => {
    const { state, pass, goesOn, lookAround } = machine();
    await lookAround(0);
    for (let piece = 0; piece < 3; piece += 1) {
      pass(8, { active: 6 });
      expect(await goesOn()).toBe(true);
    }
    pass(8, { active: 6 });
    expect(await goesOn()).toBe(false);
    expect(state.rests).toEqual([4 * (5 * 6 - 2)]);
  });

  it("owes nothing any more after a rest", async () => {
    const { state, turns, pass, goesOn, lookAround } = machine();
    await lookAround(0);
    pass(50, { active: 50 });
    const mine = turns.mine();
    state.wake();
    await mine;
    turns.heard(grown);
    pass(15, { active: 15 });
    expect(await goesOn()).toBe(true);
    expect(state.rests).toHaveLength(1);
  });

  it("does not save up what it did not use", async () => {
    const { state, pass, goesOn, lookAround } = machine();
    await lookAround(0);
    pass(100_000, { active: 1 });
    expect(await goesOn()).toBe(true);
    pass(50, { active: 50 });
    expect(await goesOn()).toBe(false);
    expect(state.rests).toEqual([250]);
  });

  it("rests a quarter of a second at most, and once, whatever one piece took", async () => {
    const { state, turns, pass, goesOn, lookAround } = machine();
    await lookAround(0);
    pass(5_000, { active: 5_000 });
    const mine = turns.mine();
    expect(state.rests).toEqual([250]);
    state.wake();
    await mine;
    turns.heard(grown);
    expect(await goesOn()).toBe(true);
  });

  it("does not rest where a core is free", async () => {
    const { pass, goesOn, lookAround } = machine();
    await lookAround(1);
    pass(240, { active: 240, free: 1 });
    expect(await goesOn()).toBe(true);
  });

  it("judges by a tenth of a second, not by a moment", async () => {
    const { pass, goesOn, lookAround } = machine();
    await lookAround(1);
    pass(60, { active: 60 });
    expect(await goesOn()).toBe(true);
    pass(60, { active: 60 });
    expect(await goesOn()).toBe(false);
  });

  it("goes on when a core has become free, and forgets what it owed", async () => {
    const { pass, goesOn, lookAround } = machine();
    await lookAround(0);
    pass(15, { active: 15 });
    expect(await goesOn()).toBe(true);
    pass(250, { active: 250, free: 1.5 });
    expect(await goesOn()).toBe(true);
    pass(15, { active: 15 });
    expect(await goesOn()).toBe(true);
  });

  it("does not rest where nothing comes in: whoever catches up alone is in nobody's way", async () => {
    const { turns, pass, goesOn, lookAround } = machine();
    await lookAround(0);
    pass(251, { active: 251, news: false });
    turns.heard({ hasGrown: false, isAwaited: false });
    expect(await goesOn()).toBe(true);
  });

  it("does not rest while somebody waits, and ends a rest for them", async () => {
    const { state, turns, pass, goesOn, lookAround } = machine();
    await lookAround(0);
    pass(50, { active: 50 });
    const mine = turns.mine();
    turns.heard({ hasGrown: false, isAwaited: true });
    await mine;
    pass(50, { active: 50, news: false });
    expect(await goesOn()).toBe(true);
    pass(50, { active: 50 });
    expect(await goesOn()).toBe(false);
    expect(state.rests).toEqual([250, 250]);
  });

  it("does not rest where the machine does not say what its cores do, or not always", async () => {
    let looks = 0;
    const cores = (all: number, idle: number): CoresMs | null => (looks++ % 2 === 0 ? null : { all, idle, cores: 2 });
    const { pass, goesOn, lookAround } = machine({ cores });
    await lookAround(0);
    for (let look = 0; look < 3; look += 1) {
      pass(250, { active: 250 });
      expect(await goesOn()).toBe(true);
    }
  });

  it("ends a rest at once when it is stopped, and begins no other", async () => {
    const { turns, pass, goesOn, lookAround, state } = machine();
    await lookAround(0);
    pass(50, { active: 50 });
    const mine = turns.mine();
    turns.stop();
    await mine;
    pass(50, { active: 50 });
    expect(await goesOn()).toBe(true);
    expect(state.rests).toHaveLength(1);
  });
});
