/**
 * Reading committed records by position. Each read is one pass over windows of a segment's bytes, from the nearest
 * known place on; where a read ended is remembered, so that reading on begins exactly there.
 */
import { join } from "node:path";
import { JournalError, faultOf } from "./errors.js";
import { readFully, type File, type FileSystem } from "./files.js";
import { recordHeadBytes, type JournalRecord } from "./record.js";
import { Scan, type ScanBounds, type Stretch } from "./recovery.js";
import type { Segment } from "./segment.js";

export interface SegmentReading {
  readonly records: readonly JournalRecord[];
  readonly lost: readonly Stretch[];
  /** Where to read on: past the last record given, and past what was lost before the end. */
  readonly next: number;
  /** The file's bytes up to here are sound; what follows is no whole record. */
  readonly soundEnd: number;
}

const minWindowBytes = 16 * 1024;
const maxWindowBytes = 1024 * 1024;
const maxOpenFiles = 4;
const maxPlaces = 16;

interface OpenFile {
  readonly segment: Segment;
  readonly file: Promise<File>;
  users: number;
}

export class SegmentReader {
  readonly #files: FileSystem;
  readonly #directory: string;
  /** Least recently used first. */
  #open: OpenFile[] = [];
  /** Where recent reads ended: position → offset, per segment. */
  readonly #places = new Map<Segment, Map<number, number>>();

  constructor(files: FileSystem, directory: string) {
    this.#files = files;
    this.#directory = directory;
  }

  /** Reads in one segment. Rejects as the file system does, where the file cannot be opened or read. */
  async read(segment: Segment, bounds: ScanBounds): Promise<SegmentReading> {
    const scan = this.#scanOf(segment, bounds);
    await this.#run(segment, scan, clampWindow(bounds.maxBytes));
    this.#remember(segment, scan);
    return {
      records: scan.records,
      lost: scan.lost,
      next: Math.max(scan.position, bounds.from),
      soundEnd: scan.soundEnd,
    };
  }

  /** Checks a whole segment without keeping its records. */
  async verify(segment: Segment): Promise<SegmentReading> {
    const scan = this.#scanOf(segment, { from: segment.head.base, maxRecords: Infinity, maxBytes: Infinity });
    await this.#run(segment, scan, maxWindowBytes);
    this.#remember(segment, scan);
    return { records: [], lost: scan.lost, next: scan.position, soundEnd: scan.soundEnd };
  }

  /** The segment is gone. */
  async forget(segment: Segment): Promise<void> {
    this.#places.delete(segment);
    const open = this.#open.filter((entry) => entry.segment === segment);
    this.#open = this.#open.filter((entry) => entry.segment !== segment);
    await Promise.all(open.filter((entry) => entry.users === 0).map(closeFile));
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = [];
    await Promise.all(open.filter((entry) => entry.users === 0).map(closeFile));
  }

  #scanOf(segment: Segment, bounds: ScanBounds): Scan {
    const { salt, base } = segment.head;
    const offset = this.#places.get(segment)?.get(bounds.from);
    const start = offset === undefined ? segment.markFor(bounds.from) : { position: bounds.from, offset };
    return new Scan({ salt, base, end: segment.end, limit: segment.bytes }, start, bounds);
  }

  async #run(segment: Segment, scan: Scan, windowBytes: number): Promise<void> {
    const limit = segment.bytes;
    const open = this.#acquire(segment);
    try {
      const file = await open.file;
      let wanted = windowBytes;
      for (;;) {
        const start = scan.offset;
        const target = Buffer.allocUnsafeSlow(Math.max(0, Math.min(wanted, limit - start)));
        const window = await readFully(file, target, start);
        if (window.length < target.length) scan.endsAt(start + window.length);
        const stop = scan.feed(window, start);
        if (stop.kind !== "more") return;
        wanted = Math.max(windowBytes, stop.bytes);
      }
    } finally {
      await this.#release(open);
    }
  }

  #acquire(segment: Segment): OpenFile {
    const known = this.#open.find((entry) => entry.segment === segment);
    const open = known ?? { segment, file: this.#files.open(join(this.#directory, segment.name), "read"), users: 0 };
    this.#open = [...this.#open.filter((entry) => entry !== open), open];
    open.users += 1;
    return open;
  }

  async #release(open: OpenFile): Promise<void> {
    open.users -= 1;
    const isBroken = await open.file.then(
      () => false,
      () => true,
    );
    if (isBroken) this.#open = this.#open.filter((entry) => entry !== open);
    const idle = this.#open.find((entry) => entry.users === 0);
    if (this.#open.length > maxOpenFiles && idle !== undefined) {
      this.#open = this.#open.filter((entry) => entry !== idle);
      await closeFile(idle);
    }
    if (open.users === 0 && !this.#open.includes(open) && open !== idle) await closeFile(open);
  }

  #remember(segment: Segment, scan: Scan): void {
    for (const mark of scan.marks) segment.mark(mark.position, mark.offset);
    if (scan.offset !== scan.soundEnd) return;
    const places = this.#places.get(segment) ?? new Map<number, number>();
    this.#places.set(segment, places);
    places.delete(scan.position);
    places.set(scan.position, scan.offset);
    const oldest = places.keys().next();
    if (places.size > maxPlaces && oldest.done === false) places.delete(oldest.value);
  }
}

export function unreadable(segment: Segment, cause: unknown): JournalError {
  const fault = faultOf(cause);
  const message = `Segment ${segment.name} could not be read (${fault}); nothing is known to be lost, read again later`;
  return new JournalError("unreadable", message, { cause, fields: { fault, segment: segment.name } });
}

function clampWindow(maxBytes: number): number {
  const wanted = maxBytes + recordHeadBytes;
  return Math.max(minWindowBytes, Math.min(maxWindowBytes, Number.isFinite(wanted) ? wanted : maxWindowBytes));
}

async function closeFile(open: OpenFile): Promise<void> {
  await open.file.then((file) => file.close()).catch(() => undefined);
}
