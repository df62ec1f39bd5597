/**
 * Where an emitter's events wait to be sent, if not in the engine's own queue: a database, say. An emitter takes a batch
 * out, sends it, and says then what has become of it; a store that keeps a batch until then loses nothing with the
 * process.
 */
import type { Payload } from "@oncewire/protocol/snowplow";

type Eventually<T> = T | Promise<T>;

export interface EventStore {
  /** False where there is no room: the event is dropped, and counted. */
  addEvent(payload: Payload): Eventually<boolean>;
  /** What is to be sent next, in its order; not given out again before `cleanup`. */
  getEventsBatch(): Eventually<readonly Payload[]>;
  /** These events need no sending any more, or have to be given out again. */
  cleanup(batch: readonly Payload[], needRetry: boolean): Eventually<void>;
  /** Events that wait. */
  size(): Eventually<number>;
}

export interface InMemoryEventStoreOptions {
  /** Events that may wait; one that comes when there are as many is refused. @default 10000 */
  readonly bufferCapacity?: number | undefined;
}

/** A list in memory. */
export class InMemoryEventStore implements EventStore {
  readonly #bufferCapacity: number;
  #events: Payload[] = [];

  constructor({ bufferCapacity = 10_000 }: InMemoryEventStoreOptions = {}) {
    this.#bufferCapacity = bufferCapacity;
  }

  addEvent(payload: Payload): boolean {
    if (this.#events.length >= this.#bufferCapacity) return false;
    this.#events.push(payload);
    return true;
  }

  getEventsBatch(): readonly Payload[] {
    const batch = this.#events;
    this.#events = [];
    return batch;
  }

  /** What has to be sent again goes before what came meanwhile; it was let in, and is let in again. */
  cleanup(batch: readonly Payload[], needRetry: boolean): void {
    if (needRetry) this.#events = [...batch, ...this.#events];
  }

  size(): number {
    return this.#events.length;
  }
}
