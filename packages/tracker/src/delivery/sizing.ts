import type { QueuedEvent } from "../spool/queued-event.js";
import { payloadBytes, smallerPayload, type BatchLimits } from "./batcher.js";
import type { Destination } from "./destination.js";

/** A limit may be lifted again; finding out costs one request. */
const rememberedMs = 3_600_000;

/** How large a destination's requests may be: as its wire says, and as it has taught us by answering 413. */
export class Sizing {
  readonly #limits: BatchLimits;
  #learned: { readonly maxPayloadBytes: number; readonly untilMs: number } | null = null;

  constructor({ encoder }: Destination, maxBatchEvents: number) {
    this.#limits = {
      maxEvents: Math.min(maxBatchEvents, encoder.limits.maxBatchEvents),
      maxBytes: encoder.limits.maxBatchBytes,
      maxPayloadBytes: Infinity,
      overheadBytes: (events) => encoder.overheadBytes(events),
    };
  }

  isFull(events: number, bytes: number): boolean {
    return events >= this.#limits.maxEvents || bytes >= this.#limits.maxBytes;
  }

  /** `nowMs` is monotonic. */
  limits(nowMs: number): BatchLimits {
    if (this.#learned === null) return this.#limits;
    if (nowMs < this.#learned.untilMs) return { ...this.#limits, maxPayloadBytes: this.#learned.maxPayloadBytes };
    this.#learned = null;
    return this.#limits;
  }

  /** These events were too much for one request. */
  shrink(events: readonly QueuedEvent[], nowMs: number): void {
    const { maxPayloadBytes } = this.limits(nowMs);
    const smaller = Math.min(maxPayloadBytes, smallerPayload(payloadBytes(events)));
    this.#learned = { maxPayloadBytes: smaller, untilMs: nowMs + rememberedMs };
  }
}
