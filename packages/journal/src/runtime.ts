/** What the journal asks of the machine beside files. The only place that reads its clock, chance and processes. */
import { randomBytes } from "node:crypto";
import { systemProcesses, type Processes } from "./processes.js";

export interface JournalRuntime {
  /** Milliseconds since the epoch: segment ages and the lock's sign of life. Nothing is ordered by it. */
  nowMs(): number;
  /** Runs `run` once after `delayMs`, without keeping the process alive; the returned function takes it back. */
  setTimer(run: () => void, delayMs: number): () => void;
  /** Unpredictable: keeps a payload from posing as a record. */
  randomUint32(): number;
  readonly processes: Processes;
}

export const systemRuntime: JournalRuntime = {
  nowMs: () => Date.now(),
  setTimer(run, delayMs) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  randomUint32: () => randomBytes(4).readUInt32LE(0),
  processes: systemProcesses,
};
