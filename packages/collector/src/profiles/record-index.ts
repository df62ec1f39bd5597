/**
 * Where the documents of a file are, in a file beside it, so that opening reads neither. It is never the truth: where it
 * is missing, damaged or another file's, the documents are read instead, which only takes time.
 *
 * All are words of 32 bits, in the byte order of the machine; another machine takes the file for damaged.
 *
 * - The base: `magic`, the extent that it stands for (bytes and records in two words each, low first; CRC-32 of the
 *   heads), the CRC-32 of all these and of what follows here: of each part of the table how many words, and their CRC-32.
 *   Then the parts.
 * - What came later, a block for each commit: how many heads, the CRC-32 of all heads of the documents up to its end,
 *   then the heads. So each block is bound to those before it, and the last to the checkpoint, which has that sum too.
 *
 * A block is written after the checkpoint that it belongs to, the base aside and renamed. Nothing is synced, for the
 * checksums tell.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, renameSync, writevSync } from "node:fs";
import { crc32 } from "node:zlib";
import { bytesOf, readWhole, writeWhole } from "./file-bytes.js";
import { partCount } from "./offset-table.js";
import type { OffsetTable } from "./offset-table.js";
import { extentWith, wordsPerHead } from "./record-heads.js";
import type { Extent } from "./record-heads.js";

export interface RecordIndex {
  /** What the parts stand for. */
  readonly base: Extent;
  /** The slots of a part. Throws where they are not what was written. */
  readPart(part: number): Uint32Array;
  /** Adds the heads that follow, with which it stands for `extent`. */
  append(heads: Uint32Array, extent: Extent): void;
  close(): void;
}

export interface OpenedIndex {
  readonly index: RecordIndex;
  /** The heads after the base, and what it stands for with them. */
  readonly heads: Uint32Array;
  readonly extent: Extent;
}

/** Null where there is none that can be used for the first `maxBytes` of the documents. */
export function openRecordIndex(path: string, maxBytes: number): OpenedIndex | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR);
  } catch {
    return null;
  }
  try {
    const head = readBaseHead(fd);
    if (head !== null && head.base.bytes <= maxBytes) {
      const { heads, extent, end } = readBlocks(fd, head, maxBytes);
      // What a checkpoint that was lost or put back has left behind it.
      ftruncateSync(fd, end);
      return { index: new OpenRecordIndex(fd, head, end), heads, extent };
    }
  } catch {
    // Whatever could not be read can be made again.
  }
  closeSync(fd);
  return null;
}

export interface NewIndex {
  readonly path: string;
  /** Must not change meanwhile. */
  readonly table: OffsetTable;
  readonly extent: Extent;
  readonly isAbandoned: () => boolean;
}

