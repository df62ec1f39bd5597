/**
 * Reading what may be damaged. Pure: bytes in, records and losses out.
 *
 * `Scan` reads one segment's bytes, window by window. Where a head or a payload does not check out it searches on, byte
 * by byte, for the next head of this segment with a position still to come; the positions between are lost, and named.
 * It never believes a length that has not been checked, and never gives a record whose checks fail.
 *
 * `arrange` makes the order of segments out of what a folder holds.
 */
import { crc32 } from "node:zlib";
import {
  claimedIndex,
  markSpacingBytes,
  maxRecordsPerSegment,
  readHead,
  recordHeadBytes,
  type JournalRecord,
  type Mark,
  type RecordHead,
} from "./record.js";
import { decodeSegmentHead, parseSegmentName, segmentHeadBytes, type SegmentHead } from "./segment.js";

/** Positions `from` up to, not including, `to`. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface ScanPlace {
  readonly salt: number;
  readonly base: number;
  /** Records from this position on are not wanted or do not count. */
  readonly end: number;
  /** Where the readable bytes end. */
  readonly limit: number;
}

export interface ScanBounds {
  /** Records before it are passed over, but checked: bytes missing from one move the next. */
  readonly from: number;
  readonly maxRecords: number;
  readonly maxBytes: number;
}

export type ScanStop =
  /** Give at least so many bytes from `offset` on. */
  { readonly kind: "more"; readonly bytes: number } | { readonly kind: "enough" } | { readonly kind: "end" };

export class Scan {
  readonly records: JournalRecord[] = [];
  readonly lost: Stretch[] = [];
  /** Where some of the records begin, a mark's spacing apart. */
  readonly marks: Mark[] = [];
  /** Where to look next, in the file. */
  offset: number;
  /** The position that comes next. */
  position: number;
  /** Where the last sound record ends, in the file. */
  soundEnd: number;
  readonly #place: ScanPlace;
  readonly #bounds: ScanBounds;
  #limit: number;
  #searching = false;
  #markedAt: number;
  #taken = 0;
  #takenBytes = 0;

  constructor(place: ScanPlace, start: Mark, bounds: ScanBounds) {
    this.#place = place;
    this.#bounds = bounds;
    this.#limit = place.limit;
    this.offset = start.offset;
    this.soundEnd = start.offset;
    this.#markedAt = start.offset;
    this.position = start.position;
  }

  /** The file ends before its limit. */
  endsAt(offset: number): void {
    this.#limit = Math.min(this.#limit, offset);
  }

