/**
 * A collector in a process of its own, under one that stays: replaced on SIGHUP, started again when it ends by itself.
 * The port belongs to this process, so that nobody is turned away meanwhile: the new one listens and waits until the old
 * one has answered what it took and gives the data folder up.
 */
import cluster from "node:cluster";
import type { Worker } from "node:cluster";
import type { Terminal } from "../terminal.js";
import { CommandError } from "../command-error.js";
import type { NoteLog } from "../report-log.js";

export interface SuperviseOptions {
  /** The command line of the process that serves. */
  readonly args: readonly string[];
  readonly script: string;
  readonly terminal: Pick<Terminal, "ended">;
  readonly note: NoteLog;
}

/** What a process says when it serves: it listens long before. */
export const servingMessage = "oncewire-serving";

/** Between two that ended by themselves. */
const restartMs = 1_000;
const takeOverTimeoutMs = "60000";

/** Resolves when a signal has ended it and the last process is gone. */
export function supervise({ args, script, terminal, note }: SuperviseOptions): Promise<void> {
  cluster.setupPrimary({ exec: script, args: [...args] });
  const supervisor = new Supervisor(note);
  process.on("SIGHUP", () => supervisor.replace());
  void terminal.ended().then((end) => supervisor.stop(end === "npm ended" ? "SIGTERM" : end));
  supervisor.start();
  return supervisor.ended;
}

class Supervisor {
  readonly ended: Promise<void>;
  readonly #note: NoteLog;
  #current: Worker | null = null;
  #isStopping = false;
  #hasServed = false;
  #onEnded: () => void = () => {};
  #onFailed: (error: Error) => void = () => {};

  constructor(note: NoteLog) {
    this.#note = note;
    this.ended = new Promise((resolve, reject) => {
      this.#onEnded = resolve;
      this.#onFailed = reject;
    });
  }

  start(): Worker {
    const worker = cluster.fork({ ONCEWIRE_TAKE_OVER_TIMEOUT_MS: takeOverTimeoutMs });
    worker.on("message", (message) => (this.#hasServed ||= message === servingMessage));
    worker.once("exit", (code, signal) => this.#exited(worker, code, signal));
    this.#current = worker;
    return worker;
  }

  /** The old one is told to end when the new one listens. */
  replace(): void {
    const old = this.#current;
    if (this.#isStopping || old === null) return;
    this.#note({ level: "info", event: "replacing", message: "SIGHUP: a new process takes over" });
    this.start().once("listening", () => old.process.kill("SIGTERM"));
  }

  stop(signal: NodeJS.Signals): void {
    this.#isStopping = true;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal);
    if (Object.keys(cluster.workers ?? {}).length === 0) this.#onEnded();
  }

  #exited(worker: Worker, code: number | null, signal: string | null): void {
    if (this.#isStopping) {
      if (Object.keys(cluster.workers ?? {}).length === 0) this.#onEnded();
      return;
    }
    if (worker !== this.#current) return;
    this.#current = null;
    if (!this.#hasServed) {
      this.#onFailed(
        new CommandError(code === 2 ? "usage" : "failed", "the collector could not be started; its message is above."),
      );
      return;
    }
    const how = signal ?? `code ${code}`;
    this.#note({
      level: "error",
      event: "ended-by-itself",
      message: `the collector ended by itself (${how}); it is started again in ${restartMs} ms`,
    });
    setTimeout(() => {
      if (!this.#isStopping) this.start();
    }, restartMs);
  }
}
