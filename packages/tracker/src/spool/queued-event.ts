import type { EncodedEvent } from "@oncewire/protocol";
import type { EventEnd } from "../report.js";
import type { Appended } from "./spool.js";

/** How something accepted will have ended: known at last, and once. */
export interface Fate {
  /** Whether the call that brought it was the end of it. */
  readonly endedAtCall: boolean;
  settled(): Promise<EventEnd>;
  /** True once a crash of the process cannot lose it, false when it ended before that. */
  durable(): Promise<boolean>;
}

/** A group of events that one `flush` waits for. */
export interface Epoch {
  pending: number;
}

/** Where a journal has an event. */
export interface Place {
  readonly position: number;
  readonly source: PlaceKeeper;
}

export interface PlaceKeeper {
  /** The event at the position has ended. */
  settle(position: number, end: EventEnd): void;
}

/** One event on its way to one destination. */
export class QueuedEvent implements Fate, Appended {
  readonly event: EncodedEvent;
  /** Monotonic, whole. */
  readonly acceptedAtMs: number;
  /** Null for an event that is in memory alone. */
  place: Place | null = null;
  isDurable = false;
  /** What a `flush` waits for with this event; null once it need not. */
  epoch: Epoch | null = null;
  #end: EventEnd | null = null;
  #watchers: ((end: EventEnd | null) => void)[] | null = null;

  constructor(event: EncodedEvent, acceptedAtMs: number) {
    this.event = event;
    this.acceptedAtMs = acceptedAtMs;
  }

  get endedAtCall(): boolean {
    return false;
  }

  get fate(): Fate {
    return this;
  }

  get queued(): QueuedEvent {
    return this;
  }

  /** Ends the event; whoever calls sees to it that this happens once. */
  settle(end: EventEnd): void {
    this.#end = end;
    this.#tell(end);
  }

  /** The event is on stable storage. */
  persist(): void {
    if (this.isDurable || this.#end !== null) return;
    this.isDurable = true;
    this.#tell(null);
  }

  async settled(): Promise<EventEnd> {
    while (this.#end === null) await this.#change();
    return this.#end;
  }

  async durable(): Promise<boolean> {
    if (!this.isDurable && this.#end === null) await this.#change();
    return this.isDurable || this.#end?.kind === "delivered";
  }

  #change(): Promise<EventEnd | null> {
    return new Promise((resolve) => (this.#watchers ??= []).push(resolve));
  }

  #tell(end: EventEnd | null): void {
    const watchers = this.#watchers;
    this.#watchers = null;
    if (watchers !== null) for (const watch of watchers) watch(end);
  }
}
