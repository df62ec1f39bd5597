/**
 * Whether workers still answer. A process that ends is noticed by itself; one whose event loop stands still is not, and
 * would keep its connections and be given new ones. So each is asked for a sign of life at every check. What counts is the
 * checks in a row that it let pass, and not the time: whoever was suspended together with it, or was busy for long, comes
 * late to its own check, and a late check counts against nobody.
 */
import type { Runtime } from "../runtime.js";

const checkEveryMs = 1_000;
/** A check so much later than it was due counts for nothing. */
const lateMs = checkEveryMs;
/** Whoever has let so many pass in a row is silent, and in the end lost. */
const silentChecks = 5;
const lostChecks = 30;

/** How long nothing has been heard of a worker that is silent, and of one that is lost. */
export const silentMs: number = silentChecks * checkEveryMs;
export const lostMs: number = lostChecks * checkEveryMs;

export interface PulseParts {
  /** Asks for a sign of life. */
  readonly ask: () => void;
  readonly onSilent: () => void;
  /** Something was heard of one that was silent. */
  readonly onBack: () => void;
  /** Called once: there is no hope any more. */
  readonly onLost: () => void;
}

export class Pulse {
  readonly #parts: PulseParts;
  #isAsked = false;
  #missedChecks = 0;

  constructor(parts: PulseParts) {
    this.#parts = parts;
  }

  get isSilent(): boolean {
    return this.#missedChecks >= silentChecks;
  }

  /** A sign of life: the answer, or anything else that it has said. */
  heard(): void {
    const wasSilent = this.isSilent;
    this.#isAsked = false;
    this.#missedChecks = 0;
    if (wasSilent) this.#parts.onBack();
  }

  /** Asks, unless the last question is still open: then it has let a check pass. */
  check(isLate: boolean): void {
    if (!this.#isAsked) {
      this.#isAsked = true;
      return this.#parts.ask();
    }
    if (isLate) return undefined;
    this.#missedChecks += 1;
    if (this.#missedChecks === silentChecks) this.#parts.onSilent();
    if (this.#missedChecks === lostChecks) this.#parts.onLost();
    return undefined;
  }
}

/** Calls `check` again and again until it is told to end. */
export function everyCheck(
  runtime: Pick<Runtime, "after" | "monotonicMs">,
  check: (isLate: boolean) => void,
): () => void {
  let cancel: () => void = () => {};
  const next = (): void => {
    const dueMs = runtime.monotonicMs() + checkEveryMs;
    cancel = runtime.after(checkEveryMs, () => {
      const isLate = runtime.monotonicMs() > dueMs + lateMs;
      next();
      check(isLate);
    });
  };
  next();
  return () => cancel();
}
