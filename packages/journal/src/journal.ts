/**
 * An append-only log of opaque records in one folder, written by one process at a time.
 *
 * What it promises
 * - A record whose `committed` resolved survives the end of the process however it ends, and with `sync: "group"` a
 *   power cut. A record whose `committed` rejected is not in the journal. Only where the disk fails up to the end of the
 *   process, or the process is killed before it works again, may the next one find such a record.
 * - Positions rise by one and are never given twice; those of records that could not be written stay unused.
 * - Damage costs the records whose bytes it touched, no more. No damaged record is ever given out. What is lost is
 *   named, by position, to whoever reads past it.
 * - No state of the folder keeps it from opening: only a living process that has it, or a disk that refuses, does.
 * - A disk that fails or fills up suspends it. It goes on by itself when the disk does.
 * - What a cursor has passed is not read again by that cursor's owner, whether or not its file could be deleted.
 *
 * What it does not promise: that a record never committed is gone (a crash may keep it), nor exactly-once delivery (a
 * reader that ends between its work and `advance` gets the records again).
 *
 * On disk
 *
 *     0000000000000000-5f3a9c01.log    a segment: header, then records (segment.ts, record.ts)
 *     0000000000004711-b04e77d2.log    the next one; only the last may be growing
 *     0000000000000000-….log.damaged   put aside: damaged, kept for whoever wants to look, never read
 *     delivery.cursor-0, .cursor-1     a cursor, written in turn (cursor.ts)
 *     lock.1                           who has the folder open (lock.ts)
 *
 * There is no index and no pointer beside the data: everything is derived from the segments. Each run begins a new
 * segment with its first record. A segment's header says where the records before it end, so that a file given up after
 * a failed write needs no repair. At opening the last segment is checked whole and a torn tail cut off; the others are
 * checked as they are read. A segment goes when every cursor is past it; one with damage is renamed instead.
 */
import { join } from "node:path";
import { checkCursorName, cursorOfFile, loadCursors, type CursorState, type LoadedCursor } from "./cursor.js";
import { JournalError, faultOf, isGone } from "./errors.js";
import { acquireLock, isUnlocked, type Lock } from "./lock.js";
import { quarantine, takeStock, type Recovered } from "./opening.js";
import { resolveJournalOptions, type JournalOptions, type ResolvedJournalOptions } from "./options.js";
import { SegmentReader, unreadable, type SegmentReading } from "./reader.js";
import type { JournalRecord } from "./record.js";
import type { ScanBounds } from "./recovery.js";
import { mayDelete } from "./retention.js";
import { SegmentList, type Segment } from "./segment.js";
import { StoredCursor } from "./stored-cursor.js";
import { Writer } from "./writer.js";

export type { JournalRecord } from "./record.js";

export interface Journal {
  /**
   * Takes a record, given in parts that are written one after the other, and returns its position. The bytes are
   * copied or written before the call's turn ends, so the caller may reuse them. Positions rise; after a failed commit
   * some are never used. Throws a `JournalError` (`too-large`, `full`, `suspended`, `closed`) and takes nothing then.
   */
  append(parts: readonly Uint8Array[]): number;
  /**
   * Resolves when the record at `position` and all before it are on stable storage (or handed to the operating system,
   * where `sync` is `"none"`). Rejects with a `JournalError` when the group that held it could not be written: the
   * record is not in the journal then, and the caller still has it. Callers of one group share one promise.
   */
  committed(position: number): Promise<void>;
  /** The position the next record gets. */
  readonly next: number;
  /** Every position below it is committed. */
  readonly durable: number;
  /** The oldest position that can still be read. */
  readonly first: number;
  /** Committed records from `from` on, in order, at most so many; never throws for damage: what is lost is named. */
  read(from: number, bounds: ReadBounds): Promise<ReadResult>;
  /** A named place in the journal that outlives the process. Records below every cursor may be deleted. */
  cursor(name: string): Promise<Cursor>;
  /** Names of all cursors, also of those nobody has asked for in this process. */
  cursors(): readonly string[];
  removeCursor(name: string): Promise<void>;
  status(): JournalStatus;
  /**
   * Hands everything appended to the operating system before it returns, without a sync: for `process.on("exit")`, when
   * nothing asynchronous runs any more. Takes no more records then, and `committed` settles no more. Throws
   * `suspended` where the disk refuses.
   */
  writeNow(): void;
  /** Commits what was appended, stores the cursors and closes the files. Later appends throw `closed`. */
  close(): Promise<void>;
}

