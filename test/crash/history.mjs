/** What was tracked and promised, against what the collector has in the end. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";

/** What was tracked so long before the end of its process is on disk, if the spool was open. */
const graceMs = 25;

export const writeKey = "crash-test-key";

/** Tells whether an event came through as it was. */
export function checkOf(id) {
  return createHash("sha256").update(id).digest("hex").slice(0, 16);
}

/** Of one process that was killed. */
export function readNotes(path) {
  const notes = { tracked: new Map(), durable: new Map(), startedAtMs: null };
  if (!existsSync(path)) return notes;
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const [kind, id, time] = line.split(" ");
    if (kind === "t") notes.tracked.set(id, Number(time));
    if (kind === "d") notes.durable.set(id, Number(time));
    if (kind === "s") notes.startedAtMs = Number(id);
  }
  return notes;
}

export class History {
  #tracked = new Map();
  #durable = new Set();
  #old = new Set();

  /** `killedAtMs` by the wall clock; null where nobody knows, or where nothing is promised for what is not durable. */
  add({ tracked, durable }, killedAtMs) {
    for (const id of durable.keys()) this.#durable.add(id);
    // While a spool is being opened, events are in memory: from the first that was durable on it is open.
    const [openAtMs = Infinity] = durable.values();
    const oldAtMs = killedAtMs === null || openAtMs > killedAtMs - graceMs ? -Infinity : killedAtMs - graceMs;
    for (const [id, atMs] of tracked) {
      this.#tracked.set(id, atMs);
      if (atMs <= oldAtMs) this.#old.add(id);
    }
  }

  /** Against the events that the collector has. */
  judge(stored) {
    const counts = new Map();
    let garbled = 0;
    for (const { id, properties } of stored) {
      counts.set(id, (counts.get(id) ?? 0) + 1);
      if (!this.#tracked.has(id) || properties?.check !== checkOf(id)) garbled += 1;
    }
    const missing = (ids) => [...ids].filter((id) => !counts.has(id));
    const lostDurable = missing(this.#durable);
    const lostOld = missing(this.#old);
    return {
      tracked: this.#tracked.size,
      durable: this.#durable.size,
      old: this.#old.size,
      stored: counts.size,
      lostDurable: lostDurable.length,
      lostOld: lostOld.length,
      garbled,
      twice: [...counts.values()].filter((count) => count > 1).length,
      examples: [...lostDurable, ...lostOld].slice(0, 5),
    };
  }
}

export function isClean({ durable, lostDurable, lostOld, garbled, twice }) {
  return durable > 0 && lostDurable + lostOld + garbled + twice === 0;
}
