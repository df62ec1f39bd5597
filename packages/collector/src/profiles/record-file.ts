/**
 * A file of document records, one after the other; the last one of a name counts. Knows where each document is, from the
 * index beside it (`record-index.ts`) or, where that cannot be used, from the records.
 */
import { closeSync, constants, fdatasync, fdatasyncSync, fstatSync, openSync } from "node:fs";
import { promisify } from "node:util";
import {
  DamagedDocument,
  decodeDocument,
  decodeNamed,
  hashOfName,
  readRecordHead,
  RecordBuffer,
  recordHeadBytes,
} from "./document-record.js";
import type { Document } from "./documents.js";
import { readWhole, writeWhole } from "./file-bytes.js";
import { OffsetTable } from "./offset-table.js";
import { eachPlace, extentWith, noRecords, RecordHeads } from "./record-heads.js";
import type { Extent } from "./record-heads.js";
import { openRecordIndex, writeRecordIndex } from "./record-index.js";
import type { OpenedIndex, RecordIndex } from "./record-index.js";
import { headsBetween, headsOf, pieces } from "./record-scan.js";
import type { FoundRecord, Piece } from "./record-scan.js";

/** So much is written at once. */
const writeBytes = 1024 * 1024;
/** Most documents come with one read of so much. */
const firstReadBytes = 2_048;
/** Of the index, in one turn. */
const partsPerTurn = 32;

const syncOffThread = promisify(fdatasync);

export interface RecordFileOptions {
  readonly path: string;
  readonly indexPath: string;
  /** Of its bytes so many count, and their heads have this sum; what is behind them is overwritten. */
  readonly counts: Counts;
}

export class RecordFile {
  readonly #fd: number;
  readonly #indexPath: string;
  readonly #encoding = new RecordBuffer();
  /** Read into again and again: what is decoded is a copy. */
  readonly #first = Buffer.allocUnsafeSlow(firstReadBytes);
  #table = new OffsetTable();
  #extent = noRecords;
  #index: RecordIndex | null = null;
  /** What the index does not have yet. */
  #unindexed: Appended[] = [];
  #isClosed = false;

