import type { Cursor, Journal, ReadBounds } from "@oncewire/journal";
import type { EventEnd } from "../report.js";
import { Outcomes } from "./outcomes.js";
import type { PlaceKeeper } from "./queued-event.js";
import { SettledMarks } from "./settled-marks.js";
import { decodeRecord, type SpoolRecord } from "./spool-record.js";

export interface SourceReading {
  readonly records: readonly { readonly position: number; readonly record: SpoolRecord }[];
  /** Events that cannot be had any more, and how many of them this process wrote. */
  readonly lost: { readonly ours: number; readonly others: number };
}

/** Rejects, with the journal closed again, where the disk does not let it begin. */
export async function openSource(journal: Journal): Promise<JournalSource> {
  try {
    const cursor = await journal.cursor("delivery");
    const source = new JournalSource(journal, cursor);
    // Marks for positions that were never committed must be gone before those are given again.
    if (cursor.memo !== null && cursor.memo.byteLength > 0) await source.store();
    return source;
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/** One journal as a spool sees it: how far it has been taken into memory, and which of its events have ended. */
export class JournalSource implements PlaceKeeper {
  readonly #journal: Journal;
  readonly #cursor: Cursor;
  readonly #marks: SettledMarks;
  readonly #outcomes = new Outcomes();
  /** What is below was there before this process came. */
  readonly #oursFrom: number;
  /** Everything below is in memory or has ended. */
  #readFrom: number;
  #willStore = false;

  constructor(journal: Journal, cursor: Cursor) {
    this.#journal = journal;
    this.#cursor = cursor;
    this.#marks = new SettledMarks(cursor.position, cursor.memo, journal.next);
    this.#oursFrom = journal.next;
    this.#readFrom = Math.max(cursor.position, journal.first);
    this.#marks.settle(0, this.#readFrom);
  }

  /** Positions that have not been taken into memory; some may hold nothing. */
  get unread(): number {
    return this.#journal.next - this.#readFrom;
  }

  /** Whether something can be read that has not been. */
  get isReadable(): boolean {
    return this.#readFrom < this.#journal.durable;
  }

  /** Whether this process wrote it. */
  isOurs(position: number): boolean {
    return position >= this.#oursFrom;
  }

  /** Throws what the journal throws. */
  append(parts: readonly Uint8Array[]): number {
    return this.#journal.append(parts);
  }

  committed(position: number): Promise<void> {
    return this.#journal.committed(position);
  }

  /** The record just appended stays in memory. Only where nothing before it is unread. */
  passBy(position: number): void {
    this.#readFrom = position + 1;
  }

  async read(bounds: ReadBounds): Promise<SourceReading> {
    const from = this.#readFrom;
    const { records, next, lost: gone } = await this.#journal.read(from, bounds);
    const found: { readonly position: number; readonly record: SpoolRecord }[] = [];
    const lost = { ours: 0, others: 0 };
    for (const stretch of gone) this.#countLost(stretch.from, stretch.to, lost);
    let expected = from;
    for (const { position, bytes } of records) {
      this.#marks.settle(expected, position);
      const record = decodeRecord(bytes);
      if (record === null) this.#countLost(position, position + 1, lost);
      else if (!this.#marks.isSettled(position)) found.push({ position, record });
      expected = position + 1;
    }
    // Between records there may be positions that never held one: those of groups that could not be written.
    this.#marks.settle(expected, next);
    this.#readFrom = next;
    return { records: found, lost };
  }

  /** Brings what has ended to stable storage. */
  store(): Promise<void> {
    return this.#cursor.advance(this.#marks.low, this.#marks.memo());
  }

  settle(position: number, end: EventEnd): void {
    this.#marks.settle(position);
    if (this.isOurs(position)) this.#outcomes.note(position, end);
    this.#storeSoon();
  }

  /** How the event at a position ended, or will have. */
  async fate(position: number): Promise<EventEnd> {
    return this.#marks.isSettled(position) ? this.#outcomes.recall(position) : this.#outcomes.watch(position);
  }

  /** Nothing that fails at the end of the process can be mended. */
  writeNow(): void {
    try {
      this.#journal.writeNow();
    } catch {
      // What was not written is lost with the process, as it would have been without a spool.
    }
  }

  async close(): Promise<void> {
    this.#storeAtLeisure();
    await this.#journal.close();
    this.#outcomes.keepAll();
  }

  /** Positions whose event was on disk and cannot be had any more. */
  #countLost(from: number, to: number, lost: { ours: number; others: number }): void {
    for (let position = from; position < to; position += 1) {
      if (this.#marks.isSettled(position)) continue;
      if (this.isOurs(position)) lost.ours += 1;
      else lost.others += 1;
      this.settle(position, { kind: "dropped", reason: "damaged" });
    }
  }

  /** What ends together is stored together. */
  #storeSoon(): void {
    if (this.#willStore) return;
    this.#willStore = true;
    queueMicrotask(() => this.#storeAtLeisure());
  }

  /** What could not be stored holds for this process, and the journal stores it again by itself. */
  #storeAtLeisure(): void {
    this.#willStore = false;
    this.store().catch(() => undefined);
  }
}