export interface ReadBounds {
  readonly maxRecords: number;
  /** Reading stops before the record that would exceed it; one record is always given. */
  readonly maxBytes: number;
}

export interface ReadResult {
  readonly records: readonly JournalRecord[];
  /** Where to read on: past the last record given, and past what was lost on the way. */
  readonly next: number;
  /** Positions that were committed once and cannot be read any more, with the reason. */
  readonly lost: readonly { readonly from: number; readonly to: number; readonly reason: "damaged" | "expired" }[];
}

export interface Cursor {
  readonly name: string;
  /** Everything below it is done with. */
  readonly position: number;
  /** What was given with the last `advance`: opaque, small (≤ 64 KiB), stored with the position in one step. */
  readonly memo: Uint8Array | null;
  /** Moves forward, never back; resolves when that is on stable storage. */
  advance(position: number, memo?: Uint8Array): Promise<void>;
}

export interface JournalStatus {
  /** `suspended`: the last write failed; appends are refused until a probe, at growing intervals, succeeds. */
  readonly state: "accepting" | "suspended" | "closed";
  /** Why it is suspended: `ENOSPC`, `EIO`, `EROFS`, …; null while it accepts. */
  readonly fault: string | null;
  readonly bytes: number;
  readonly segments: number;
  /**
   * What was found: bytes of a torn tail cut off, records lost to damage, segments put aside or left unread.
   * Damage in older segments is found, and counted, when they are read.
   */
  readonly recovered: {
    readonly tornBytes: number;
    readonly damagedRecords: number;
    readonly quarantinedSegments: number;
    /** Files of cursors that made no sense; the cursor went on from its generation before, or from the beginning. */
    readonly damagedCursors: number;
  };
}

type Loss = ReadResult["lost"][number];

