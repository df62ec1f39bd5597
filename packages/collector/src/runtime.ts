import { randomUUID } from "node:crypto";

/** What the collector asks of the machine beside files and sockets. Tests pass their own. */
export interface Runtime {
  /** Milliseconds since the epoch: data, never a measure of how long something took. */
  nowMs(): number;
  /** Milliseconds from some fixed point, never set back: for every duration. */
  monotonicMs(): number;
  /** A random UUID (version 4). */
  uuid(): string;
  /** Runs `task` once after `delayMs`, without keeping the process alive; returns the way to cancel it. */
  after(delayMs: number, task: () => void): () => void;
}

export const systemRuntime: Runtime = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  uuid: () => randomUUID(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
