import type { Runtime } from "../runtime.js";

/** How long a reader of the log has not moved although there was something for it to read. */
export class Standstill {
  readonly #runtime: Pick<Runtime, "monotonicMs">;
  #sinceMs: number | null = null;

  constructor(runtime: Pick<Runtime, "monotonicMs">) {
    this.#runtime = runtime;
  }

  /** 0 while it moves, or has nothing to read. */
  get ms(): number {
    return this.#sinceMs === null ? 0 : this.#runtime.monotonicMs() - this.#sinceMs;
  }

  /** The log has grown. */
  wanted(isBehind: boolean): void {
    if (isBehind) this.#sinceMs ??= this.#runtime.monotonicMs();
  }

  /** It has moved, to the end or not. */
  moved(isBehind: boolean): void {
    this.#sinceMs = isBehind ? this.#runtime.monotonicMs() : null;
  }
}
