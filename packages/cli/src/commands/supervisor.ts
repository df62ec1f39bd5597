/**
 * Keeps a process serving: one that ends by itself is started again, and one that is to be replaced goes on until the new
 * one listens. So a new one that cannot even listen, as for a wrong configuration, changes nothing.
 */
import type { Runtime } from "@oncewire/collector";
import { CommandError } from "../command-error.js";
import type { NoteLog } from "../report-log.js";

/** What a process tells of itself. */
export interface SupervisedListener {
  readonly onListening: () => void;
  /** It answers: it listens long before. */
  readonly onServing: () => void;
  readonly onExit: (code: number | null, signal: string | null) => void;
}

export interface SupervisorParts {
  /** Starts a process; returns the way to signal it. */
  readonly start: (listener: SupervisedListener) => (signal: NodeJS.Signals) => void;
  readonly note: NoteLog;
  readonly runtime: Pick<Runtime, "after" | "monotonicMs">;
}

/** A new process waits so long for the data folder of the one before. */
export const takeOverTimeoutMs = 60_000;
/** One that has not ended so long after it was told to hangs. Nothing that it answered with success is lost with it. */
const endTimeoutMs = 50_000;
/** Before one that ended by itself is started again; it doubles up to the last for one that ends again and again. */
const firstRestartMs = 1_000;
const lastRestartMs = 30_000;
/** One that has served for so long was well. */
const wellMs = 30_000;

interface Supervised {
  signal: (signal: NodeJS.Signals) => void;
  isListening: boolean;
  isToEnd: boolean;
  servingSinceMs: number | null;
  cancelKill: () => void;
}

export class Supervisor {
  /** Resolves when it was stopped and the last process is gone; rejects when none could be started. */
  readonly ended: Promise<void>;
  readonly #parts: SupervisorParts;
  /** The oldest first. */
  readonly #processes = new Set<Supervised>();
  #isStopping = false;
  #hasServed = false;
  #restartMs = firstRestartMs;
  #cancelRestart: () => void = () => {};
  #onEnded: () => void = () => {};
  #onFailed: (error: Error) => void = () => {};

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.ended = new Promise((resolve, reject) => {
      this.#onEnded = resolve;
      this.#onFailed = reject;
    });
  }

  /** Also in the place of the one there is, when the new one listens. */
  start(): void {
    if (this.#isStopping) return;
    this.#cancelRestart();
    const process: Supervised = {
      signal: () => {},
      isListening: false,
      isToEnd: false,
      servingSinceMs: null,
      cancelKill: () => {},
    };
    this.#processes.add(process);
    process.signal = this.#parts.start({
      onListening: () => this.#listens(process),
      onServing: () => this.#serves(process),
      onExit: (code, signal) => this.#exited(process, code, signal),
    });
  }

  stop(signal: NodeJS.Signals): void {
    this.#isStopping = true;
    this.#cancelRestart();
    for (const process of this.#processes) this.#end(process, signal);
    this.#endIfGone();
  }

  #listens(process: Supervised): void {
    process.isListening = true;
    for (const before of this.#processes) {
      if (before === process) return;
      if (!before.isToEnd) this.#end(before, "SIGTERM");
    }
  }

  #end(process: Supervised, signal: NodeJS.Signals): void {
    process.signal(signal);
    if (process.isToEnd) return;
    process.isToEnd = true;
    process.cancelKill = this.#parts.runtime.after(endTimeoutMs, () => {
      const message = `a process has not ended in ${endTimeoutMs} ms; it is killed`;
      this.#parts.note({ level: "error", event: "killed", message });
      process.signal("SIGKILL");
    });
  }

  #serves(process: Supervised): void {
    process.servingSinceMs = this.#parts.runtime.monotonicMs();
    this.#hasServed = true;
  }

  #exited(process: Supervised, code: number | null, signal: string | null): void {
    this.#processes.delete(process);
    process.cancelKill();
    if (this.#isStopping) return this.#endIfGone();
    if (process.isToEnd) return undefined;
    const why = signal ?? `code ${code}`;
    if ([...this.#processes].some(({ isToEnd }) => !isToEnd)) {
      return this.#parts.note(leftToOther(process, why));
    }
    if (!this.#hasServed) return this.#onFailed(cannotStart(code));
    return this.#startLater(process, why);
  }

  #startLater({ servingSinceMs }: Supervised, why: string): void {
    const { runtime, note } = this.#parts;
    const wasWell = servingSinceMs !== null && runtime.monotonicMs() - servingSinceMs > wellMs;
    const restartMs = wasWell ? firstRestartMs : this.#restartMs;
    this.#restartMs = Math.min(2 * restartMs, lastRestartMs);
    const message = `the collector ended by itself (${why}); it is started again in ${restartMs} ms`;
    note({ level: "error", event: "ended-by-itself", message });
    this.#cancelRestart = runtime.after(restartMs, () => this.start());
  }

  #endIfGone(): void {
    if (this.#processes.size === 0) this.#onEnded();
  }
}

function leftToOther({ isListening }: Supervised, why: string): Parameters<NoteLog>[0] {
  if (isListening) {
    const message = `the collector ended by itself (${why}); the other one serves`;
    return { level: "error", event: "ended-by-itself", message };
  }
  const message = `the new process could not be started (${why}); the other one serves`;
  return { level: "error", event: "not-replaced", message };
}

function cannotStart(code: number | null): CommandError {
  return new CommandError(code === 2 ? "usage" : "failed", "the collector could not be started; its message is above.");
}
