/**
 * An append-only log of opaque records in one folder, written by one process at a time.
 *
 * (The format on disk and the full promises are described here by the implementation.)
 */
export interface Journal {
  /**
   * Takes a record, given in parts that are written one after the other, and returns its position. The bytes are
   * copied or written before the call's turn ends, so the caller may reuse them. Positions rise; after a failed commit
   * some are never used. Throws a `JournalError` (`too-large`, `full`, `suspended`, `closed`) and takes nothing then.
   */
  append(parts: readonly Uint8Array[]): number;
  /**
   * Resolves when the record at `position` and all before it are on stable storage (or handed to the operating system,
   * where `sync` is `"none"`). Rejects with a `JournalError` when the group that held it could not be written: the
   * record is not in the journal then, and the caller still has it. Callers of one group share one promise.
   */
  committed(position: number): Promise<void>;
  /** The position the next record gets. */
  readonly next: number;
  /** Every position below it is committed. */
  readonly durable: number;
  /** The oldest position that can still be read. */
  readonly first: number;
  /** Committed records from `from` on, in order, at most so many; never throws for damage: what is lost is named. */
  read(from: number, bounds: ReadBounds): Promise<ReadResult>;
  /** A named place in the journal that outlives the process. Records below every cursor may be deleted. */
  cursor(name: string): Promise<Cursor>;
  /** Names of all cursors, also of those nobody has asked for in this process. */
  cursors(): readonly string[];
  removeCursor(name: string): Promise<void>;
  status(): JournalStatus;
  /** Commits what was appended, stores the cursors and closes the files. Later appends throw `closed`. */
  close(): Promise<void>;
}

export interface JournalRecord {
  readonly position: number;
  /** A view that is the caller's: the journal never changes it. */
  readonly bytes: Uint8Array;
}

export interface ReadBounds {
  readonly maxRecords: number;
  /** Reading stops before the record that would exceed it; one record is always given. */
  readonly maxBytes: number;
}

export interface ReadResult {
  readonly records: readonly JournalRecord[];
  /** Where to read on: past the last record given, and past what was lost on the way. */
  readonly next: number;
  /** Positions that were committed once and cannot be read any more, with the reason. */
  readonly lost: readonly { readonly from: number; readonly to: number; readonly reason: "damaged" | "expired" }[];
}

export interface Cursor {
  readonly name: string;
  /** Everything below it is done with. */
  readonly position: number;
  /** What was given with the last `advance`: opaque, small (≤ 64 KiB), stored with the position in one step. */
  readonly memo: Uint8Array | null;
  /** Moves forward, never back; resolves when that is on stable storage. */
  advance(position: number, memo?: Uint8Array): Promise<void>;
}

export interface JournalStatus {
  /** `suspended`: the last write failed; appends are refused until a probe, at growing intervals, succeeds. */
  readonly state: "accepting" | "suspended" | "closed";
  /** Why it is suspended: `ENOSPC`, `EIO`, `EROFS`, …; null while it accepts. */
  readonly fault: string | null;
  readonly bytes: number;
  readonly segments: number;
  /** What opening found: bytes of a torn tail cut off, records lost to damage, segments put aside. */
  readonly recovered: {
    readonly tornBytes: number;
    readonly damagedRecords: number;
    readonly quarantinedSegments: number;
  };
}
