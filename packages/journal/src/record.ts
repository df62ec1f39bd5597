/**
 * One record on disk: 16 bytes of head, then the payload as it was given.
 *
 *     0  u32  length of the payload in bytes
 *     4  u32  index: the record's position minus the segment's first position
 *     8  u32  CRC-32 of the payload
 *    12  u32  check over the three words above, keyed with the segment's salt
 *
 * All numbers are little endian. The check stands on its own, so that a head can be believed before its payload is
 * read: a length that passes may be allocated for, a damaged payload costs one record, and the search for the next
 * head after damage looks at 16 bytes at a time. The salt is random and known only to the segment: bytes that a caller
 * put into a payload cannot pass for a record.
 */
export const recordHeadBytes = 16;

/** An index has 32 bits. */
export const maxRecordsPerSegment: number = 2 ** 32;

export interface RecordHead {
  readonly length: number;
  readonly index: number;
  readonly crc: number;
}

export function writeHead(target: Buffer, at: number, head: RecordHead & { readonly salt: number }): void {
  target.writeUInt32LE(head.length, at);
  target.writeUInt32LE(head.index, at + 4);
  target.writeUInt32LE(head.crc, at + 8);
  target.writeUInt32LE(check(head, head.salt), at + 12);
}

/** The head at `at`, or null where the 16 bytes there are none of this segment's. */
export function readHead(bytes: Buffer, at: number, salt: number): RecordHead | null {
  const head = { length: bytes.readUInt32LE(at), index: bytes.readUInt32LE(at + 4), crc: bytes.readUInt32LE(at + 8) };
  return bytes.readUInt32LE(at + 12) === check(head, salt) ? head : null;
}

/** The index that a head at `at` would claim; cheap, for the search after damage. */
export function claimedIndex(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4);
}

/** MurmurHash3 (32 bits) of the three words, with the salt as its seed: each bit of each moves every bit of it. */
function check(head: RecordHead, salt: number): number {
  let hash = mix(mix(mix(salt, head.length), head.index), head.crc) ^ 12;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mix(hash: number, word: number): number {
  let scrambled = Math.imul(word, 0xcc9e2d51);
  scrambled = Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  const turned = hash ^ scrambled;
  return Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64;
}

export interface JournalRecord {
  readonly position: number;
  /** A view that is the caller's: the journal never changes it. */
  readonly bytes: Uint8Array;
}

/** A known place in a file or a group: the record at `position` begins at `offset`. */
export interface Mark {
  readonly position: number;
  readonly offset: number;
}

/** Between two marks, so that reading from any position looks at no more than this before it. */
export const markSpacingBytes: number = 64 * 1024;
