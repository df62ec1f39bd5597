import { messageOf, StoreError } from "./store-error.js";
import type { TableName } from "./tables.js";

/**
 * The list of sealed files: what is in it is in the store, and nothing else. A segment holds one range of the accept
 * log, all of it: its events and its bad events, or nothing where the range brought nothing new.
 *
 * Segments are in the order of the log and never overlap. Where there is a gap between them, a file was lost; the
 * store's position is the start of the first gap, so the reader of the log comes by again and the gap is filled, while
 * everything that is already covered is passed over.
 */
export interface Manifest {
  /** Positions below it have been let go by retention, and count as covered. */
  readonly first: number;
  readonly segments: readonly Segment[];
}

/** The log positions from `from` up to, not including, `to`. */
export interface LogRange {
  readonly from: number;
  readonly to: number;
}

export interface Segment extends LogRange {
  /** By the clock, when the newest of it was sealed. */
  readonly sealedAtMs: number;
  readonly files: Readonly<Partial<Record<TableName, SealedFile>>>;
}

export interface SealedFile {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  /** CRC-32 of the whole file, and of its footer alone, which is quick to check. */
  readonly crc: number;
  readonly footerCrc: number;
  /** What the rows were as lines of text, or nearly: what it takes to have them in memory. */
  readonly unpackedBytes: number;
  /** Milliseconds; of `time` for events, of `received_at` for bad events; null where no row has one. */
  readonly minTimeMs: number | null;
  readonly maxTimeMs: number | null;
}

export const emptyManifest: Manifest = { first: 0, segments: [] };

/** Where the first position that no segment covers is, at or after `from`. */
export function firstGap(manifest: Manifest, from: number = manifest.first): number {
  let position = Math.max(from, manifest.first);
  for (const segment of manifest.segments) {
    if (segment.from > position) return position;
    position = Math.max(position, segment.to);
  }
  return position;
}

/** Where the gap that begins at `position` ends: at the next segment, or nowhere. */
export function gapEnd(manifest: Manifest, position: number): number {
  for (const segment of manifest.segments) if (segment.from >= position) return segment.from;
  return Infinity;
}

/** With the segment in its place. Two neighbours that hold nothing become one. */
export function withSegment(manifest: Manifest, added: Segment): Manifest {
  const segments = manifest.segments.toSpliced(insertionIndex(manifest, added), 0, added);
  return { ...manifest, segments: joinEmptyNeighbours(segments) };
}

/** With `replacement` where those segments, which are neighbours, were. */
export function withReplaced(manifest: Manifest, replaced: readonly Segment[], replacement: Segment): Manifest {
  const segments = manifest.segments.filter((segment) => !replaced.includes(segment));
  return withSegment({ ...manifest, segments }, replacement);
}

/** Without the segment: its range is a gap from now on. */
export function withoutSegment(manifest: Manifest, removed: Segment): Manifest {
  return { ...manifest, segments: manifest.segments.filter((segment) => segment !== removed) };
}

/** Without the segments below `first`, for ever: their range counts as covered. */
export function withFirst(manifest: Manifest, first: number): Manifest {
  return { first, segments: manifest.segments.filter(({ from }) => from >= first) };
}

export function countRows(manifest: Manifest, table: TableName): number {
  return manifest.segments.reduce((sum, segment) => sum + (segment.files[table]?.rows ?? 0), 0);
}

/** The files of the segments: of one table, or of both. */
export function sealedFiles(segments: readonly Segment[], table?: TableName): readonly SealedFile[] {
  if (table === undefined) return segments.flatMap((segment) => Object.values(segment.files));
  return segments.flatMap((segment) => segment.files[table] ?? []);
}

/** 16 digits hold every safe integer, and make names sort as the log does. */
export function sealedFileName(prefix: string, range: LogRange): string {
  return `${prefix}-${String(range.from).padStart(16, "0")}-${String(range.to).padStart(16, "0")}.parquet`;
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify({ version: 1, ...manifest }, null, 1)}\n`;
}

/** Throws a StoreError where the text is not a whole manifest of this version. */
export function parseManifest(text: string): Manifest {
  const value = parseJson(text);
  if (!isRecord(value) || value["version"] !== 1) throw damaged("version 1 is expected");
  const { first, segments } = value;
  if (!isPosition(first)) throw damaged("`first` must be a log position");
  if (!Array.isArray(segments) || !segments.every(isSegment)) throw damaged("`segments` must be a list of segments");
  let end = first;
  for (const segment of segments) {
    if (segment.from < end) throw damaged(`the segment from ${segment.from} overlaps the one before it`);
    end = segment.to;
  }
  return { first, segments };
}

function insertionIndex(manifest: Manifest, added: Segment): number {
  const index = manifest.segments.findIndex((segment) => segment.from >= added.to);
  return index === -1 ? manifest.segments.length : index;
}

function joinEmptyNeighbours(segments: readonly Segment[]): readonly Segment[] {
  const joined: Segment[] = [];
  for (const segment of segments) {
    const last = joined.at(-1);
    if (last !== undefined && last.to === segment.from && isEmpty(last) && isEmpty(segment)) {
      joined[joined.length - 1] = { ...segment, from: last.from };
    } else joined.push(segment);
  }
  return joined;
}

function isEmpty(segment: Segment): boolean {
  return Object.keys(segment.files).length === 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(messageOf(error));
  }
}

function damaged(reason: string): StoreError {
  return new StoreError("folder-unusable", `manifest.json must list the sealed files of this store: ${reason}`);
}

function isSegment(value: unknown): value is Segment {
  if (!isRecord(value) || !isPosition(value["from"]) || !isPosition(value["to"])) return false;
  const { files, sealedAtMs } = value;
  return (
    value["from"] < value["to"] &&
    typeof sealedAtMs === "number" &&
    isRecord(files) &&
    Object.values(files).every(isSealedFile)
  );
}

function isSealedFile(value: unknown): value is SealedFile {
  if (!isRecord(value) || typeof value["name"] !== "string" || !fileNamePattern.test(value["name"])) return false;
  const { rows, bytes, crc, footerCrc, unpackedBytes, minTimeMs, maxTimeMs } = value;
  if (![rows, bytes, crc, footerCrc, unpackedBytes].every(isPosition)) return false;
  return isOptionalTime(minTimeMs) && isOptionalTime(maxTimeMs);
}

/** Names go into queries, so nothing else is ever accepted from the file. */
const fileNamePattern = /^(?:events|bad)-\d{16}-\d{16}\.parquet$/;

function isOptionalTime(value: unknown): value is number | null {
  return value === null || typeof value === "number";
}

function isPosition(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