  /** Opens or makes the file. Throws where what counts of it are not those whole records. */
  constructor({ path, indexPath, counts }: RecordFileOptions) {
    this.#indexPath = indexPath;
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const { size } = fstatSync(this.#fd);
      if (size < counts.bytes) throw new Error(`expected a file of at least ${counts.bytes} bytes, it has ${size}`);
      const opened = openRecordIndex(indexPath, counts.bytes);
      if (opened !== null && this.#takeIndex(opened, counts)) return;
      const { table, extent } = tableOf(this.#fd, counts);
      this.#table = table;
      this.#extent = extent;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get extent(): Extent {
    return this.#extent;
  }

  /** Documents that there are. */
  get size(): number {
    return this.#table.size;
  }

  read(name: string): Document | undefined {
    const offset = this.#table.get(hashOfName(name));
    if (offset === undefined) return undefined;
    const first = this.#first.subarray(0, this.#extent.bytes - offset);
    readWhole(this.#fd, first, offset);
    const head = readRecordHead(first, 0);
    const end = recordHeadBytes + head.length;
    const whole = end <= first.length ? first : this.#readUpTo(offset, Math.min(end, this.#extent.bytes - offset));
    return decodeDocument(head, whole.subarray(recordHeadBytes, end), name);
  }

  /** Writes the changes and syncs them; where that fails nothing has changed. Null removes a document. */
  append(changes: Iterable<readonly [string, Document | null]>): void {
    const heads = new RecordHeads();
    const records = this.#encoding;
    let at = this.#extent.bytes;
    const flush = (): void => {
      writeWhole(this.#fd, records.bytes, at);
      at += records.length;
      records.clear();
    };
    records.clear();
    for (const [name, document] of changes) {
      heads.add(records.add(name, document));
      if (records.length >= writeBytes) flush();
    }
    flush();
    fdatasyncSync(this.#fd);
    placeIn(this.#table, heads.words, this.#extent.bytes);
    this.#extent = extentWith(this.#extent, heads.words);
    this.#unindexed.push({ heads: heads.words, extent: this.#extent });
  }

  /** Lets the index follow: for when all that was appended counts. */
  keepIndex(): void {
    const appended = this.#unindexed;
    this.#unindexed = [];
    if (this.#index === null) return;
    try {
      for (const { heads, extent } of appended) this.#index.append(heads, extent);
    } catch {
      // It is renewed some time; until then an opening has more to read.
      this.#letGoOfIndex();
    }
  }

  /** Writes the index anew where too much has come after it; nothing may be appended meanwhile. */
  async renewIndex(leastRecords: number): Promise<void> {
    const behind = this.#extent.records - (this.#index?.base.records ?? 0);
    if (behind <= leastRecords || behind <= this.size / 8) return;
    const isAbandoned = (): boolean => this.#isClosed;
    try {
      const index = await writeRecordIndex({
        path: this.#indexPath,
        table: this.#table,
        extent: this.#extent,
        isAbandoned,
      });
      this.#letGoOfIndex();
      this.#unindexed = [];
      if (isAbandoned()) index.close();
      else this.#index = index;
    } catch {
      // The one that is there is as right as it was.
    }
  }

  /** The documents there are, those that were written longest ago first; changes meanwhile are not among them. */
  *documents(): Generator<readonly [string, Document], void, undefined> {
    for (const piece of pieces(this.#fd, 0, this.#extent.bytes)) {
      for (const record of this.#livingIn(piece)) {
        yield decodeNamed(record.head, piece.bytes.subarray(record.start + recordHeadBytes, record.end));
      }
    }
  }

  /**
   * Copies what counts into another file, a piece at a time; nothing may be appended meanwhile. Throws a
   * `DamagedDocument` where a head is not what was written: its document would be missing.
   */
  async copyTo(other: RecordFile): Promise<void> {
    let copied = noRecords;
    for (const piece of pieces(this.#fd, 0, this.#extent.bytes)) {
      other.#appendRaw(piece, this.#livingIn(piece));
      copied = extentWith(copied, headsOf(piece.records));
      await new Promise((resolve) => setImmediate(resolve));
    }
    refuseOthers(copied, this.#extent);
    await syncOffThread(other.#fd);
  }

  close(): void {
    this.#isClosed = true;
    this.#letGoOfIndex();
    closeSync(this.#fd);
  }

  /** False where the index is not of this file. */
  #takeIndex({ index, heads, extent }: OpenedIndex, counts: Counts): boolean {
    const tail = tailBehind(this.#fd, extent, counts);
    if (tail === null) {
      index.close();
      return false;
    }
    this.#index = index;
    this.#table = new OffsetTable({
      readPart: this.#partReader(index),
      heads: joined([heads, tail.heads]),
      headsFrom: index.base.bytes,
    });
    this.#extent = tail.extent;
    if (tail.heads.length > 0) this.#unindexed.push(tail);
    this.keepIndex();
    this.#readRestOfIndex();
    return true;
  }

  /** Where a part is not what was written, all that the index stands for is read from the records. */
  #partReader(index: RecordIndex): (part: number) => Uint32Array {
    let table: OffsetTable | null = null;
    return (part) => {
      if (this.#isClosed) throw new Error("expected the documents to be open, they are closed");
      try {
        if (table === null) return index.readPart(part);
      } catch {
        this.#letGoOfIndex();
        table = tableOf(this.#fd, index.base).table;
      }
      return table.slotsOf(part);
    };
  }

  /** A little in each turn: what is needed sooner is read when it is. */
  #readRestOfIndex(): void {
    setImmediate(() => {
      try {
        if (!this.#isClosed && this.#table.readSome(partsPerTurn)) this.#readRestOfIndex();
      } catch {
        // Whoever needs that part is told.
      }
    });
  }

  #letGoOfIndex(): void {
    this.#index?.close();
    this.#index = null;
  }

  #appendRaw(piece: Piece, living: readonly FoundRecord[]): void {
    const heads = headsOf(living);
    const records = living.map(({ start, end }) => piece.bytes.subarray(start, end));
    writeWhole(this.#fd, Buffer.concat(records), this.#extent.bytes);
    placeIn(this.#table, heads, this.#extent.bytes);
    this.#extent = extentWith(this.#extent, heads);
  }

  #livingIn({ at, records }: Piece): readonly FoundRecord[] {
    return records.filter(({ head, start }) => this.#table.get(head.hash) === at + start);
  }

  #readUpTo(at: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    readWhole(this.#fd, bytes, at);
    return bytes;
  }
}

type Counts = Pick<Extent, "bytes" | "headsCrc">;

interface Appended {
  readonly heads: Uint32Array;
  /** With these heads. */
  readonly extent: Extent;
}

/** Where all documents are in what counts of a file. Throws a `DamagedDocument` where its heads are others. */
function tableOf(fd: number, counts: Counts): { readonly table: OffsetTable; readonly extent: Extent } {
  const table = new OffsetTable();
  let extent = noRecords;
  for (const heads of headsBetween(fd, 0, counts.bytes)) {
    placeIn(table, heads, extent.bytes);
    extent = extentWith(extent, heads);
  }
  refuseOthers(extent, counts);
  return { table, extent };
}

function refuseOthers({ headsCrc }: Extent, counts: Counts): void {
  if (headsCrc !== counts.headsCrc) throw new DamagedDocument("expected the heads of the records that were written");
}

/** What counts behind an extent; null where the extent is none of this file. */
function tailBehind(fd: number, extent: Extent, counts: Counts): Appended | null {
  try {
    const heads = joined([...headsBetween(fd, extent.bytes, counts.bytes)]);
    const whole = extentWith(extent, heads);
    return whole.headsCrc === counts.headsCrc ? { heads, extent: whole } : null;
  } catch {
    return null;
  }
}

function placeIn(table: OffsetTable, heads: Uint32Array, from: number): void {
  eachPlace(heads, from, (hash, offset) => table.set(hash, offset));
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const words = new Uint32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    words.set(part, at);
    at += part.length;
  }
  return words;
}