  /** Reads on in `window`, which holds the file's bytes from `start` on; `start` is at or before `offset`. */
  feed(window: Buffer, start: number): ScanStop {
    for (;;) {
      if (this.position >= this.#place.end) return { kind: "end" };
      if (this.#limit - this.offset < recordHeadBytes) return this.#finish();
      if (this.offset - start + recordHeadBytes > window.length) return { kind: "more", bytes: recordHeadBytes };
      const stop = this.#searching ? this.#search(window, start) : this.#step(window, start);
      if (stop !== null) return stop;
    }
  }

  /** Forgets the records given so far: for who only wants to know where they end. */
  dropRecords(): void {
    this.records.length = 0;
  }

  #finish(): ScanStop {
    if (Number.isFinite(this.#place.end)) this.#lose(this.#place.end);
    return { kind: "end" };
  }

  #step(window: Buffer, start: number): ScanStop | null {
    const at = this.offset - start;
    const head = readHead(window, at, this.#place.salt);
    if (head === null || !this.#isDue(head)) return this.#searchFrom(this.offset + 1);
    const position = this.#place.base + head.index;
    const bytes = recordHeadBytes + head.length;
    if (at + bytes > window.length) return { kind: "more", bytes };
    const payload = window.subarray(at + recordHeadBytes, at + bytes);
    if (crc32(payload) !== head.crc) return this.#searchFrom(this.offset + recordHeadBytes);
    const isWanted = position >= this.#bounds.from;
    if (isWanted && this.#isEnough(head.length)) return { kind: "enough" };
    this.#accept(position, bytes);
    if (isWanted) this.#take({ position, bytes: payload });
    return null;
  }

  /** Whether a head that checks out may stand here: it fits into the file, and its position is still to come. */
  #isDue(head: RecordHead): boolean {
    const position = this.#place.base + head.index;
    const room = this.#limit - this.offset - recordHeadBytes;
    return position >= this.position && position < this.#place.end && head.length <= room;
  }

  #searchFrom(offset: number): null {
    this.#searching = true;
    this.offset = offset;
    return null;
  }

  #search(window: Buffer, start: number): ScanStop | null {
    const last = Math.min(window.length, this.#limit - start) - recordHeadBytes;
    const lowest = this.position - this.#place.base;
    // No more records can lie ahead than heads would fit: rules out nearly every offset before its check is computed.
    const highest = lowest + (this.#limit - this.soundEnd) / recordHeadBytes;
    for (let at = this.offset - start; at <= last; at += 1) {
      const index = claimedIndex(window, at);
      if (index < lowest || index > highest) continue;
      this.offset = start + at;
      const head = readHead(window, at, this.#place.salt);
      if (head === null || !this.#isDue(head)) continue;
      this.#searching = false;
      return null;
    }
    this.offset = Math.max(this.offset, start + last + 1);
    return null;
  }

  #accept(position: number, bytes: number): void {
    this.#lose(position);
    if (this.offset - this.#markedAt >= markSpacingBytes) {
      this.#markedAt = this.offset;
      this.marks.push({ position, offset: this.offset });
    }
    this.offset += bytes;
    this.soundEnd = this.offset;
    this.position = position + 1;
  }

  #lose(to: number): void {
    const from = Math.max(this.position, this.#bounds.from);
    if (from < to) this.lost.push({ from, to });
    this.position = Math.max(this.position, to);
  }

  #isEnough(bytes: number): boolean {
    if (this.#taken >= this.#bounds.maxRecords) return true;
    return this.#taken > 0 && this.#takenBytes + bytes > this.#bounds.maxBytes;
  }

  #take(record: JournalRecord): void {
    this.records.push(record);
    this.#taken += 1;
    this.#takenBytes += record.bytes.byteLength;
  }
}

/** A file with a segment's extension, as it was found. */
export interface FoundFile {
  readonly name: string;
  /** False for a symbolic link, a pipe and the like, which nobody opens. */
  readonly isFile: boolean;
  readonly bytes: number;
  readonly modifiedAtMs: number;
  /** The first 64 bytes, or what there is of them. */
  readonly head: Buffer;
}

export interface PlacedSegment {
  readonly name: string;
  readonly head: SegmentHead;
  readonly bytes: number;
  /** The header was damaged: the name had to tell. */
  readonly isDamaged: boolean;
}

export interface Arrangement {
  /** By position. */
  readonly segments: readonly PlacedSegment[];
  /** Files without a record: a crash or a failed write right after their creation. */
  readonly empty: readonly FoundFile[];
  /** Files to put aside: copies, and those of which neither header nor name makes sense. */
  readonly unreadable: readonly FoundFile[];
  /** Left where they are: links, pipes, and segments of a later release. */
  readonly foreign: readonly FoundFile[];
  /** Positions must go on at or behind this, so that those of segments nobody here can read are not given again. */
  readonly least: number;
}

export function arrange(found: readonly FoundFile[]): Arrangement {
  const empty: FoundFile[] = [];
  const unreadable: FoundFile[] = [];
  const foreign: FoundFile[] = [];
  const placed = new Map<number, { readonly file: FoundFile; readonly segment: PlacedSegment }>();
  let least = 0;
  for (const file of found) {
    const place = placeOf(file);
    switch (place.kind) {
      case "empty":
        empty.push(file);
        break;
      case "unreadable":
        unreadable.push(file);
        break;
      case "foreign":
        foreign.push(file);
        least = Math.max(least, place.least);
        break;
      case "segment": {
        const rival = placed.get(place.segment.head.base);
        const isBetter = rival === undefined || rank(place.segment) > rank(rival.segment);
        if (isBetter) placed.set(place.segment.head.base, { file, segment: place.segment });
        if (rival !== undefined) unreadable.push(isBetter ? rival.file : file);
      }
    }
  }
  const segments = [...placed.values()].map((entry) => entry.segment);
  segments.sort((left, right) => left.head.base - right.head.base);
  return { segments, empty, unreadable, foreign, least };
}

type Placing =
  | { readonly kind: "segment"; readonly segment: PlacedSegment }
  | { readonly kind: "foreign"; readonly least: number }
  | { readonly kind: "empty" | "unreadable" };

function placeOf(file: FoundFile): Placing {
  if (!file.isFile) return { kind: "foreign", least: 0 };
  const read = decodeSegmentHead(file.head);
  if (read.kind === "unknown-version") return { kind: "foreign", least: read.base + maxRecordsPerSegment };
  if (file.bytes <= segmentHeadBytes) return { kind: "empty" };
  if (read.kind === "head") {
    return { kind: "segment", segment: { name: file.name, head: read.head, bytes: file.bytes, isDamaged: false } };
  }
  const named = parseSegmentName(file.name);
  if (named === null) return { kind: "unreadable" };
  const head = { ...named, previousEnd: named.base, createdAtMs: file.modifiedAtMs };
  return { kind: "segment", segment: { name: file.name, head, bytes: file.bytes, isDamaged: true } };
}

/** Of two files that claim the same positions: a sound header, then the right name, then the longer one. */
function rank(segment: PlacedSegment): number {
  const named = parseSegmentName(segment.name);
  const isNamedRight = named !== null && named.base === segment.head.base && named.salt === segment.head.salt;
  return (segment.isDamaged ? 0 : 2 ** 52) + (isNamedRight ? 2 ** 51 : 0) + segment.bytes;
}
