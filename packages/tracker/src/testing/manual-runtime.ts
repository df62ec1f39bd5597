import type { Runtime, Timer } from "../runtime.js";

/** A runtime whose time passes only when it is told to: a test of hours takes milliseconds. */
export interface ManualRuntime extends Runtime {
  /** Lets so much time pass: timers fire in their order, and what they set in motion comes to rest between them. */
  advance(delayMs: number): Promise<void>;
  /** Lets everything that is under way come to rest, without any time passing. */
  settle(): Promise<void>;
  /** Moves the wall clock alone, as an operator or a time server would. */
  jump(deltaMs: number): void;
  /** What `random` gives from now on. */
  setRandom(value: number): void;
  /** Timers that are set. */
  readonly timers: number;
}

export function createManualRuntime(startMs: number = Date.UTC(2026, 0, 1)): ManualRuntime {
  return new SteppedRuntime(startMs);
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

class SteppedRuntime implements ManualRuntime {
  readonly #timers = new Set<Entry>();
  readonly #turn: (() => void)[] = [];
  #elapsedMs = 0;
  #wallOffsetMs: number;
  #random = 0.5;
  #count = 0;

  constructor(startMs: number) {
    this.#wallOffsetMs = startMs;
  }

  get timers(): number {
    return this.#timers.size;
  }

  nowMs(): number {
    return this.#wallOffsetMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    this.#count += 1;
    const entry = { atMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#count, callback };
    this.#timers.add(entry);
    return { cancel: () => void this.#timers.delete(entry) };
  }

  holdFor(delayMs: number, callback: () => void): Timer {
    return this.after(delayMs, callback);
  }

  afterPoll(callback: () => void): void {
    this.#turn.push(callback);
  }

  random(): number {
    return this.#random;
  }

  id(): string {
    this.#count += 1;
    return `00000000-0000-7000-8000-${String(this.#count).padStart(12, "0")}`;
  }

  jump(deltaMs: number): void {
    this.#wallOffsetMs += deltaMs;
  }

  setRandom(value: number): void {
    this.#random = value;
  }

  async settle(): Promise<void> {
    await rest();
    while (this.#turn.length > 0) {
      for (const callback of this.#turn.splice(0)) callback();
      // oxlint-disable-next-line no-await-in-loop -- each round waits for what the last one set in motion
      await rest();
    }
  }

  async advance(delayMs: number): Promise<void> {
    const untilMs = this.#elapsedMs + delayMs;
    await this.settle();
    for (let next = this.#dueBy(untilMs); next !== undefined; next = this.#dueBy(untilMs)) {
      this.#timers.delete(next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.callback();
      // oxlint-disable-next-line no-await-in-loop -- a timer may set or cancel others
      await this.settle();
    }
    this.#elapsedMs = untilMs;
  }

  #dueBy(untilMs: number): Entry | undefined {
    return earliest([...this.#timers].filter(({ atMs }) => atMs <= untilMs));
  }
}

function earliest(timers: readonly Entry[]): Entry | undefined {
  let first: Entry | undefined;
  for (const entry of timers) {
    if (first === undefined || entry.atMs < first.atMs || (entry.atMs === first.atMs && entry.order < first.order)) {
      first = entry;
    }
  }
  return first;
}

/** Promises that wait for nothing but each other have all come to rest when a turn of the real event loop is over. */
function rest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
