/** Every code, with what it means. docs/errors.md has exactly these; a code is never used for something else. */
export const errorCodes = {
  E_OPTION: "An option is missing, unknown or out of its bounds.",
  E_EVENT: "An event cannot be sent as it is: a field is missing, of the wrong type or too large.",
} as const;
export type ErrorCode = keyof typeof errorCodes;

const brand = Symbol.for("oncewire.TrackerError");

/** A mistake of the caller. What goes wrong with delivery is never thrown: it is reported. */
export class TrackerError extends Error {
  override readonly name = "TrackerError";
  readonly code: ErrorCode;
  /** The option or the field of the event that is wrong, such as `flushIntervalMs` or `properties.total`. */
  readonly field: string;

  constructor(code: ErrorCode, field: string, message: string) {
    super(message);
    this.code = code;
    this.field = field;
    Object.defineProperty(this, brand, { value: true });
  }

  /** True for a `TrackerError` of any installed copy of this library. */
  static is(value: unknown): value is TrackerError {
    return typeof value === "object" && value !== null && brand in value;
  }
}
