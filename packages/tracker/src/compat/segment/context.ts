import type { SegmentEvent } from "./event.js";

/** What callbacks and listeners are given: the event, and whether it could not be delivered. */
export class Context {
  readonly event: SegmentEvent;
  readonly #failure: Error | undefined;

  constructor(event: SegmentEvent, failure?: Error) {
    this.event = event;
    this.#failure = failure;
  }

  get id(): string {
    return this.event.messageId ?? "";
  }

  failedDelivery(): { readonly reason: Error } | undefined {
    return this.#failure === undefined ? undefined : { reason: this.#failure };
  }

  toJSON(): { readonly id: string; readonly event: SegmentEvent } {
    return { id: this.id, event: this.event };
  }
}
