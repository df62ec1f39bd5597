/**
 * What fails behind the log, so that each failure is told once however often it is tried again: when something begins to
 * fail, when it fails for another reason, and when all works again.
 */

/** Who may fail, and then tries again by itself. */
export type TroubledPart = "thread" | "log" | "loading" | "sealing" | "profiles";

/** Reasons that never are the same twice must not fill a disk either. */
const maxReasons = 20;

/** Which file it was, and which attempt, makes no other reason. */
const nameOrNumber = /'[^']*'|`[^`]*`|\d+/g;

export class Trouble {
  readonly #failing = new Map<TroubledPart, string>();
  readonly #told = new Set<string>();

  /** The last failure of whatever fails still; null while all is well. */
  get message(): string | null {
    return [...this.#failing.values()].at(-1) ?? null;
  }

  /** Whether this failure is to be told. */
  failed(part: TroubledPart, message: string): boolean {
    this.#failing.delete(part);
    this.#failing.set(part, message);
    const reason = message.replaceAll(nameOrNumber, "");
    const isNew = !this.#told.has(reason) && this.#told.size < maxReasons;
    if (isNew) this.#told.add(reason);
    return isNew;
  }

  /** Whether it is to be told that all works again. */
  works(...parts: readonly TroubledPart[]): boolean {
    const wasFailing = this.#failing.size > 0;
    for (const part of parts) this.#failing.delete(part);
    if (this.#failing.size > 0) return false;
    this.#told.clear();
    return wasFailing;
  }
}
