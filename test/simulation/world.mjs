/**
 * Virtual time and what is to happen in it. One thing happens at a time; before the next one, everything that it set in
 * motion has come to rest. So a run depends on its seed alone, and an hour of it takes as long as what happens in it.
 */
import { Chance } from "./chance.mjs";

/** A process has been lost in a loop when so much happens within one step. */
const maxHappeningsPerStep = 20_000;

/** What an entry returns whose time has come and that set nothing in motion. */
export const nothing = Symbol("nothing");

export class World {
  nowMs = 0;
  /** Wall clock minus virtual time. */
  wallOffsetMs = Date.UTC(2026, 0, 1);
  violations = [];
  happenings = 0;
  #heap = [];
  #order = 0;
  #hash = 0;
  #lines;

  constructor(seed, { keepsTrace = false } = {}) {
    this.chance = new Chance(seed);
    this.#lines = keepsTrace ? [] : null;
  }

  get wallMs() {
    return Math.floor(this.wallOffsetMs + this.nowMs);
  }

  get hash() {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  get trace() {
    return this.#lines ?? [];
  }

  note(text) {
    this.#hash = hashOf(text, this.#hash ^ (this.nowMs * 1000));
    this.#lines?.push(`${this.nowMs.toFixed(2).padStart(12)}  ${text}`);
  }

  /** A line for whoever reads the trace; what is decided by what is noted already needs no place in the hash. */
  detail(describe) {
    this.#lines?.push(`${this.nowMs.toFixed(2).padStart(12)}      ${describe()}`);
  }

  /** What must never happen has happened. The run ends with the step. */
  violate(text) {
    this.note(`VIOLATION ${text}`);
    this.violations.push(text);
  }

  get isViolated() {
    return this.violations.length > 0;
  }

  /** `run` happens once, after `delayMs`. Where it returns `nothing`, nothing did. */
  in(delayMs, run) {
    this.#order += 1;
    this.#push({ atMs: this.nowMs + Math.max(0, delayMs), order: this.#order, run });
  }

  /** Lets time pass. `afterEach` is called after everything that happened in it. */
  async pass(durationMs, afterEach) {
    const untilMs = this.nowMs + durationMs;
    await rest();
    let count = 0;
    while (this.#heap.length > 0 && this.#heap[0].atMs <= untilMs && !this.isViolated) {
      const entry = this.#pop();
      this.nowMs = Math.max(this.nowMs, entry.atMs);
      if (entry.run() === nothing) continue;
      count += 1;
      this.happenings += 1;
      if (count > maxHappeningsPerStep) return this.violate(`more than ${maxHappeningsPerStep} happenings in one step`);
      await rest();
      afterEach();
    }
    this.nowMs = untilMs;
  }

  #push(entry) {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  #pop() {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(entry) {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child += 1;
      if (!isBefore(heap[child], entry)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = entry;
  }
}

/** FNV-1a, going on from the hash of what was before. */
function hashOf(text, before) {
  let hash = before | 0;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

function isBefore(left, right) {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}

/**
 * Nothing in a run waits for anything real, so what a happening set in motion is at rest when all microtasks have run and
 * promises that were rejected unheard are reported: that is so between any two callbacks of `setImmediate`. They are
 * asked for by the dozen, since the turn of the event loop that they share costs more than most happenings.
 */
export function rest() {
  return new Promise((resolve) => {
    wake = resolve;
    if (turnsLeft === 0) askForTurns();
  });
}

const turnsAtOnce = 64;
let turnsLeft = 0;
let wake = null;

function askForTurns() {
  turnsLeft = turnsAtOnce;
  for (let turn = 0; turn < turnsAtOnce; turn += 1) setImmediate(takeTurn);
}

function takeTurn() {
  turnsLeft -= 1;
  const resolve = wake;
  wake = null;
  resolve?.();
}
