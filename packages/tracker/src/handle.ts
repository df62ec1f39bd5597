import type { EventEnd } from "./report.js";
import type { Fate } from "./spool/queued-event.js";

/** How an event ended, at each of its destinations by name. */
export interface EventResult {
  /** Whether all of them have it. */
  readonly delivered: boolean;
  readonly destinations: Readonly<Record<string, EventEnd>>;
}

/** What a call returns: there is no need to keep it, and its promises never reject. */
export interface EventHandle {
  /** The event's id, at every destination. */
  readonly id: string;
  /** False when the event ended at the call: it was invalid, there was no room, or the tracker was closed. */
  readonly accepted: boolean;
  /**
   * True once a crash of this process cannot lose the event any more: with a spool as soon as it is on disk, else when
   * it is delivered. False when it ended before that.
   */
  readonly durable: Promise<boolean>;
  /** Resolves when the event has ended at every destination. */
  readonly delivered: Promise<EventResult>;
}

/** Promises are made when they are asked for, so that a handle nobody looks at costs little. */
export class LazyHandle implements EventHandle {
  readonly id: string;
  readonly #fates: readonly Fate[];
  readonly #destinations: readonly string[];
  #delivered: Promise<EventResult> | undefined;
  #durable: Promise<boolean> | undefined;

  constructor(id: string, fates: readonly Fate[], destinations: readonly string[]) {
    this.id = id;
    this.#fates = fates;
    this.#destinations = destinations;
  }

  get accepted(): boolean {
    return this.#fates.some(({ endedAtCall }) => !endedAtCall);
  }

  get delivered(): Promise<EventResult> {
    return (this.#delivered ??= this.#result());
  }

  get durable(): Promise<boolean> {
    return (this.#durable ??= this.#isDurable());
  }

  async #isDurable(): Promise<boolean> {
    const durable = await Promise.all(this.#fates.map((fate) => fate.durable()));
    return durable.every(Boolean);
  }

  async #result(): Promise<EventResult> {
    const settlements = await Promise.all(this.#fates.map((fate) => fate.settled()));
    const entries = settlements.map((settlement, index) => [this.#destinations[index] ?? "", settlement] as const);
    const delivered = settlements.every(({ kind }) => kind === "delivered");
    return { delivered, destinations: Object.fromEntries(entries) };
  }
}
