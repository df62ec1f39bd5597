/** One document as bytes in a file: a head of 16 bytes, then its name and itself as JSON. */
import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Document } from "./documents.js";
import type { NameHash } from "./offset-part.js";

/** Little-endian: length and CRC-32 of the JSON, hash of the name in two words. Length 0: the document was removed. */
export const recordHeadBytes = 16;

export interface RecordHead {
  readonly length: number;
  readonly crc: number;
  readonly hash: NameHash;
}

/** Cryptographic, since names hold what senders choose: nobody can aim at the document of another. */
export function hashOfName(name: string): NameHash {
  const digest = hash("md5", name, "binary");
  return [word(digest, 0), word(digest, 4)];
}

/** A 32-bit word, low byte first. */
function word(digest: string, at: number): number {
  const low = digest.charCodeAt(at) | (digest.charCodeAt(at + 1) << 8);
  return (low | (digest.charCodeAt(at + 2) << 16) | (digest.charCodeAt(at + 3) << 24)) >>> 0;
}

/** Records as bytes, one after the other, in memory that is used again. */
export class RecordBuffer {
  #bytes = Buffer.allocUnsafeSlow(minBufferBytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The records; overwritten by those that are added after `clear`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Null: the document was removed. */
  add(name: string, document: Document | null): RecordHead {
    const json = document === null ? "" : JSON.stringify([name, document]);
    const at = this.#length;
    this.#reserve(recordHeadBytes + json.length * maxBytesPerUnit);
    const length = json === "" ? 0 : this.#bytes.write(json, at + recordHeadBytes);
    const end = at + recordHeadBytes + length;
    const head = { length, crc: crc32(this.#bytes.subarray(at + recordHeadBytes, end)), hash: hashOfName(name) };
    this.#bytes.writeUInt32LE(length, at);
    this.#bytes.writeUInt32LE(head.crc, at + 4);
    this.#bytes.writeUInt32LE(head.hash[0], at + 8);
    this.#bytes.writeUInt32LE(head.hash[1], at + 12);
    this.#length = end;
    return head;
  }

  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > maxKeptBytes) this.#bytes = Buffer.allocUnsafeSlow(minBufferBytes);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + bytes));
    this.bytes.copy(larger);
    this.#bytes = larger;
  }
}

const minBufferBytes = 64 * 1024;
const maxKeptBytes = 4 * 1024 * 1024;
/** Of UTF-8 for one unit of UTF-16. */
const maxBytesPerUnit = 3;

export function readRecordHead(bytes: Buffer, at: number): RecordHead {
  return {
    length: bytes.readUInt32LE(at),
    crc: bytes.readUInt32LE(at + 4),
    hash: [bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 12)],
  };
}

/** Bytes of documents are not those that were written. */
export class DamagedDocument extends Error {
  override readonly name = "DamagedDocument";
}

export function isDamagedDocument(error: unknown): boolean {
  return error instanceof DamagedDocument;
}

/** Undefined where it is another name's. Throws a `DamagedDocument` where the bytes are not what was written. */
export function decodeDocument(head: RecordHead, json: Buffer, name: string): Document | undefined {
  const [held, document] = decodeNamed(head, json);
  return held === name ? document : undefined;
}

/** The document with its name. Throws as `decodeDocument`. */
export function decodeNamed(head: RecordHead, json: Buffer): readonly [string, Document] {
  if (json.length !== head.length || crc32(json) !== head.crc) {
    throw new DamagedDocument("a document must be as it was written, but its checksum does not match");
  }
  return JSON.parse(json.toString()) as [string, Document];
}
