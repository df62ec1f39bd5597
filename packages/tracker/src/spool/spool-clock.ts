import type { Runtime } from "../runtime.js";
import type { SpoolRecord } from "./spool-record.js";

export type RecordTimes = Pick<SpoolRecord, "wallMs" | "monotonicMs" | "writer">;

/** How old a record is: by the monotonic clock to the process that wrote it, by the wall clock to any other. */
export class SpoolClock {
  readonly #runtime: Runtime;
  /** Marks this process's records, to tell its own monotonic clock from another's. */
  readonly #writer: number;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#writer = runtime.random();
  }

  /** What is written of an event that was accepted then, on the monotonic clock. */
  timesOf(acceptedAtMs: number): RecordTimes {
    const ageMs = this.#runtime.monotonicMs() - acceptedAtMs;
    return { wallMs: this.#runtime.nowMs() - ageMs, monotonicMs: acceptedAtMs, writer: this.#writer };
  }

  /** On this process's monotonic clock. */
  acceptedAtMs({ wallMs, monotonicMs, writer }: RecordTimes): number {
    if (writer === this.#writer) return monotonicMs;
    const ageMs = Math.max(0, this.#runtime.nowMs() - wallMs);
    return Math.floor(this.#runtime.monotonicMs() - ageMs);
  }
}