/** Writes a new base in place of what is there, yielding between pieces. Throws where it cannot, or is abandoned. */
export async function writeRecordIndex({ path, table, extent, isAbandoned }: NewIndex): Promise<RecordIndex> {
  const aside = `${path}.next`;
  const fd = openSync(aside, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600);
  try {
    const words = new Uint32Array(baseHeadWords);
    let end = words.byteLength;
    for (const { slots, from, sizes } of partsToWrite(table)) {
      words.set(sizes, extentWords + from * 2);
      end += writeTogether(fd, slots, end);
      await new Promise((resolve) => setImmediate(resolve));
      if (isAbandoned()) throw new Error("expected the documents to stay open while their index is written");
    }
    words.set([magic, ...twoWords(extent.bytes), ...twoWords(extent.records), extent.headsCrc]);
    words[crcAt] = crcOfBaseHead(words);
    writeWhole(fd, bytesOf(words), 0);
    renameSync(aside, path);
    return new OpenRecordIndex(fd, baseHeadOf(words), end);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

class OpenRecordIndex implements RecordIndex {
  readonly base: Extent;
  #fd: number;
  readonly #parts: readonly StoredPart[];
  #end: number;

  constructor(fd: number, { base, parts }: BaseHead, end: number) {
    this.base = base;
    this.#fd = fd;
    this.#parts = parts;
    this.#end = end;
  }

  readPart(part: number): Uint32Array {
    const { at, words, crc } = this.#parts[part] ?? noPart;
    const slots = new Uint32Array(words);
    readWhole(this.#fd, bytesOf(slots), at);
    if (crc32(bytesOf(slots)) !== crc) throw new Error(`expected part ${part} of the index as it was written`);
    return slots;
  }

  append(heads: Uint32Array, { headsCrc }: Extent): void {
    const block = new Uint32Array(blockHeadWords + heads.length);
    block.set([heads.length / wordsPerHead, headsCrc]);
    block.set(heads, blockHeadWords);
    writeWhole(this.#fd, bytesOf(block), this.#end);
    this.#end += block.byteLength;
  }

  close(): void {
    closeSync(this.#fd);
    this.#fd = closed;
  }
}

interface StoredPart {
  readonly at: number;
  readonly words: number;
  readonly crc: number;
}

interface BaseHead {
  readonly base: Extent;
  readonly parts: readonly StoredPart[];
  readonly end: number;
}

const magic = 0x7864_6e31;
const crcAt = 6;
const extentWords = 8;
const baseHeadWords = extentWords + partCount * 2;
const blockHeadWords = 2;
/** So much is written in one turn. */
const writeBytes = 1024 * 1024;
const closed = -1;
const noPart: StoredPart = { at: 0, words: 0, crc: 0 };

/** Parts one after the other, as many at once as make up a write; of each how many words, and their CRC-32. */
function* partsToWrite(table: OffsetTable): Generator<PartsToWrite, void, undefined> {
  for (let part = 0; part < partCount;) {
    const parts = { from: part, slots: [] as Uint8Array[], sizes: [] as number[] };
    for (let bytes = 0; bytes < writeBytes && part < partCount; part += 1) {
      const slots = bytesOf(table.slotsOf(part));
      parts.slots.push(slots);
      parts.sizes.push(slots.length / Uint32Array.BYTES_PER_ELEMENT, crc32(slots));
      bytes += slots.length;
    }
    yield parts;
  }
}

interface PartsToWrite {
  readonly from: number;
  readonly slots: readonly Uint8Array[];
  readonly sizes: readonly number[];
}

/** Says how many bytes that were. Throws where there is no room for all. */
function writeTogether(fd: number, parts: readonly Uint8Array[], at: number): number {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const written = writevSync(fd, parts, at);
  if (written !== bytes) throw new Error(`expected to write ${bytes} bytes of the index, wrote ${written}`);
  return bytes;
}

function readBaseHead(fd: number): BaseHead | null {
  const words = new Uint32Array(baseHeadWords);
  readWhole(fd, bytesOf(words), 0);
  return words[0] === magic && words[crcAt] === crcOfBaseHead(words) ? baseHeadOf(words) : null;
}

function baseHeadOf(words: Uint32Array): BaseHead {
  const [, bytes = 0, bytesHigh = 0, records = 0, recordsHigh = 0, headsCrc = 0] = words;
  const parts: StoredPart[] = [];
  let at = words.byteLength;
  for (let word = extentWords; word < baseHeadWords; word += 2) {
    const part = { at, words: words[word] ?? 0, crc: words[word + 1] ?? 0 };
    parts.push(part);
    at += part.words * Uint32Array.BYTES_PER_ELEMENT;
  }
  const base = { bytes: oneNumber(bytes, bytesHigh), records: oneNumber(records, recordsHigh), headsCrc };
  return { base, parts, end: at };
}

function crcOfBaseHead(words: Uint32Array): number {
  return crc32(bytesOf(words.subarray(extentWords)), crc32(bytesOf(words.subarray(0, crcAt))));
}

/** The heads of all blocks that are whole, follow one another, and are within the documents' bytes. */
function readBlocks(fd: number, { base, end: from }: BaseHead, maxBytes: number): BlocksRead {
  const words = new Uint32Array(Math.max(0, fstatSync(fd).size - from) / Uint32Array.BYTES_PER_ELEMENT);
  readWhole(fd, bytesOf(words), from);
  let extent = base;
  let [at, length] = [0, 0];
  while (at < words.length) {
    const first = at + blockHeadWords;
    const heads = words.subarray(first, first + (words[at] ?? 0) * wordsPerHead);
    if (heads.length !== (words[at] ?? 0) * wordsPerHead) break;
    const next = extentWith(extent, heads);
    if (next.headsCrc !== words[at + 1] || next.bytes > maxBytes) break;
    extent = next;
    at = first + heads.length;
    // The heads move up to those before them.
    words.copyWithin(length, first, at);
    length += heads.length;
  }
  return { heads: words.subarray(0, length), extent, end: from + at * Uint32Array.BYTES_PER_ELEMENT };
}

interface BlocksRead {
  readonly heads: Uint32Array;
  readonly extent: Extent;
  /** Of the last block that counts, in the index. */
  readonly end: number;
}

function twoWords(value: number): readonly [number, number] {
  return [value % 2 ** 32, Math.floor(value / 2 ** 32)];
}

function oneNumber(low: number, high: number): number {
  return high * 2 ** 32 + low;
}
