/**
 * What the tracker asks of the machine: time, timers, chance and ids. The only file that touches the clock or
 * randomness; tests and the simulator pass a runtime of their own.
 */
import { randomFillSync } from "node:crypto";
import { TimeOrderedIds } from "./time-ordered-ids.js";

/** A timer that has been set. Cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Runtime {
  /** Wall clock, milliseconds since the epoch. Data only: it may jump, so nothing is timed with it. */
  nowMs(): number;
  /** Milliseconds from some fixed point, never going back. All delays and ages are measured with it. */
  monotonicMs(): number;
  /** Calls once after `delayMs`, any length. Does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer;
  /** The same, but the process stays alive until then. */
  holdFor(delayMs: number, callback: () => void): Timer;
  /** Calls once after the I/O that is ready now has been handled. */
  afterPoll(callback: () => void): void;
  /** In [0, 1). */
  random(): number;
  /** A new id, never given before: UUID version 7, so that ids sort by time. */
  id(): string;
}

/** Node takes a longer delay for 1 ms (and warns), so a longer one is made of several. */
const maxTimerMs = 2 ** 31 - 1;

const ids = new TimeOrderedIds((bytes) => void randomFillSync(bytes));

export const systemRuntime: Runtime = Object.freeze({
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => new SystemTimer(delayMs, callback, "let-go"),
  holdFor: (delayMs, callback) => new SystemTimer(delayMs, callback, "hold"),
  afterPoll: (callback) => void setImmediate(callback),
  random: () => Math.random(),
  id: () => ids.next(Date.now()),
} satisfies Runtime);

class SystemTimer implements Timer {
  readonly #callback: () => void;
  readonly #process: "hold" | "let-go";
  #timeout: NodeJS.Timeout | undefined;

  constructor(delayMs: number, callback: () => void, process: "hold" | "let-go") {
    this.#callback = callback;
    this.#process = process;
    this.#start(delayMs);
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  #start(remainingMs: number): void {
    const stepMs = Math.min(remainingMs, maxTimerMs);
    const next = remainingMs > stepMs ? () => this.#start(remainingMs - stepMs) : this.#callback;
    this.#timeout = setTimeout(next, stepMs);
    if (this.#process === "let-go") this.#timeout.unref();
  }
}
