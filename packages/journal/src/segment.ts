/**
 * A segment is one file: 64 bytes of header, then records. It is written by one process from its creation until it is
 * full or abandoned, and never written again. Its name, `<first position>-<salt>.log`, repeats what reading needs, so
 * that records outlive their header.
 *
 *     0  magic "oncewire"
 *     8  u32  version, 1
 *    12  u32  salt: random, keys the checks of this segment's records
 *    16  u64  base: position of the first record
 *    24  u64  previous end: the records before this segment end here. From it up to base no position was ever
 *             committed; what an abandoned segment still holds of them does not count.
 *    32  f64  created, in milliseconds since the epoch
 *    40  zeros
 *    60  u32  CRC-32 of the 60 bytes above
 */
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { writeFully, type File, type FileSystem } from "./files.js";
import { markSpacingBytes, type Mark } from "./record.js";

export const segmentHeadBytes = 64;
export const segmentVersion = 1;
/** Beyond it positions would stop being exact numbers. */
const maxBase = 2 ** 52;
const magic = Buffer.from("oncewire", "latin1");
const namePattern = /^(\d{16})-([0-9a-f]{8})\.log$/;

export interface SegmentHead {
  readonly base: number;
  readonly salt: number;
  readonly previousEnd: number;
  readonly createdAtMs: number;
}

export type ReadSegmentHead =
  | { readonly kind: "head"; readonly head: SegmentHead }
  /** Written by a later release: sound, but not to be read or touched by this one. */
  | { readonly kind: "unknown-version"; readonly base: number }
  | { readonly kind: "damaged" };

export function encodeSegmentHead(head: SegmentHead): Buffer {
  const bytes = Buffer.alloc(segmentHeadBytes);
  magic.copy(bytes);
  bytes.writeUInt32LE(segmentVersion, 8);
  bytes.writeUInt32LE(head.salt, 12);
  bytes.writeBigUInt64LE(BigInt(head.base), 16);
  bytes.writeBigUInt64LE(BigInt(head.previousEnd), 24);
  bytes.writeDoubleLE(head.createdAtMs, 32);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
  return bytes;
}

export function decodeSegmentHead(bytes: Buffer): ReadSegmentHead {
  if (bytes.byteLength < segmentHeadBytes || !bytes.subarray(0, magic.length).equals(magic)) return { kind: "damaged" };
  if (bytes.readUInt32LE(60) !== crc32(bytes.subarray(0, 60))) return { kind: "damaged" };
  const base = Number(bytes.readBigUInt64LE(16));
  if (base > maxBase) return { kind: "damaged" };
  if (bytes.readUInt32LE(8) !== segmentVersion) return { kind: "unknown-version", base };
  const salt = bytes.readUInt32LE(12);
  const previousEnd = Number(bytes.readBigUInt64LE(24));
  return { kind: "head", head: { base, salt, previousEnd, createdAtMs: bytes.readDoubleLE(32) } };
}

export function segmentName(place: { readonly base: number; readonly salt: number }): string {
  return `${String(place.base).padStart(16, "0")}-${place.salt.toString(16).padStart(8, "0")}.log`;
}

/** What the name says, for a segment whose header is damaged; null where it is no segment's name. */
export function parseSegmentName(name: string): { readonly base: number; readonly salt: number } | null {
  const parts = namePattern.exec(name);
  if (parts === null || Number(parts[1]) > maxBase) return null;
  return { base: Number(parts[1]), salt: Number.parseInt(parts[2] ?? "", 16) };
}

/** Creates the file, its header and its name on stable storage; after a failure nothing of it is left, if possible. */
export async function createSegmentFile(files: FileSystem, directory: string, head: SegmentHead): Promise<File> {
  const path = join(directory, segmentName(head));
  const file = await files.open(path, "create");
  try {
    await writeFully(file, [encodeSegmentHead(head)], 0);
    await file.sync();
    await files.syncDirectory(directory);
    return file;
  } catch (error) {
    await file.close().catch(ignored);
    await files.remove(path).catch(ignored);
    throw error;
  }
}

/** Ends the file after so many bytes, on stable storage. */
export async function cutOff(files: FileSystem, path: string, bytes: number): Promise<void> {
  const file = await files.open(path, "update");
  try {
    if ((await file.bytes()) > bytes) await file.truncate(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** For a clean-up after a failure that is reported already; what stays behind is found at the next opening. */
const ignored = (): void => undefined;

/** What this process knows of a segment. */
export class Segment {
  readonly head: SegmentHead;
  name: string;
  /** Readable bytes, header included: what is committed. */
  bytes: number;
  /** Its positions end here: where the next segment says so, or after its last committed record. */
  end: number;
  /** Rising, the first at the header's end. */
  readonly #marks: Mark[];
  /** Its name had to say what its header should. */
  isHeadDamaged = false;
  /** Its file is being deleted, or was to be and could not. */
  isGoing = false;
  /** Lost stretches by where they end, so that reading them again does not count them again. */
  readonly #holes = new Map<number, number>();

  constructor(head: SegmentHead, found: { readonly name: string; readonly bytes: number; readonly end: number }) {
    this.head = head;
    this.name = found.name;
    this.bytes = found.bytes;
    this.end = found.end;
    this.#marks = [{ position: head.base, offset: segmentHeadBytes }];
  }

  /** The last mark at or before `position`. */
  markFor(position: number): Mark {
    let low = 0;
    let high = this.#marks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#marks[middle]?.position ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return this.#marks[low] ?? { position: this.head.base, offset: segmentHeadBytes };
  }

  /** Remembers a record's place if it is far enough from the last one remembered. */
  mark(position: number, offset: number): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && offset - last.offset < markSpacingBytes) return;
    this.#marks.push({ position, offset });
  }

  /** Remembers a lost stretch; the records it adds to what is known to be lost. */
  lose(from: number, to: number): number {
    const known = this.#holes.get(to);
    if (known !== undefined && known <= from) return 0;
    this.#holes.set(to, from);
    return (known ?? to) - from;
  }

  get isDamaged(): boolean {
    return this.isHeadDamaged || this.#holes.size > 0;
  }
}

/** The segments of a journal, by position. */
export class SegmentList {
  readonly #segments: Segment[] = [];
  #bytes = 0;

  /** At the end: segments come in the order of their positions. */
  add(segment: Segment): void {
    this.#segments.push(segment);
    this.#bytes += segment.bytes;
  }

  remove(segment: Segment): void {
    const at = this.#segments.indexOf(segment);
    if (at < 0) return;
    this.#segments.splice(at, 1);
    this.#bytes -= segment.bytes;
  }

  /** Records up to `end` were committed to a segment of the list. */
  grow(segment: Segment, bytes: number, end: number): void {
    segment.bytes += bytes;
    segment.end = end;
    this.#bytes += bytes;
  }

  has(segment: Segment): boolean {
    return this.#segments.includes(segment);
  }

  get all(): readonly Segment[] {
    return this.#segments;
  }

  get first(): Segment | undefined {
    return this.#segments[0];
  }

  get count(): number {
    return this.#segments.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The first segment that ends behind `position`: the one that holds it, or the next one after a gap. */
  holding(position: number): Segment | undefined {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#segments[middle]?.end ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return this.#segments[low];
  }
}
