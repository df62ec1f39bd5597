/**
 * The session of the process's current user: begun or continued by `init`, gone on with by events, and under another id
 * where the reply to `init` says so. Users of a scope, and of `forUser`, have theirs from the scope or from the collector:
 * a process that serves many cannot tell when it last saw each.
 */
import { continueVisit, touchVisit, type Moment, type Visit } from "../../context/visit.js";

/** How far what the storage says of a session may lag: a thirtieth of the pause that ends one. */
const saveEveryMs = 60_000;
/** Nothing but time ends a visit between two inits, so one that was seen so lately need not be judged again. */
const freshMs = 1_000;

export class Sessions {
  #uuid: string | null = null;
  #visit: Visit | null = null;
  #savedMs = -Infinity;
  /** When the visit was last judged to go on. */
  #seenMs = -Infinity;
  /** The id of the init whose reply may name the session otherwise. */
  #asked: string | null = null;

  /** What the storage knows, before anything else is known. */
  restore(uuid: string, visit: Visit | null): void {
    [this.#uuid, this.#visit] = [uuid, visit];
  }

  /** The visit that an init of the user would go on with or begin. */
  next(uuid: string, moment: Moment): Visit {
    return continueVisit(this.#of(uuid), moment);
  }

  /** `initId` is of the call that says so. */
  begin(uuid: string, visit: Visit, initId: string): void {
    [this.#uuid, this.#visit, this.#asked] = [uuid, visit, initId];
    this.#seenMs = Date.parse(visit.lastSeenAt);
  }

  /** The session that an event of the user belongs to now; null where it is over, or another user's. */
  current(uuid: unknown, nowMs: number): Visit | null {
    const visit = this.#of(uuid);
    if (visit === null || (nowMs >= this.#seenMs && nowMs - this.#seenMs < freshMs)) return visit;
    return touchVisit(visit, nowMs);
  }

  /** Notes that the user was seen; true when the storage should know by now. */
  touch(visit: Visit): boolean {
    if (visit === this.#visit) return false;
    this.#visit = visit;
    this.#seenMs = Date.parse(visit.lastSeenAt);
    return this.#seenMs - this.#savedMs >= saveEveryMs;
  }

  /** Whether there is more to know than was saved. */
  get isUnsaved(): boolean {
    return this.#visit !== null && Date.parse(this.#visit.lastSeenAt) > this.#savedMs;
  }

  /** What is to be kept with the user. */
  save(uuid: string): Visit | null {
    const visit = this.#of(uuid);
    if (visit !== null) this.#savedMs = Date.parse(visit.lastSeenAt);
    return visit;
  }

  get awaitsReply(): boolean {
    return this.#asked !== null;
  }

  /** The reply to an init: whether it named the session otherwise. Replies to inits before the last tell nothing. */
  answered(reply: { readonly id: string; readonly uuid: string; readonly sessionId: string }): boolean {
    if (reply.id !== this.#asked) return false;
    this.#asked = null;
    const visit = this.#of(reply.uuid);
    if (visit === null || visit.sessionId === reply.sessionId) return false;
    this.#visit = { ...visit, sessionId: reply.sessionId };
    return true;
  }

  #of(uuid: unknown): Visit | null {
    return uuid === this.#uuid ? this.#visit : null;
  }
}
