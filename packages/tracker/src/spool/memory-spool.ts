/**
 * Keeps events in memory, in a chain of fixed-size chunks: appending and taking cost the same however many events
 * wait, and chunks that have been read through are let go.
 */
import type { EncodedEvent } from "@oncewire/protocol";
import { QueuedEvent } from "./queued-event.js";
import type { Spool, SpoolBounds } from "./spool.js";

/**
 * What an event takes beside its encoded bytes: the objects that hold it, its id and its place in the queue. Measured
 * on 64-bit Node 20 and rounded up (bench/ compares it with the resident memory of a full queue).
 */
export const keepingCostBytes = 384;

const chunkEvents = 512;

interface Chunk {
  readonly slots: (QueuedEvent | undefined)[];
  next: Chunk | null;
}

function createChunk(): Chunk {
  return { slots: Array.from<QueuedEvent | undefined>({ length: chunkEvents }), next: null };
}

export class MemorySpool implements Spool {
  readonly #bounds: SpoolBounds;
  #head = createChunk();
  #tail = this.#head;
  #headIndex = 0;
  #tailIndex = 0;
  #events = 0;
  #bytes = 0;
  #waiting = 0;
  #waitingBytes = 0;

  constructor(bounds: SpoolBounds) {
    this.#bounds = bounds;
  }

  get events(): number {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  append(event: EncodedEvent, acceptedAtMs: number): QueuedEvent | null {
    const size = event.bytes.byteLength;
    const cost = size + keepingCostBytes;
    if (this.#events >= this.#bounds.maxQueueEvents || this.#bytes + cost > this.#bounds.maxQueueBytes) return null;
    const queued = new QueuedEvent(event, acceptedAtMs);
    if (this.#tailIndex === chunkEvents) this.#grow();
    this.#tail.slots[this.#tailIndex] = queued;
    this.#tailIndex += 1;
    this.#events += 1;
    this.#bytes += cost;
    this.#waiting += 1;
    this.#waitingBytes += size;
    return queued;
  }

  peek(): QueuedEvent | undefined {
    if (this.#headIndex === chunkEvents && this.#head.next !== null) {
      this.#head = this.#head.next;
      this.#headIndex = 0;
    }
    return this.#head.slots[this.#headIndex];
  }

  take(): QueuedEvent | undefined {
    const queued = this.peek();
    if (queued === undefined) return undefined;
    this.#head.slots[this.#headIndex] = undefined;
    this.#headIndex += 1;
    this.#waiting -= 1;
    this.#waitingBytes -= queued.event.bytes.byteLength;
    return queued;
  }

  release(queued: QueuedEvent): void {
    this.#events -= 1;
    this.#bytes -= queued.event.bytes.byteLength + keepingCostBytes;
  }

  #grow(): void {
    const chunk = createChunk();
    this.#tail.next = chunk;
    this.#tail = chunk;
    this.#tailIndex = 0;
  }
}
