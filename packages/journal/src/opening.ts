/**
 * Taking stock of a folder: which segments there are, in which order, where the last one really ends. Nothing that can
 * be found here keeps a journal from opening; what is no good is cut off, put aside or left alone, and counted.
 */
import { join } from "node:path";
import { faultOf } from "./errors.js";
import { readFully, type DirectoryEntry, type FileSystem } from "./files.js";
import type { SegmentReader } from "./reader.js";
import { arrange, type Arrangement, type FoundFile, type PlacedSegment } from "./recovery.js";
import { cutOff, Segment, segmentHeadBytes, type SegmentList } from "./segment.js";

export interface Recovered {
  tornBytes: number;
  damagedRecords: number;
  quarantinedSegments: number;
  damagedCursors: number;
}

export interface Stock {
  readonly files: FileSystem;
  readonly directory: string;
  readonly reader: SegmentReader;
  readonly segments: SegmentList;
  /** Counted up on the way. */
  readonly recovered: Recovered;
}

export interface End {
  /** The position after the last record. */
  readonly end: number;
  /** Positions go on at or behind this: those before it may be in files that nobody here can read or remove. */
  readonly least: number;
}

/** Fills `segments`. */
export async function takeStock(stock: Stock, entries: readonly DirectoryEntry[]): Promise<End> {
  const inspected = await Promise.all(entries.filter(isSegment).map((entry) => inspect(stock, entry)));
  const arrangement = arrange(inspected.filter((file) => file !== null));
  await clearAway(stock, arrangement);
  const segments = arrangement.segments.map((place, index, places) => segmentAt(place, places[index + 1]));
  const { end, least } = await settleEnd(stock, segments);
  for (const segment of segments) stock.segments.add(segment);
  return { end, least: Math.max(least, arrangement.least) };
}

function isSegment(entry: DirectoryEntry): boolean {
  return entry.name.endsWith(".log");
}

function segmentAt(place: PlacedSegment, next: PlacedSegment | undefined): Segment {
  const end = next === undefined ? Infinity : Math.max(place.head.base, next.head.previousEnd);
  const segment = new Segment(place.head, { name: place.name, bytes: place.bytes, end });
  segment.isHeadDamaged = place.isDamaged;
  return segment;
}

/** Finds where the last segment ends. One without a record goes; then its header says where the one before it ends. */
async function settleEnd(stock: Stock, segments: Segment[]): Promise<End> {
  let least = 0;
  for (let last = segments.at(-1); last !== undefined; last = segments.at(-1)) {
    if (last.end !== Infinity) return { end: last.end, least };
    await checkTail(stock, last);
    if (last.end > last.head.base) return { end: last.end, least };
    segments.pop();
    const previous = segments.at(-1);
    if (last.isHeadDamaged) {
      await putAside(stock, last.name);
      if (previous !== undefined) previous.end = Infinity;
      continue;
    }
    // What stays has its first position for itself: two segments with the same one could not be told apart.
    if (!(await isRemoved(stock, last))) least = Math.max(least, last.head.base + 1);
    if (previous === undefined) return { end: last.head.previousEnd, least };
  }
  return { end: 0, least };
}

async function isRemoved({ files, directory }: Stock, { name }: Segment): Promise<boolean> {
  const fault = await files.remove(join(directory, name)).then(() => null, faultOf);
  return fault === null || fault === "ENOENT";
}

/** Checks the last segment whole. What follows its last sound record was never committed, or cannot be told from that. */
async function checkTail(stock: Stock, segment: Segment): Promise<void> {
  const reading = await stock.reader.verify(segment).catch(() => null);
  if (reading === null) {
    // The disk does not give it to us now; perhaps later. Until then it may hold this many records, and no more.
    segment.end = segment.head.base + segment.bytes;
    return;
  }
  segment.end = reading.next;
  const isEmpty = segment.end === segment.head.base;
  if (isEmpty && segment.isHeadDamaged) return;
  for (const hole of reading.lost) stock.recovered.damagedRecords += segment.lose(hole.from, hole.to);
  stock.recovered.tornBytes += segment.bytes - reading.soundEnd;
  await secure(stock, segment, reading.soundEnd);
  segment.bytes = reading.soundEnd;
}

/**
 * Cuts the tail off, and brings to stable storage what is left: a process that was killed may not have, and what is
 * read from now on must not go in a power cut. Where it fails, the next segment's header will say where this one ends.
 */
async function secure(stock: Stock, segment: Segment, bytes: number): Promise<void> {
  try {
    await cutOff(stock.files, join(stock.directory, segment.name), bytes);
  } catch {
    // Nothing was lost by it: the tail is not read.
  }
}

async function clearAway(stock: Stock, { empty, unreadable, foreign }: Arrangement): Promise<void> {
  for (const file of empty) {
    stock.recovered.tornBytes += Math.min(file.bytes, segmentHeadBytes);
    await stock.files.remove(join(stock.directory, file.name)).catch(ignored);
  }
  for (const file of unreadable) await putAside(stock, file.name);
  stock.recovered.quarantinedSegments += foreign.length;
}

async function putAside(stock: Stock, name: string): Promise<void> {
  stock.recovered.quarantinedSegments += 1;
  await quarantine(stock, name).catch(ignored);
}

/** Keeps a file for whoever wants to look into it, out of the journal's way. */
export async function quarantine(place: Pick<Stock, "files" | "directory">, name: string): Promise<void> {
  const path = join(place.directory, name);
  await place.files.rename(path, `${path}.damaged`);
}

/** Null where it is gone again. */
async function inspect(stock: Stock, entry: DirectoryEntry): Promise<FoundFile | null> {
  const unknown = { ...entry, isFile: false, bytes: 0, modifiedAtMs: 0, head: Buffer.alloc(0) };
  if (!entry.isFile) return unknown;
  const path = join(stock.directory, entry.name);
  try {
    const { bytes, modifiedAtMs } = await stock.files.stat(path);
    return { ...entry, bytes, modifiedAtMs, head: await readHeadOf(stock, path) };
  } catch (error) {
    return faultOf(error) === "ENOENT" ? null : { ...unknown, isFile: true, bytes: segmentHeadBytes + 1 };
  }
}

/** Empty where it cannot be read now: the name tells as much as is needed. */
async function readHeadOf(stock: Stock, path: string): Promise<Buffer> {
  try {
    const file = await stock.files.open(path, "read");
    try {
      return await readFully(file, Buffer.alloc(segmentHeadBytes), 0);
    } finally {
      await file.close();
    }
  } catch {
    return Buffer.alloc(0);
  }
}

/** For a clean-up that the next opening repeats. */
const ignored = (): void => undefined;