/** Opens the journal in a folder; rejects with `locked` or `unusable`, never because of what the folder holds. */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const resolved = resolveJournalOptions(options);
  const { files, directory } = resolved;
  try {
    await files.makeDirectory(directory);
    const lock = await acquireLock(resolved);
    try {
      return await openLocked(resolved, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    if (JournalError.is(error)) throw error;
    const fault = faultOf(error);
    const message = `${directory} cannot be used for a journal (${fault}): it must be a folder this process may read and write`;
    throw new JournalError("unusable", message, { cause: error, fields: { fault } });
  }
}

/**
 * Whether a folder holds a journal that no living process has open, so that another may open it and take over what it
 * holds. Whoever opens it first has it; the others get `locked`.
 */
export async function isOrphaned(
  directory: string,
  options: Pick<JournalOptions, "files" | "runtime"> = {},
): Promise<boolean> {
  const place = resolveJournalOptions({ ...options, directory });
  const entries = await place.files.list(directory).catch(() => []);
  if (!entries.some(({ name }) => name.endsWith(".log") || cursorOfFile(name) !== null)) return false;
  return isUnlocked(place);
}

async function openLocked(options: ResolvedJournalOptions, lock: Lock): Promise<Journal> {
  const reader = new SegmentReader(options.files, options.directory);
  try {
    return new FolderJournal({ options, lock, reader, ...(await readFolder(options, reader)) });
  } catch (error) {
    await reader.close();
    throw error;
  }
}

type Contents = Pick<Parts, "segments" | "recovered" | "end" | "next" | "cursors">;

async function readFolder({ files, directory }: ResolvedJournalOptions, reader: SegmentReader): Promise<Contents> {
  const entries = await files.list(directory);
  const segments = new SegmentList();
  const recovered = { tornBytes: 0, damagedRecords: 0, quarantinedSegments: 0, damagedCursors: 0 };
  const stock = await takeStock({ files, directory, reader, segments, recovered }, entries);
  const cursors = await loadCursors({ files, directory }, entries);
  // A cursor may be ahead of the records where the last of them were never synced: positions still never go back.
  const end = cursors.reduce((most, { state }) => Math.max(most, state?.position ?? 0), stock.end);
  for (const { damaged } of cursors) recovered.damagedCursors += damaged;
  return { segments, recovered, end, next: Math.max(end, stock.least), cursors };
}

interface Parts {
  readonly options: ResolvedJournalOptions;
  readonly lock: Lock;
  readonly segments: SegmentList;
  readonly reader: SegmentReader;
  readonly recovered: Recovered;
  /** Where the records end. */
  readonly end: number;
  /** The position of the next one. */
  readonly next: number;
  readonly cursors: readonly LoadedCursor[];
}

class FolderJournal implements Journal {
  readonly #parts: Parts;
  readonly #writer: Writer;
  readonly #cursors = new Map<string, StoredCursor>();
  #sweeping: Promise<void> = Promise.resolve();
  #isSweeping = false;
  #closing: Promise<void> | null = null;

  constructor(parts: Parts) {
    const { options, segments, end, next, lock } = parts;
    this.#parts = parts;
    this.#writer = new Writer({ options, segments, end, next, onCommitted: () => this.#sweep() });
    for (const { name, state } of parts.cursors) this.#cursors.set(name, this.#createCursor(name, state));
    lock.onLost(() => {
      this.#writer.letGo();
      void this.close();
    });
    // What the process before us stored may not have reached the disk.
    for (const cursor of this.#cursors.values()) void cursor.advance(cursor.position).catch(ignored);
    this.#sweep();
  }

  get next(): number {
    return this.#writer.next;
  }

  get durable(): number {
    return this.#writer.durable;
  }

  get first(): number {
    return this.#parts.segments.first?.head.base ?? this.durable;
  }

  append(parts: readonly Uint8Array[]): number {
    return this.#writer.append(parts);
  }

  committed(position: number): Promise<void> {
    return this.#writer.committed(position);
  }

  async read(from: number, bounds: ReadBounds): Promise<ReadResult> {
    checkRead(from, bounds);
    const lost: Loss[] = [];
    let next = from;
    while (next < this.durable) {
      this.#refuseClosed();
      const segment = this.#parts.segments.holding(next);
      if (segment === undefined) {
        next = this.durable;
        break;
      }
      if (next < segment.head.base) {
        next = this.#skipTo(segment, next, lost);
        continue;
      }
      const reading = await this.#readSegment(segment, { from: next, ...bounds });
      for (const stretch of reading.lost) lost.push({ ...stretch, reason: segment.isGoing ? "expired" : "damaged" });
      next = reading.next;
      if (reading.records.length > 0) return { records: reading.records, next, lost };
    }
    return { records: [], next, lost };
  }

  async cursor(name: string): Promise<Cursor> {
    checkCursorName(name);
    this.#refuseClosed();
    const known = this.#cursors.get(name);
    if (known !== undefined) return known;
    const created = this.#createCursor(name, null);
    this.#cursors.set(name, created);
    await created.create();
    return created;
  }

  cursors(): readonly string[] {
    return [...this.#cursors.keys()];
  }

  async removeCursor(name: string): Promise<void> {
    this.#refuseClosed();
    const cursor = this.#cursors.get(name);
    await cursor?.remove();
    this.#cursors.delete(name);
    this.#sweep();
  }

  status(): JournalStatus {
    const { state } = this.#writer;
    return {
      state: state.kind,
      fault: state.kind === "suspended" ? state.fault : null,
      bytes: this.#parts.segments.bytes,
      segments: this.#parts.segments.count,
      recovered: { ...this.#parts.recovered },
    };
  }

  writeNow(): void {
    this.#writer.writeNow();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#writer.close();
    await Promise.all([...this.#cursors.values()].map((cursor) => cursor.close()));
    this.#sweep();
    await this.#sweeping;
    await this.#parts.reader.close();
    await this.#parts.lock.release();
  }

  /** Over positions that no segment holds; those that were committed once are lost. */
  #skipTo(segment: Segment, from: number, lost: Loss[]): number {
    const to = Math.min(segment.head.base, segment.head.previousEnd);
    const reason = segment === this.#parts.segments.first ? "expired" : "damaged";
    if (from < to) lost.push({ from, to, reason });
    return segment.head.base;
  }

  async #readSegment(segment: Segment, bounds: ScanBounds): Promise<Omit<SegmentReading, "soundEnd">> {
    const { reader, recovered } = this.#parts;
    try {
      const reading = await reader.read(segment, bounds);
      for (const { from, to } of reading.lost) recovered.damagedRecords += segment.lose(from, to);
      return reading;
    } catch (error) {
      if (!isGone(error)) throw unreadable(segment, error);
      const stretch = { from: bounds.from, to: segment.end };
      if (!segment.isGoing) recovered.damagedRecords += segment.lose(stretch.from, stretch.to);
      return { records: [], lost: [stretch], next: segment.end };
    }
  }

  #createCursor(name: string, state: CursorState | null): StoredCursor {
    const { options } = this.#parts;
    return new StoredCursor({
      ...options,
      name,
      state: state ?? { generation: 0, position: this.first, memo: null },
      limit: () => this.#writer.next,
      onMoved: () => this.#sweep(),
    });
  }

  /** Deletes what nobody needs any more, oldest first. */
  #sweep(): void {
    if (this.#isSweeping || this.#deletable() === null) return;
    this.#isSweeping = true;
    this.#sweeping = this.#deleteOldest();
  }

  async #deleteOldest(): Promise<void> {
    for (let oldest = this.#deletable(); oldest !== null; oldest = this.#deletable()) {
      // What cannot be deleted now is tried again at the next occasion; no cursor goes back to it.
      if (!(await this.#delete(oldest))) break;
    }
    // In the same turn as the last look: who sweeps from now on starts again.
    this.#isSweeping = false;
  }

  #deletable(): Segment | null {
    const { segments, options } = this.#parts;
    const [oldest, following] = segments.all;
    if (oldest === undefined || oldest === this.#writer.growing) return null;
    // One without a record goes again when the disk fails, and with it what it says of where positions go on.
    const hasSuccessor = following !== undefined && following.end > following.head.base;
    if (!hasSuccessor && !this.#isOutlived(oldest)) return null;
    const nowMs = options.runtime.nowMs();
    const closedAtMs = following?.head.createdAtMs ?? nowMs;
    const state = { end: oldest.end, closedAtMs, bytes: segments.bytes, acknowledged: this.#acknowledged(), nowMs };
    return mayDelete(state, options.retain) ? oldest : null;
  }

  /** Whether it is known without the last segment where positions go on. */
  #isOutlived({ end }: Segment): boolean {
    return [...this.#cursors.values()].some(({ stored }) => stored >= end);
  }

  #acknowledged(): number | null {
    if (this.#cursors.size === 0) return null;
    let lowest = Infinity;
    for (const cursor of this.#cursors.values()) lowest = Math.min(lowest, cursor.position);
    return lowest;
  }

  async #delete(segment: Segment): Promise<boolean> {
    const { segments, reader, options } = this.#parts;
    segment.isGoing = true;
    try {
      if (segment.isDamaged) await quarantine(options, segment.name);
      else await options.files.remove(join(options.directory, segment.name));
    } catch (error) {
      if (faultOf(error) !== "ENOENT") return false;
    }
    segments.remove(segment);
    await reader.forget(segment);
    return true;
  }

  #refuseClosed(): void {
    if (this.#closing !== null) throw new JournalError("closed", "The journal is closed: open it again");
  }
}

function checkRead(from: number, { maxRecords, maxBytes }: ReadBounds): void {
  if (!Number.isSafeInteger(from) || from < 0)
    throw new RangeError(`\`from\` must be a position, from 0 on, got ${from}`);
  if (!(maxRecords >= 1)) throw new RangeError(`\`maxRecords\` must be 1 or more, got ${maxRecords}`);
  if (!(maxBytes >= 0)) throw new RangeError(`\`maxBytes\` must be 0 or more, got ${maxBytes}`);
}

/** For what is tried again by itself. */
const ignored = (): void => undefined;
