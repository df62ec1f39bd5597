/**
 * Which rows the page shows, apart from how. It holds at most `maxRows` of each sort, whatever comes: the newest of all,
 * the newest that match the filter (these are shown, and stay while others rush past), and, during a pause, the newest
 * that wait.
 */
import type { EventRow } from "./event-row.js";
import { rowFilter } from "./event-row.js";

/** What a view has to do to show the list: start over or put rows on top, oldest of `added` first. */
export interface RowChanges {
  readonly startOver: boolean;
  readonly added: readonly EventRow[];
}

export class RowList {
  readonly #recent: NewestRows;
  readonly #shown: NewestRows;
  readonly #waiting: NewestRows;
  readonly #added: NewestRows;
  #waitingCount = 0;
  #startOver = false;
  #paused = false;
  #matches: ((row: EventRow) => boolean) | null = null;

  constructor(maxRows: number) {
    this.#recent = new NewestRows(maxRows);
    this.#shown = new NewestRows(maxRows);
    this.#waiting = new NewestRows(maxRows);
    this.#added = new NewestRows(maxRows);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Rows that came since the pause began, also those too many to be kept. */
  get waiting(): number {
    return this.#waitingCount;
  }

  get shown(): number {
    return this.#shown.length;
  }

  /** Rows kept, whether they match the filter or not. */
  get recent(): number {
    return this.#recent.length;
  }

  get filtered(): boolean {
    return this.#matches !== null;
  }

  add(row: EventRow): void {
    if (!this.#paused) return this.#take(row);
    this.#waiting.push(row);
    this.#waitingCount += 1;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#waitingCount = 0;
    for (const row of this.#waiting.takeAll()) this.#take(row);
  }

  setFilter(text: string): void {
    this.#matches = rowFilter(text);
    this.#shown.takeAll();
    this.#added.takeAll();
    this.#startOver = true;
    for (const row of this.#recent.all()) this.#show(row);
  }

  /** What changed since the last call. */
  takeChanges(): RowChanges {
    const changes = { startOver: this.#startOver, added: this.#added.takeAll() };
    this.#startOver = false;
    return changes;
  }

  #take(row: EventRow): void {
    this.#recent.push(row);
    this.#show(row);
  }

  #show(row: EventRow): void {
    if (this.#matches !== null && !this.#matches(row)) return;
    this.#shown.push(row);
    this.#added.push(row);
  }
}

/** A list that forgets its oldest. It is cut only when twice as long as it may be, so that a push costs the same always. */
class NewestRows {
  readonly #max: number;
  #rows: EventRow[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get length(): number {
    return Math.min(this.#rows.length, this.#max);
  }

  push(row: EventRow): void {
    this.#rows.push(row);
    if (this.#rows.length >= 2 * this.#max) this.#rows = this.all();
  }

  /** Oldest first. */
  all(): EventRow[] {
    return this.#rows.slice(-this.#max);
  }

  takeAll(): EventRow[] {
    const rows = this.all();
    this.#rows = [];
    return rows;
  }
}
