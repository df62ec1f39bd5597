const brand = Symbol.for("oncewire.collector-error");

/** Every code a `CollectorError` can have; docs/errors.md explains each. Codes are never reused. */
export const collectorErrorCodes = [
  "invalid-option",
  "unknown-option",
  "port-in-use",
  "address-unavailable",
  "data-not-writable",
  "data-in-use",
  "not-running",
  "log-incomplete",
  "worker-failed",
] as const;
export type CollectorErrorCode = (typeof collectorErrorCodes)[number];

/** A mistake of whoever runs the collector: an option, a port, a folder. The message says what to do. */
export class CollectorError extends Error {
  static {
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  readonly code: CollectorErrorCode;

  constructor(code: CollectorErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "CollectorError";
    this.code = code;
  }
}

/** Recognises the error also when two copies of the package are loaded. */
export function isCollectorError(value: unknown): value is CollectorError {
  return typeof value === "object" && value !== null && brand in value;
}
