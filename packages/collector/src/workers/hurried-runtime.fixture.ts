import { systemRuntime } from "../runtime.js";
import type { Runtime } from "../runtime.js";

export interface HurriedRuntime extends Runtime {
  /** From here on a wait is a fifteenth of what it was. */
  hurry(): void;
  /** From here on a wait is as long as it says. */
  relax(): void;
}

/** The machine's own, whose waits a test makes short while it has nothing else to wait for. */
export function createHurriedRuntime(): HurriedRuntime {
  let pace = 1;
  return {
    ...systemRuntime,
    after: (delayMs, task) => systemRuntime.after(delayMs / pace, task),
    hurry: () => (pace = 15),
    relax: () => (pace = 1),
  };
}
