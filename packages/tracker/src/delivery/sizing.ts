import type { QueuedEvent } from "../spool/queued-event.js";
import { payloadBytes, smallerPayload, type BatchLimits } from "./batcher.js";
import type { Destination } from "./destination.js";

/** How large a destination's requests may be: as its wire says, and as it has taught us by answering 413. */
export class Sizing {
  #limits: BatchLimits;

  constructor({ encoder }: Destination, maxBatchEvents: number) {
    this.#limits = {
      maxEvents: Math.min(maxBatchEvents, encoder.limits.maxBatchEvents),
      maxBytes: encoder.limits.maxBatchBytes,
      maxPayloadBytes: Infinity,
      overheadBytes: (events) => encoder.overheadBytes(events),
    };
  }

  get limits(): BatchLimits {
    return this.#limits;
  }

  /** These events were too much for one request. */
  shrink(events: readonly QueuedEvent[]): void {
    this.#set(Math.min(this.#limits.maxPayloadBytes, smallerPayload(payloadBytes(events))));
  }

  /** One event that is too large alone explains why every batch with it was: the others need not stay that small. */
  unlearn(event: readonly QueuedEvent[]): void {
    this.#set(Math.max(this.#limits.maxPayloadBytes, payloadBytes(event) - 1));
  }

  #set(maxPayloadBytes: number): void {
    this.#limits = { ...this.#limits, maxPayloadBytes };
  }
}
