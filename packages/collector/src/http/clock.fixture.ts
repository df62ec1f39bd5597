import { systemRuntime } from "../runtime.js";
import type { Runtime } from "../runtime.js";

/** Time that passes when it is told to, and what was to happen by then. */
export function createClock(): { readonly runtime: Runtime; pass(ms: number): void } {
  let nowMs = 0;
  let tasks: { readonly atMs: number; readonly run: () => void }[] = [];
  return {
    runtime: {
      ...systemRuntime,
      monotonicMs: () => nowMs,
      after(delayMs, run) {
        const task = { atMs: nowMs + delayMs, run };
        tasks.push(task);
        return () => (tasks = tasks.filter((other) => other !== task));
      },
    },
    pass(ms) {
      nowMs += ms;
      const due = tasks.filter(({ atMs }) => atMs <= nowMs);
      tasks = tasks.filter(({ atMs }) => atMs > nowMs);
      for (const { run } of due) run();
    },
  };
}
