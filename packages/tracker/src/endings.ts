/**
 * The ends of a process: its natural end, and SIGTERM and SIGINT where that is asked for. One listener for all trackers
 * of the process, and none where there is no tracker.
 */

/** What a tracker does at the end. */
export interface Ending {
  /** Whether something would be lost. */
  hasPending(): boolean;
  /** Resolves in bounded time, with whether all that was pending has ended. */
  flush(): Promise<boolean>;
  /** Gives up what is pending, and tells. */
  abandon(): void;
  /** The process is ending now: nothing asynchronous runs any more. */
  exit(): void;
}

/** The part of `process` that is needed. */
export interface EndingProcess {
  readonly pid: number;
  on(name: string, listener: () => void): unknown;
  off(name: string, listener: () => void): unknown;
  listenerCount(name: string): number;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

const signals = ["SIGTERM", "SIGINT"] as const;

export class Endings {
  readonly #process: EndingProcess;
  readonly #members = new Set<Ending>();
  readonly #atSignals = new Set<Ending>();
  readonly #onBeforeExit = (): void => void this.#finish(this.#members);
  readonly #onExit = (): void => {
    for (const ending of this.#members) ending.exit();
  };
  readonly #onSignal: Readonly<Record<(typeof signals)[number], () => void>> = {
    SIGTERM: () => void this.#handle("SIGTERM"),
    SIGINT: () => void this.#handle("SIGINT"),
  };

  constructor(process: EndingProcess) {
    this.#process = process;
  }

  /** Returns the function that leaves again. */
  join(ending: Ending, handles: "signals" | "natural-end"): () => void {
    if (this.#members.size === 0) {
      this.#process.on("beforeExit", this.#onBeforeExit);
      this.#process.on("exit", this.#onExit);
    }
    this.#members.add(ending);
    if (handles === "signals") this.#listen(ending);
    return () => this.#leave(ending);
  }

  #listen(ending: Ending): void {
    if (this.#atSignals.size === 0) for (const signal of signals) this.#process.on(signal, this.#onSignal[signal]);
    this.#atSignals.add(ending);
  }

  #leave(ending: Ending): void {
    this.#members.delete(ending);
    if (this.#members.size === 0) {
      this.#process.off("beforeExit", this.#onBeforeExit);
      this.#process.off("exit", this.#onExit);
    }
    if (this.#atSignals.delete(ending) && this.#atSignals.size === 0) this.#unlisten();
  }

  #unlisten(): void {
    for (const signal of signals) this.#process.off(signal, this.#onSignal[signal]);
  }

  /**
   * Listening to a signal takes its effect away. Where we are the only listener we give it back, by sending the signal
   * again without us; where there are others, the host handles the signal and ends the process as it likes.
   */
  async #handle(signal: (typeof signals)[number]): Promise<void> {
    const isOurs = this.#process.listenerCount(signal) === 1;
    if (!isOurs) {
      await Promise.all([...this.#atSignals].map((ending) => ending.flush()));
      return;
    }
    await this.#finish(this.#atSignals);
    this.#unlisten();
    this.#process.kill(this.#process.pid, signal);
  }

  async #finish(endings: Iterable<Ending>): Promise<void> {
    const pending = [...endings].filter((ending) => ending.hasPending());
    await Promise.all(
      pending.map(async (ending) => {
        if (!(await ending.flush())) ending.abandon();
      }),
    );
  }
}

/** Those of this process. */
export const endings: Endings = new Endings(process);
