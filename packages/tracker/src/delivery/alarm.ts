import type { Runtime, Timer } from "../runtime.js";

/** Calls at the earliest of the moments it was set to. */
export class Alarm {
  readonly #runtime: Runtime;
  readonly #ring: () => void;
  #timer: Timer | null = null;
  #atMs = Infinity;

  constructor(runtime: Runtime, ring: () => void) {
    this.#runtime = runtime;
    this.#ring = ring;
  }

  get isSet(): boolean {
    return this.#timer !== null;
  }

  /** Both monotonic. Keeps an earlier moment. */
  set(atMs: number, nowMs: number): void {
    if (atMs >= this.#atMs) return;
    this.cancel();
    this.#atMs = atMs;
    this.#timer = this.#runtime.after(Math.ceil(atMs - nowMs), () => {
      this.cancel();
      this.#ring();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#atMs = Infinity;
  }
}
