/** A store and documents in memory that can crash, and a clock that waits to be told. */
import type { AppendResult, LogBatch, LoggedEvent } from "../store/event-store.js";
import type { DocumentFile } from "./document-file.js";
import type { Document } from "./documents.js";
import { memoryDocuments } from "./people.fixture.js";
import type { FollowedStore } from "./profiled-store.js";

/** What a crash leaves of the documents. */
export interface DocumentDisk {
  position: number;
  held: ReadonlyMap<string, Document>;
  /** Thrown by the next commits, while there are any. */
  failures: Error[];
  commits: number;
}

export function emptyDisk(): DocumentDisk {
  return { position: 0, held: new Map(), failures: [], commits: 0 };
}

export function openOn(disk: DocumentDisk): DocumentFile {
  const held = new Map(disk.held);
  const documents = memoryDocuments(held);
  let changes = 0;
  return {
    get: (name) => documents.get(name),
    put: (name, document) => {
      changes += 1;
      documents.put(name, document);
    },
    remove: (name) => {
      changes += 1;
      documents.remove(name);
    },
    get position() {
      return disk.position;
    },
    get changes() {
      return changes;
    },
    get size() {
      return disk.held.size;
    },
    oldest: () => disk.held,
    damage: null,
    commit(position) {
      const failure = disk.failures.shift();
      if (failure !== undefined) throw failure;
      disk.commits += 1;
      disk.position = position;
      disk.held = new Map(held);
      changes = 0;
    },
    tidy: () => Promise.resolve(),
    close: () => {},
  };
}

/** Keeps each id once, in log order, as the real one does; what is not sealed is lost in a crash. */
export class MemoryStore implements FollowedStore {
  position = 0;
  ranges = 0;
  /** Thrown by the next reading, if there is one. */
  rangeFailure: Error | null = null;
  /** So many positions at a time. */
  readonly #pagePositions: number;
  #next = 0;
  #events: LoggedEvent[] = [];
  /** Sealed spans behind a gap: what comes there again is passed over. */
  #heldFrom = Infinity;
  #heldTo = Infinity;

  constructor(pagePositions = 3) {
    this.#pagePositions = pagePositions;
  }

  get events(): readonly LoggedEvent[] {
    return this.#events;
  }

  // eslint-disable-next-line typescript/require-await -- the real one waits for its disk
  async append(batch: LogBatch): Promise<AppendResult> {
    const isNew = (position: number): boolean =>
      position >= this.#next && !(position >= this.#heldFrom && position < this.#heldTo);
    const taken = batch.events.filter(({ position }) => isNew(position));
    const ids = new Set(this.#events.map(({ event }) => event.id));
    const stored: LoggedEvent[] = [];
    for (const logged of taken) {
      if (!ids.has(logged.event.id)) stored.push(logged);
      ids.add(logged.event.id);
    }
    this.#events = [...this.#events, ...stored].toSorted((one, other) => one.position - other.position);
    this.#next = Math.max(this.#next, batch.to);
    return { stored, duplicates: taken.length - stored.length, unstorable: [], bad: batch.bad.length };
  }

  // eslint-disable-next-line typescript/require-await -- the real one waits for its engine
  async range({ from, to }: { from: number; to: number }): Promise<{ events: readonly LoggedEvent[]; to: number }> {
    this.ranges += 1;
    const failure = this.rangeFailure;
    this.rangeFailure = null;
    if (failure !== null) throw failure;
    const end = Math.min(to, from + this.#pagePositions);
    return { events: this.#events.filter(({ position }) => position >= from && position < end), to: end };
  }

  seal(): void {
    this.position = this.#next;
  }

  /** Only what is sealed is there after it. */
  crash(): void {
    this.#events = this.#events.filter(({ position }) => position < this.position);
    this.#next = this.position;
  }

  /** A sealed file at the beginning is lost; those behind it are held still. */
  loseBeginning(to: number): void {
    this.#heldFrom = to;
    this.#heldTo = this.position;
    this.#events = this.#events.filter(({ position }) => position >= to);
    this.position = 0;
    this.#next = 0;
  }

  /** All of it is gone, as before the store is made anew. */
  clear(): void {
    this.#events = [];
    this.position = 0;
    this.#next = 0;
  }
}

/** Runs what waits for a time when told to. */
export class ManualTimers {
  #tasks = new Set<() => void>();

  after = (_delayMs: number, task: () => void): (() => void) => {
    this.#tasks.add(task);
    return () => void this.#tasks.delete(task);
  };

  elapse(): void {
    const due = this.#tasks;
    this.#tasks = new Set();
    for (const task of due) task();
  }
}
