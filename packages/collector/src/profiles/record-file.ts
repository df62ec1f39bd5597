/** A file of document records, one after the other; the last one of a name counts. Knows where each document is. */
import { closeSync, constants, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import {
  decodeDocument,
  decodeNamed,
  encodeRecord,
  hashOfName,
  readRecordHead,
  recordHeadBytes,
} from "./document-record.js";
import type { RecordHead } from "./document-record.js";
import type { Document } from "./documents.js";
import { OffsetTable } from "./offset-table.js";

const pieceBytes = 4 * 1024 * 1024;
/** Most documents come with one read of so much. */
const firstReadBytes = 2_048;

export class RecordFile {
  readonly #fd: number;
  #table = new OffsetTable();
  #bytes = 0;
  #records = 0;

  /** Opens or makes the file; of its bytes only the first `bytes` count. Throws where they are not whole records. */
  constructor(path: string, bytes: number) {
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const { size } = fstatSync(this.#fd);
      if (size < bytes) throw new Error(`expected a file of at least ${bytes} bytes, it has ${size}`);
      // One for all pieces: a large file would leave as much behind.
      const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, bytes));
      while (this.#bytes < bytes) this.#scanPiece(buffer.subarray(0, bytes - this.#bytes));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Documents that there are. */
  get size(): number {
    return this.#table.size;
  }

  /** Records, of which those that were written again or removed are a part. */
  get records(): number {
    return this.#records;
  }

  read(name: string): Document | undefined {
    const offset = this.#table.get(hashOfName(name));
    if (offset === undefined) return undefined;
    const first = this.#readUpTo(offset, Math.min(firstReadBytes, this.#bytes - offset));
    const head = readRecordHead(first, 0);
    const end = recordHeadBytes + head.length;
    const whole = end <= first.length ? first : this.#readUpTo(offset, Math.min(end, this.#bytes - offset));
    return decodeDocument(head, whole.subarray(recordHeadBytes, end), name);
  }

  /** Writes the changes and syncs them; where that fails nothing has changed. Null removes a document. */
  append(changes: Iterable<readonly [string, Document | null]>): void {
    const written: { readonly head: RecordHead; readonly offset: number }[] = [];
    let piece: Buffer[] = [];
    let [pieceAt, at] = [this.#bytes, this.#bytes];
    const flush = (): void => {
      writeWhole(this.#fd, Buffer.concat(piece), pieceAt);
      piece = [];
      pieceAt = at;
    };
    for (const [name, document] of changes) {
      const record = encodeRecord(name, document);
      written.push({ head: readRecordHead(record, 0), offset: at });
      piece.push(record);
      at += record.length;
      if (at - pieceAt >= pieceBytes) flush();
    }
    flush();
    fdatasyncSync(this.#fd);
    for (const { head, offset } of written) this.#place(head, offset);
    this.#bytes = at;
  }

  /** The documents there are, those that were written longest ago first; changes meanwhile are not among them. */
  *documents(): Generator<readonly [string, Document], void, undefined> {
    const end = this.#bytes;
    for (let at = 0; at < end;) {
      const piece = this.#readUpTo(at, Math.min(pieceBytes, end - at));
      const found = recordsIn(piece);
      if (found.length === 0) throw noRecord(at);
      for (const { head, start, end: recordEnd } of found) {
        if (this.#table.get(head.hash) !== at + start) continue;
        yield decodeNamed(head, piece.subarray(start + recordHeadBytes, recordEnd));
      }
      at += found.at(-1)?.end ?? 0;
    }
  }

  /** Copies what counts into another file, a piece at a time; nothing may be appended meanwhile. */
  async copyTo(other: RecordFile): Promise<void> {
    for (let at = 0; at < this.#bytes;) {
      const piece = this.#readUpTo(at, Math.min(pieceBytes, this.#bytes - at));
      const found = recordsIn(piece);
      if (found.length === 0) throw noRecord(at);
      const live = found.filter(({ head, start }) => this.#table.get(head.hash) === at + start);
      other.#appendRaw(live.map(({ start, end }) => piece.subarray(start, end)));
      at += found.at(-1)?.end ?? 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
    fdatasyncSync(other.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #appendRaw(records: readonly Buffer[]): void {
    writeWhole(this.#fd, Buffer.concat(records), this.#bytes);
    for (const record of records) {
      this.#place(readRecordHead(record, 0), this.#bytes);
      this.#bytes += record.length;
    }
  }

  #scanPiece(buffer: Buffer): void {
    const at = this.#bytes;
    const found = recordsIn(this.#fill(buffer, at));
    if (found.length === 0) throw noRecord(at);
    for (const { head, start } of found) this.#place(head, at + start);
    this.#bytes += found.at(-1)?.end ?? 0;
  }

  #place({ hash, length }: RecordHead, offset: number): void {
    this.#records += 1;
    if (length === 0) this.#table.remove(hash);
    else this.#table.set(hash, offset);
  }

  #readUpTo(at: number, length: number): Buffer {
    return this.#fill(Buffer.allocUnsafe(length), at);
  }

  /** All of the buffer, with what the file has from there on. */
  #fill(bytes: Buffer, at: number): Buffer {
    for (let read = 0; read < bytes.length;) {
      const got = readSync(this.#fd, bytes, read, bytes.length - read, at + read);
      if (got === 0) throw new Error(`expected ${bytes.length} bytes at ${at}, the file ends before`);
      read += got;
    }
    return bytes;
  }
}

interface FoundRecord {
  readonly head: RecordHead;
  readonly start: number;
  readonly end: number;
}

/** The whole records at the beginning of a piece. No record is larger than a piece: a document is bounded. */
function recordsIn(piece: Buffer): readonly FoundRecord[] {
  const found: FoundRecord[] = [];
  for (let start = 0; start + recordHeadBytes <= piece.length;) {
    const head = readRecordHead(piece, start);
    const end = start + recordHeadBytes + head.length;
    if (end > piece.length) break;
    found.push({ head, start, end });
    start = end;
  }
  return found;
}

function noRecord(at: number): Error {
  return new Error(`expected a record at byte ${at}, there is none that is whole`);
}

function writeWhole(fd: number, bytes: Buffer, at: number): void {
  for (let written = 0; written < bytes.length;)
    written += writeSync(fd, bytes, written, bytes.length - written, at + written);
}
