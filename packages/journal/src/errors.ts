/** Every code a `JournalError` can carry; a code is never given another meaning. */
export const journalErrorCodes = [
  /** The record exceeds `maxRecordBytes`; smaller ones are taken. */
  "too-large",
  /** The journal holds `maxBytes`; there is room again once segments are read and acknowledged. */
  "full",
  /** The last write failed; the journal tries again by itself. `fields.fault` says why. */
  "suspended",
  /** `close` was called. */
  "closed",
  /** Another living process has the folder. `fields.pid` names it. */
  "locked",
  /** The folder cannot be used at all: no permission, a file or a symbolic link in its place, an unreadable disk. */
  "unusable",
  /** The operating system could not read a segment just now; nothing is known to be lost, read again later. */
  "unreadable",
  /** A cursor could not be stored or removed. It holds for this process and is stored again by itself. */
  "unsaved",
] as const;

export type JournalErrorCode = (typeof journalErrorCodes)[number];

const brand = Symbol.for("oncewire.journal-error");

export interface JournalErrorDetails {
  readonly cause?: unknown;
  readonly fields?: Readonly<Record<string, string | number>>;
}

/** What a journal throws and rejects with, apart from `TypeError` and `RangeError` for a mistaken argument. */
export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly code: JournalErrorCode;
  /** The figures and names in the message, for programs. */
  readonly fields: Readonly<Record<string, string | number>>;

  constructor(code: JournalErrorCode, message: string, details: JournalErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.fields = details.fields ?? {};
    Object.defineProperty(this, brand, { value: true });
  }

  /** Also true for an error that another copy of this package made. */
  static is(value: unknown): value is JournalError {
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** The operating system's name for what went wrong (`ENOSPC`, `EIO`), or `UNKNOWN`. */
export function faultOf(error: unknown): string {
  const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "UNKNOWN";
}

/** Whether a failed read says that the file is no longer there to be read, rather than not now. */
export function isGone(error: unknown): boolean {
  return ["ENOENT", "ELOOP", "ENXIO", "EISDIR", "ENOTDIR"].includes(faultOf(error));
}
