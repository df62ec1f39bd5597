import type { Runtime, Timer } from "../runtime.js";

/** Things to be done later, all of which can be called off at once. */
export class Delays {
  readonly #runtime: Runtime;
  readonly #timers = new Set<Timer>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  after(delayMs: number, act: () => void): void {
    const timer = this.#runtime.after(delayMs, () => {
      this.#timers.delete(timer);
      act();
    });
    this.#timers.add(timer);
  }

  cancel(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
