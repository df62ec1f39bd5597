import type { EncodedEvent } from "@oncewire/protocol";
import type { Settlement } from "../report.js";

/** How something accepted will have ended: known at last, and once. */
export interface Fate {
  /** Whether the call that brought it was the end of it. */
  readonly endedAtCall: boolean;
  settled(): Promise<Settlement>;
}

/** A group of events that one `flush` waits for. */
export interface Epoch {
  pending: number;
}

/** One event on its way to one destination. */
export class QueuedEvent implements Fate {
  readonly event: EncodedEvent;
  /** Monotonic, whole. */
  readonly acceptedAtMs: number;
  epoch: Epoch | null = null;
  settlement: Settlement | null = null;
  #watchers: ((settlement: Settlement) => void)[] | null = null;

  constructor(event: EncodedEvent, acceptedAtMs: number) {
    this.event = event;
    this.acceptedAtMs = acceptedAtMs;
  }

  get endedAtCall(): boolean {
    return false;
  }

  /** Ends the event; whoever calls sees to it that this happens once. */
  settle(settlement: Settlement): void {
    this.settlement = settlement;
    const watchers = this.#watchers;
    this.#watchers = null;
    if (watchers !== null) for (const watch of watchers) watch(settlement);
  }

  settled(): Promise<Settlement> {
    if (this.settlement !== null) return Promise.resolve(this.settlement);
    return new Promise((resolve) => (this.#watchers ??= []).push(resolve));
  }
}
