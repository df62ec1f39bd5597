/**
 * The heads of records that follow one another, as words: what a file of documents is without the documents. They say
 * where each document is, and their checksum is that of the file's whole history.
 */
import { crc32 } from "node:zlib";
import { recordHeadBytes } from "./document-record.js";
import type { RecordHead } from "./document-record.js";
import { bytesOf } from "./file-bytes.js";
import type { NameHash } from "./offset-part.js";

/** In the order of the file: length, CRC-32, hash of the name. */
export const wordsPerHead = 4;

export class RecordHeads {
  #words = new Uint32Array(minHeads * wordsPerHead);
  #length = 0;

  /** Of all heads; the same memory as long as nothing is added. */
  get words(): Uint32Array {
    return this.#words.subarray(0, this.#length);
  }

  add({ length, crc, hash }: RecordHead): void {
    const at = this.#length;
    if (at === this.#words.length) {
      const larger = new Uint32Array(at * 2);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[at] = length;
    this.#words[at + 1] = crc;
    this.#words[at + 2] = hash[0];
    this.#words[at + 3] = hash[1];
    this.#length = at + wordsPerHead;
  }
}

const minHeads = 1_024;

/** What of a file of documents is spoken of: its beginning, up to the end of some record. */
export interface Extent {
  readonly bytes: number;
  readonly records: number;
  /** CRC-32 of all heads. */
  readonly headsCrc: number;
}

export const noRecords: Extent = { bytes: 0, records: 0, headsCrc: 0 };

/** The extent that these heads are the next of. */
export function extentWith(extent: Extent, heads: Uint32Array): Extent {
  // The CRC-32 that goes on with nothing would begin anew.
  if (heads.length === 0) return extent;
  const records = heads.length / wordsPerHead;
  let bytes = extent.bytes + records * recordHeadBytes;
  for (let at = 0; at < heads.length; at += wordsPerHead) bytes += heads[at] ?? 0;
  return { bytes, records: extent.records + records, headsCrc: crc32(bytesOf(heads), extent.headsCrc) };
}

/** Tells of each record what its name's hash is, and where it begins; null where it says that there is no document. */
export function eachPlace(heads: Uint32Array, from: number, take: (hash: NameHash, at: number | null) => void): void {
  let offset = from;
  for (let at = 0; at < heads.length; at += wordsPerHead) {
    const length = heads[at] ?? 0;
    take([heads[at + 2] ?? 0, heads[at + 3] ?? 0], length === 0 ? null : offset);
    offset += recordHeadBytes + length;
  }
}
