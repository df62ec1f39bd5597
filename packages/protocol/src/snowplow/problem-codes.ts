/** Every reason for which an event is refused, before sending or on arrival. */
export const problemCodes = [
  "not-an-event",
  "unknown-type",
  "missing-field",
  "wrong-type",
  "too-long",
  "too-large",
  "unknown-key",
  "wrong-format",
  "invalid-schema",
  "schema-violation",
  "unknown-schema",
  "invalid-json",
  "invalid-base64",
  "too-deep",
  "no-event-code",
  "unknown-event-code",
  "no-self-describing",
  "empty-request",
  "wrong-envelope",
  "unknown-adapter",
] as const;
export type ProblemCode = (typeof problemCodes)[number];

/** Why something that came in is not an event. */
export interface Fault {
  readonly kind: "bad";
  readonly code: ProblemCode;
  readonly message: string;
}

export function fault(code: ProblemCode, message: string): Fault {
  return { kind: "bad", code, message };
}

/** A value as a message may show it. */
export function excerpt(text: string): string {
  return text.length > 40 ? `"${text.slice(0, 40)}…"` : `"${text}"`;
}
