/**
 * What a request turned out to hold. It is read twice: before the answer, where only the number of its events and the
 * reply count, and from the accept log, where only the events do. Each part is made by the reader who wants it.
 */
import type { BadEvent, CanonicalEvent } from "./event.js";
import type { WireResponse } from "./http.js";

export interface Decoded {
  /** How many events there are: the length of `events`, known without making them. */
  readonly count: number;
  /** Made when first asked for. */
  readonly events: readonly CanonicalEvent[];
  /** The JSON of parts of each event, where it came as such and need not be written again. Made when asked for. */
  readonly texts?: readonly EventTexts[] | null;
  readonly bad: readonly BadEvent[];
  /** The answer that this vendor's SDKs expect. Made when first asked for. */
  readonly reply: WireResponse;
}

/** Parts of an event as JSON. */
export interface EventTexts {
  readonly wire: string;
  /** Null where it has to be written. */
  readonly properties: string | null;
}

export interface DecodedParts {
  readonly count: number;
  readonly bad: readonly BadEvent[];
  readonly events: () => readonly CanonicalEvent[];
  readonly texts?: (events: readonly CanonicalEvent[]) => readonly EventTexts[] | null;
  readonly reply: () => WireResponse;
}

/** Of a request whose every event has been found good or bad; `events` and `reply` are called once at most. */
export function decoded(parts: DecodedParts): Decoded {
  return new LazilyDecoded(parts);
}

/** A class, because getters of an object literal are made anew with each object, which costs more than an event. */
class LazilyDecoded implements Decoded {
  readonly count: number;
  readonly bad: readonly BadEvent[];
  readonly #parts: DecodedParts;
  #events: readonly CanonicalEvent[] | null = null;
  #reply: WireResponse | null = null;

  constructor(parts: DecodedParts) {
    this.count = parts.count;
    this.bad = parts.bad;
    this.#parts = parts;
  }

  get events(): readonly CanonicalEvent[] {
    return (this.#events ??= this.#parts.events());
  }

  get texts(): readonly EventTexts[] | null {
    return this.#parts.texts?.(this.events) ?? null;
  }

  get reply(): WireResponse {
    return (this.#reply ??= this.#parts.reply());
  }
}
