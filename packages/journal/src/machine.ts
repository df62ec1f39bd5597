/** A machine for tests: its clock goes only when told to, its chance repeats, its processes are born and die at will. */
import type { Owner } from "./processes.js";
import type { JournalRuntime } from "./runtime.js";

export interface Machine {
  nowMs(): number;
  /** From 0 up to, not including, 1; the same sequence for the same seed. */
  random(): number;
  /** A new living process. */
  start(): MachineProcess;
  /** Lets time pass: the timers of the living that fall due run in their order, and what they set off comes to rest. */
  advance(durationMs: number): Promise<void>;
  /** Sets the wall clock, as an operator may, without any time passing. */
  setClock(nowMs: number): void;
}

/** What a journal in this process is given as its runtime. */
export interface MachineProcess extends JournalRuntime {
  readonly pid: number;
  /** As SIGKILL does it: its timers never run. */
  kill(): void;
}

interface Timer {
  readonly atMs: number;
  readonly pid: number;
  readonly run: () => void;
}

export function createMachine(seed = 1): Machine {
  return new TestMachine(seed);
}

class TestMachine implements Machine {
  readonly #living = new Set<number>();
  #timers: Timer[] = [];
  #elapsedMs = 0;
  #clockOffsetMs = 1_700_000_000_000;
  #pids = 100;
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
  }

  nowMs(): number {
    return this.#clockOffsetMs + this.#elapsedMs;
  }

  setClock(nowMs: number): void {
    this.#clockOffsetMs = nowMs - this.#elapsedMs;
  }

  /** Mulberry32. */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), this.#seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  start(): MachineProcess {
    this.#pids += 1;
    const pid = this.#pids;
    const self: Owner = { pid, host: "machine", boot: "boot", namespace: "pids", started: String(pid) };
    this.#living.add(pid);
    return {
      pid,
      nowMs: () => this.nowMs(),
      setTimer: (run, delayMs) => this.#setTimer({ atMs: this.#elapsedMs + delayMs, pid, run }),
      randomUint32: () => Math.floor(this.random() * 2 ** 32),
      processes: { self: () => self, fate: (owner) => (this.#living.has(owner.pid) ? "alive" : "dead") },
      kill: () => {
        this.#living.delete(pid);
        this.#timers = this.#timers.filter((timer) => timer.pid !== pid);
      },
    };
  }

  async advance(durationMs: number): Promise<void> {
    const untilMs = this.#elapsedMs + durationMs;
    await atRest();
    for (let due = this.#nextBefore(untilMs); due !== undefined; due = this.#nextBefore(untilMs)) {
      this.#elapsedMs = due.atMs;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      due.run();
      await atRest();
    }
    this.#elapsedMs = untilMs;
  }

  #nextBefore(untilMs: number): Timer | undefined {
    const due = this.#timers.filter((timer) => timer.atMs <= untilMs);
    return due.toSorted((left, right) => left.atMs - right.atMs)[0];
  }

  #setTimer(timer: Timer): () => void {
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
}

/** One turn of the event loop: every microtask has run, and every call on files in memory has been answered. */
function atRest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
