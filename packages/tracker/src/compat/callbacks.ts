/** The callbacks of calls whose libraries have one per event: each is called once, when its event has ended. */
import type { EventHandle, EventResult } from "../handle.js";
import type { EventEnd } from "../report.js";

export class Callbacks {
  readonly #pending = new Set<Promise<void>>();

  /** Calls `callback` when the event has ended. */
  add(handle: EventHandle, callback: (result: EventResult) => unknown): void {
    const called = this.#callWhenEnded(handle, callback);
    this.#pending.add(called);
    void called.then(() => this.#pending.delete(called));
  }

  /** Resolves when all callbacks of events that have been added so far have been called. */
  async called(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #callWhenEnded(handle: EventHandle, callback: (result: EventResult) => unknown): Promise<void> {
    const result = await handle.delivered;
    attempt(() => callback(result));
  }
}

/** What a callback does wrong is its own affair: neither its error nor its rejection goes further. */
export function attempt(callback: () => unknown): void {
  try {
    void Promise.resolve(callback()).catch(() => undefined);
  } catch {
    // As above.
  }
}

/** Undefined for what was delivered, and for what was not to be sent. */
export function failureOf({ destinations }: EventResult): Error | undefined {
  return Object.values(destinations)
    .map(errorOf)
    .find((error) => error !== undefined);
}

function errorOf(end: EventEnd): Error | undefined {
  switch (end.kind) {
    case "delivered":
    case "kept":
      return undefined;
    case "rejected":
      return new Error(end.detail);
    case "dropped":
      return end.reason === "disabled" ? undefined : new Error(`the event was dropped: ${end.reason}`);
    case "forgotten":
      return new Error("how the event ended is not known any more");
  }
}
