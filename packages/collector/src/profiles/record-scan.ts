/** Finds the records in a file of documents, a piece at a time. */
import { DamagedDocument, readRecordHead, recordHeadBytes } from "./document-record.js";
import type { RecordHead } from "./document-record.js";
import { readWhole } from "./file-bytes.js";
import { RecordHeads } from "./record-heads.js";

export interface FoundRecord {
  readonly head: RecordHead;
  /** In the piece. */
  readonly start: number;
  readonly end: number;
}

/** A part of a file: its bytes, where they are in it, and the whole records that they begin with. */
export interface Piece {
  readonly at: number;
  readonly bytes: Buffer;
  readonly records: readonly FoundRecord[];
}

/**
 * The pieces between two bytes of a file; each is overwritten by the next. Throws a `DamagedDocument` where the bytes are
 * not whole records.
 */
export function* pieces(fd: number, from: number, to: number): Generator<Piece, void, undefined> {
  // One for all pieces: a large file would leave as much behind.
  const buffer = Buffer.allocUnsafe(Math.min(maxRecordBytes, to - from));
  for (let at = from; at < to;) {
    const usual = pieceAt(fd, buffer.subarray(0, Math.min(pieceBytes, to - at)), at);
    const piece = usual.records.length > 0 ? usual : pieceAt(fd, buffer.subarray(0, to - at), at);
    const last = piece.records.at(-1);
    if (last === undefined) throw new DamagedDocument(`expected a record at byte ${at}, there is none that is whole`);
    yield piece;
    at += last.end;
  }
}

function pieceAt(fd: number, bytes: Buffer, at: number): Piece {
  readWhole(fd, bytes, at);
  return { at, bytes, records: recordsIn(bytes) };
}

/** The heads of the records between two bytes of a file, as many at once as a piece has. Throws as `pieces`. */
export function* headsBetween(fd: number, from: number, to: number): Generator<Uint32Array, void, undefined> {
  for (const { records } of pieces(fd, from, to)) yield headsOf(records);
}

export function headsOf(records: readonly FoundRecord[]): Uint32Array {
  const heads = new RecordHeads();
  for (const { head } of records) heads.add(head);
  return heads.words;
}

function recordsIn(bytes: Buffer): readonly FoundRecord[] {
  const found: FoundRecord[] = [];
  for (let start = 0; start + recordHeadBytes <= bytes.length;) {
    const head = readRecordHead(bytes, start);
    const end = start + recordHeadBytes + head.length;
    if (end > bytes.length) break;
    found.push({ head, start, end });
    start = end;
  }
  return found;
}

/** What is done with a piece is done in a few milliseconds. */
const pieceBytes = 1024 * 1024;
/** No record is larger: a document is bounded. */
const maxRecordBytes = 4 * pieceBytes;
