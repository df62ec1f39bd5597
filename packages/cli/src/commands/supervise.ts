/**
 * A collector in a process of its own, under one that stays: replaced on SIGHUP, started again when it ends by itself.
 * The port belongs to this process, so that nobody is turned away meanwhile: the new one listens and waits until the old
 * one has answered what it took and gives the data folder up.
 */
import cluster from "node:cluster";
import type { NoteLog } from "../report-log.js";
import type { Terminal } from "../terminal.js";
import { Supervisor, takeOverTimeoutMs } from "./supervisor.js";
import type { SupervisedListener } from "./supervisor.js";

export interface SuperviseOptions {
  /** The command line of the process that serves. */
  readonly args: readonly string[];
  readonly script: string;
  readonly terminal: Pick<Terminal, "ended">;
  readonly note: NoteLog;
}

/** What a process says when it serves. */
export const servingMessage = "oncewire-serving";

/** Resolves when a signal has ended it and the last process is gone. */
export function supervise({ args, script, terminal, note }: SuperviseOptions): Promise<void> {
  cluster.setupPrimary({ exec: script, args: [...args] });
  const supervisor = new Supervisor({ start: startProcess, note, runtime: { after, monotonicMs } });
  process.on("SIGHUP", () => {
    note({ level: "info", event: "replacing", message: "SIGHUP: a new process takes over" });
    supervisor.start();
  });
  void terminal.ended().then((end) => supervisor.stop(end === "npm ended" ? "SIGTERM" : end));
  supervisor.start();
  return supervisor.ended;
}

function startProcess({ onListening, onServing, onExit }: SupervisedListener): (signal: NodeJS.Signals) => void {
  const worker = cluster.fork({ ONCEWIRE_TAKE_OVER_TIMEOUT_MS: String(takeOverTimeoutMs) });
  worker.once("listening", onListening);
  worker.on("message", (message) => {
    if (message === servingMessage) onServing();
  });
  worker.once("exit", onExit);
  return (signal) => void worker.process.kill(signal);
}

/** Keeps this process alive: it may be all there is to wait for. */
function after(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
}

function monotonicMs(): number {
  return performance.now();
}
