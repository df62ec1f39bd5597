/** One thing that is wrong with a value, said so that whoever sent it can mend it. */
export interface Problem {
  /** Where: a path into the value, such as `properties.items[3].price`; empty for the value itself. */
  readonly path: string;
  /** What kind of problem, from the closed list of whoever reports it. */
  readonly code: string;
  /** What was expected, what came, what to do. Never holds a key, and of the value at most a short excerpt. */
  readonly message: string;
}

/** A value, or everything that is wrong with what was given. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: Problems };

/** At least one problem. */
export type Problems = readonly [Problem, ...Problem[]];

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function failed<T>(first: Problem, ...more: Problem[]): Result<T> {
  return { ok: false, problems: [first, ...more] };
}
