import { SeenIds, type IdHash } from "./seen-ids.js";

/**
 * The ids of the newest events, in bounded memory: two generations, of which the older is let go when the newer is
 * half the bound. Ids of events at or above `floor` are all in it; for those below, the sealed files must be asked.
 */
export class SeenWindow {
  readonly #maxIds: number;
  #older: Generation;
  #newer: Generation;

  /** Knows nothing yet of the events from `floor` on: they are to be added before anything is asked. */
  constructor({ maxIds, floor, expectedIds = 0 }: SeenWindowOptions) {
    this.#maxIds = maxIds;
    this.#older = { start: floor, ids: new SeenIds() };
    this.#newer = { start: floor, ids: new SeenIds(expectedIds) };
  }

  get floor(): number {
    return this.#older.start;
  }

  /** Memory of the tables. */
  get bytes(): number {
    return this.#older.ids.bytes + this.#newer.ids.bytes;
  }

  has(id: IdHash): boolean {
    return this.#newer.ids.has(id) || this.#older.ids.has(id);
  }

  /** Adds the id; false when it was there already. */
  add(id: IdHash): boolean {
    return !this.#older.ids.has(id) && this.#newer.ids.add(id);
  }

  /**
   * Lets the older half go where the window is full. Everything below `sealed` is in files, so the ids that go can
   * still be found; `next` is where the next event will be.
   */
  slide(sealed: number, next: number): void {
    if (this.#newer.ids.size * 2 < this.#maxIds || sealed < this.#newer.start) return;
    this.#older = this.#newer;
    this.#newer = { start: next, ids: new SeenIds() };
  }
}

export interface SeenWindowOptions {
  readonly maxIds: number;
  readonly floor: number;
  /** Makes room for so many at once. */
  readonly expectedIds?: number;
}

interface Generation {
  /** Every id in it belongs to an event at or above this position. */
  readonly start: number;
  readonly ids: SeenIds;
}
