import type { EncodedEvent } from "@oncewire/protocol";
import type { SpoolBounds } from "./spool.js";

/**
 * What an event takes beside its encoded bytes: the objects that hold it, its id and its place in the queue. Measured
 * on 64-bit Node 20 and rounded up.
 */
export const keepingCostBytes = 384;

/** How much memory events take, and whether there is room for one more. */
export class Room {
  readonly #bounds: SpoolBounds;
  #events = 0;
  #bytes = 0;

  constructor(bounds: SpoolBounds) {
    this.#bounds = bounds;
  }

  get events(): number {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether less than half is taken. */
  get isRoomy(): boolean {
    return this.#events * 2 < this.#bounds.maxQueueEvents && this.#bytes * 2 < this.#bounds.maxQueueBytes;
  }

  isThereFor(event: EncodedEvent): boolean {
    return this.#events < this.#bounds.maxQueueEvents && this.#bytes + costOf(event) <= this.#bounds.maxQueueBytes;
  }

  enter(event: EncodedEvent): void {
    this.#events += 1;
    this.#bytes += costOf(event);
  }

  leave(event: EncodedEvent): void {
    this.#events -= 1;
    this.#bytes -= costOf(event);
  }
}

function costOf(event: EncodedEvent): number {
  return event.bytes.byteLength + keepingCostBytes;
}
