/** Keeps events in memory alone: they are gone with the process. */
import type { EncodedEvent } from "@oncewire/protocol";
import { EventChain } from "./event-chain.js";
import { QueuedEvent } from "./queued-event.js";
import { Room } from "./room.js";
import type { Spool, SpoolBounds } from "./spool.js";

export class MemorySpool implements Spool {
  readonly #room: Room;
  readonly #chain = new EventChain();
  readonly unread = 0;
  #isFull = false;

  constructor(bounds: SpoolBounds) {
    this.#room = new Room(bounds);
  }

  get events(): number {
    return this.#room.events;
  }

  get bytes(): number {
    return this.#room.bytes;
  }

  get waiting(): number {
    return this.#chain.count;
  }

  get waitingBytes(): number {
    return this.#chain.bytes;
  }

  get volatile(): number {
    return this.#room.events;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  append(event: EncodedEvent, acceptedAtMs: number): QueuedEvent | null {
    this.#isFull = !this.#room.isThereFor(event);
    if (this.#isFull) return null;
    this.#room.enter(event);
    const queued = new QueuedEvent(event, acceptedAtMs);
    this.#chain.add(queued);
    return queued;
  }

  peek(): QueuedEvent | undefined {
    return this.#chain.peek();
  }

  take(): QueuedEvent | undefined {
    return this.#chain.take();
  }

  release(queued: QueuedEvent): void {
    this.leave(queued);
  }

  leave(queued: QueuedEvent): void {
    this.#room.leave(queued.event);
    this.#isFull = false;
  }

  detach(): void {
    // There is nothing but what is in memory.
  }

  writeNow(): void {
    // There are no files.
  }

  async close(): Promise<void> {
    // There are no files.
  }
}
