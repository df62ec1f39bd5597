const brand = Symbol.for("oncewire.store-error");

/** Every reason for which the store refuses or fails. A code is never reused for something else. */
export const storeErrorCodes = [
  "invalid-option",
  "invalid-query",
  "folder-unusable",
  "write-failed",
  "engine-unavailable",
  "engine-failed",
  "sql-refused",
  "sql-failed",
  "sql-timeout",
  "closed",
] as const;
export type StoreErrorCode = (typeof storeErrorCodes)[number];

/** What went wrong in the store: `code` for programs, the message for people, `cause` where another error began it. */
export class StoreError extends Error {
  static {
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Recognises the error also when two copies of the package are loaded. */
export function isStoreError(value: unknown): value is StoreError {
  return typeof value === "object" && value !== null && brand in value;
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
