import type { CanonicalEvent } from "@oncewire/protocol";
import { cursorAfter, matches, type Selection } from "./event-query.js";
import { eventFromRow, rowKey, rowSize, type RowKey, type RowValues } from "./event-row.js";
import type { Page, StoredEvent } from "./event-store.js";

export interface RecentEvent {
  readonly key: RowKey;
  readonly event: CanonicalEvent;
  /** Of its line: what it costs to keep it, roughly. */
  readonly bytes: number;
}

export function recentFromRow(row: RowValues): RecentEvent {
  return { key: rowKey(row), event: eventFromRow(row), bytes: rowSize(row) };
}

/** More than these at once, and only the last of them are kept: what passes through in bulk would only age the memory. */
const maxAtOnce = 100;

/** The newest events in memory, bounded by number and bytes, oldest let go first. */
export class RecentEvents {
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  /** A ring: the oldest at `#oldest`, then on, around the end. */
  readonly #ring: (RecentEvent | undefined)[];
  #oldest = 0;
  #size = 0;
  #bytes = 0;
  #hasLetGo = false;

  constructor(maxEvents: number, maxBytes: number) {
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
    this.#ring = Array.from({ length: maxEvents });
  }

  get size(): number {
    return this.#size;
  }

  /** Only what is newer than all that is there: what comes late, filling a gap, is not among the newest. */
  add(added: readonly RecentEvent[]): void {
    const newer = added.filter((one) => this.#isNewer(one));
    if (newer.length > maxAtOnce) while (this.#size > 0) this.#letGoOfOldest();
    for (const one of newer.slice(-maxAtOnce)) if (this.#isNewer(one)) this.#addOne(one);
  }

  #isNewer({ key }: RecentEvent): boolean {
    const newest = this.#at(this.#size - 1);
    return newest === undefined || isAfter(key, newest.key);
  }

  #addOne(added: RecentEvent): void {
    if (this.#size === this.#maxEvents) this.#letGoOfOldest();
    this.#ring[(this.#oldest + this.#size) % this.#maxEvents] = added;
    this.#size += 1;
    this.#bytes += added.bytes;
    while (this.#bytes > this.#maxBytes && this.#size > 0) this.#letGoOfOldest();
  }

  /**
   * Puts events before the oldest: those of them that are older, newest first, as many as there is room for. None once
   * any was let go: there would be a gap.
   */
  addOlder(newestFirst: readonly RecentEvent[]): void {
    for (const older of newestFirst) {
      const oldest = this.#at(0);
      if (oldest !== undefined && !isAfter(oldest.key, older.key)) continue;
      const isRoom = this.#size < this.#maxEvents && this.#bytes + older.bytes <= this.#maxBytes;
      if (this.#hasLetGo || !isRoom) return;
      this.#oldest = (this.#oldest + this.#maxEvents - 1) % this.#maxEvents;
      this.#ring[this.#oldest] = older;
      this.#size += 1;
      this.#bytes += older.bytes;
    }
  }

  /** Undefined where memory does not hold the whole answer; `total` is how many events there are anywhere. */
  page(selection: Selection, total: number): Page<StoredEvent> | undefined {
    const items: StoredEvent[] = [];
    let last = { position: 0, ordinal: 0 };
    for (const { key, event } of this.#newestFirst()) {
      if (!matches(selection, key, event)) continue;
      if (items.length === selection.limit) return { items, next: cursorAfter(last) };
      items.push({ ...event, position: key.position });
      last = key;
    }
    return this.#size === total ? { items, next: null } : undefined;
  }

  *#newestFirst(): Generator<RecentEvent, void, undefined> {
    for (let index = this.#size - 1; index >= 0; index -= 1) {
      const recent = this.#at(index);
      if (recent !== undefined) yield recent;
    }
  }

  #at(index: number): RecentEvent | undefined {
    return index < 0 ? undefined : this.#ring[(this.#oldest + index) % this.#maxEvents];
  }

  #letGoOfOldest(): void {
    this.#hasLetGo = true;
    this.#bytes -= this.#at(0)?.bytes ?? 0;
    this.#ring[this.#oldest] = undefined;
    this.#oldest = (this.#oldest + 1) % this.#maxEvents;
    this.#size -= 1;
  }
}

function isAfter(key: RowKey, other: RowKey): boolean {
  return key.position > other.position || (key.position === other.position && key.ordinal > other.ordinal);
}
