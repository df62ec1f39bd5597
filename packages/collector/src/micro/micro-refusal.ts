/** Why a question gets no answer. Thrown within the API, and answered with its status. */
export class MicroRefusal extends Error {
  readonly status: 400 | 503;
  readonly code: "invalid-filter" | "not-settled" | "not-reset";

  constructor(status: MicroRefusal["status"], code: MicroRefusal["code"], message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The answer may be another in a moment. */
export function askAgain(code: "not-settled" | "not-reset", what: string, cause: unknown): MicroRefusal {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new MicroRefusal(503, code, `${what}; ask again: ${why}`);
}
