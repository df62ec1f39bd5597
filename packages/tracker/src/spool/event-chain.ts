import type { QueuedEvent } from "./queued-event.js";

const chunkEvents = 512;

interface Chunk {
  readonly slots: (QueuedEvent | undefined)[];
  next: Chunk | null;
}

function createChunk(): Chunk {
  return { slots: Array<QueuedEvent | undefined>(chunkEvents).fill(undefined), next: null };
}

/**
 * First in, first out, in a chain of fixed-size chunks: adding and taking cost the same however many events wait, and
 * chunks that have been read through are let go.
 */
export class EventChain {
  #head = createChunk();
  #tail = this.#head;
  #headIndex = 0;
  #tailIndex = 0;
  #count = 0;
  #bytes = 0;

  get count(): number {
    return this.#count;
  }

  /** Of the encoded events. */
  get bytes(): number {
    return this.#bytes;
  }

  add(queued: QueuedEvent): void {
    if (this.#tailIndex === chunkEvents) this.#grow();
    this.#tail.slots[this.#tailIndex] = queued;
    this.#tailIndex += 1;
    this.#count += 1;
    this.#bytes += queued.event.bytes.byteLength;
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
    this.#count -= 1;
    this.#bytes -= queued.event.bytes.byteLength;
    return queued;
  }

  #grow(): void {
    const chunk = createChunk();
    this.#tail.next = chunk;
    this.#tail = chunk;
    this.#tailIndex = 0;
  }
}
