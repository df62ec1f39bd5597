/**
 * Which events go next. Events are taken in the order in which they came, except that one user's events are never in
 * two requests at once: while a batch holds a user's lane, his later events are held back, and others go ahead.
 *
 * Invariants: a lane's events leave in the order in which they came. An event is looked at once in the spool and, if it
 * was held back, once more when it leaves, so what an event costs does not depend on how many wait. At most
 * `maxHeldBack` events are held back; then nothing further is looked at until some have left.
 */
import type { QueuedEvent } from "../spool/queued-event.js";
import type { Spool } from "../spool/spool.js";
import { emptyBatch, fits, withEvent, type BatchLimits, type BatchSize } from "./batcher.js";

const maxHeldBack = 4096;

class Lane {
  /** The batch that holds the lane; null when it is free. */
  holder: readonly QueuedEvent[] | null = null;
  #heldBack: QueuedEvent[] = [];
  #first = 0;

  get isEmpty(): boolean {
    return this.#first === this.#heldBack.length;
  }

  get next(): QueuedEvent | undefined {
    return this.#heldBack[this.#first];
  }

  hold(event: QueuedEvent): void {
    this.#heldBack.push(event);
  }

  takeNext(): void {
    this.#first += 1;
    if (!this.isEmpty) return;
    this.#heldBack = [];
    this.#first = 0;
  }

  takeAll(): readonly QueuedEvent[] {
    return this.#heldBack.splice(0).slice(this.#first);
  }
}

export class Queue {
  readonly #spool: Spool;
  /** Lanes that are held by a batch or hold events back; all others need no record. */
  readonly #lanes = new Map<string, Lane>();
  /** Free lanes that hold events back, in the order in which they became free. */
  readonly #free = new Set<Lane>();
  #heldBack = 0;

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  /** The event that has waited longest of those that could go now, as far as is cheap to tell. */
  get oldest(): QueuedEvent | undefined {
    for (const lane of this.#free) return lane.next;
    return this.#spool.peek();
  }

  /** Whether events that were held back can go now. They have waited before, and need not wait for more. */
  get hasFreeLanes(): boolean {
    return this.#free.size > 0;
  }

  /** The next batch within `limits`; empty when all that waits is held back. Its lanes are held until `release`. */
  takeBatch(limits: BatchLimits): QueuedEvent[] {
    const batch: QueuedEvent[] = [];
    const size = this.#takeHeldBack(batch, limits);
    if (size !== null) this.#takeFresh(batch, size, limits);
    return batch;
  }

  /** Ends a batch's hold on its lanes. */
  release(batch: readonly QueuedEvent[]): void {
    for (const { event } of batch) {
      const lane = this.#lanes.get(event.lane);
      if (lane === undefined || lane.holder !== batch) continue;
      lane.holder = null;
      if (lane.isEmpty) this.#lanes.delete(event.lane);
      else this.#free.add(lane);
    }
  }

  /** Takes out the events that could go now and came before `beforeMs`, from the oldest on. */
  takeOlder(beforeMs: number): QueuedEvent[] {
    const older: QueuedEvent[] = [];
    for (const lane of this.#free) {
      for (let event = lane.next; event !== undefined && event.acceptedAtMs < beforeMs; event = lane.next) {
        older.push(event);
        lane.takeNext();
        this.#heldBack -= 1;
        if (lane.isEmpty) this.#forget(lane, event.event.lane);
      }
    }
    for (
      let event = this.#spool.peek();
      event !== undefined && event.acceptedAtMs < beforeMs;
      event = this.#spool.peek()
    ) {
      older.push(event);
      this.#spool.take();
    }
    return older;
  }

  /** Takes out everything that waits. */
  takeAll(): QueuedEvent[] {
    const all: QueuedEvent[] = [];
    for (const [name, lane] of this.#lanes) {
      all.push(...lane.takeAll());
      if (lane.holder === null) this.#lanes.delete(name);
    }
    this.#free.clear();
    this.#heldBack = 0;
    for (let event = this.#spool.take(); event !== undefined; event = this.#spool.take()) all.push(event);
    return all;
  }

  /** Null when the batch is full. */
  #takeHeldBack(batch: QueuedEvent[], limits: BatchLimits): BatchSize | null {
    let size = emptyBatch;
    for (const lane of this.#free) {
      for (let event = lane.next; event !== undefined; event = lane.next) {
        if (!fits(size, event.event.bytes.byteLength, limits)) return null;
        size = withEvent(size, event.event.bytes.byteLength);
        batch.push(event);
        lane.takeNext();
        lane.holder = batch;
        this.#heldBack -= 1;
        this.#free.delete(lane);
      }
    }
    return size;
  }

  #takeFresh(batch: QueuedEvent[], taken: BatchSize, limits: BatchLimits): void {
    let size = taken;
    for (let event = this.#spool.peek(); event !== undefined; event = this.#spool.peek()) {
      const lane = this.#lanes.get(event.event.lane);
      if (lane !== undefined && lane.holder !== batch) {
        if (this.#heldBack === maxHeldBack) return;
        this.#spool.take();
        lane.hold(event);
        this.#heldBack += 1;
        continue;
      }
      if (!fits(size, event.event.bytes.byteLength, limits)) return;
      size = withEvent(size, event.event.bytes.byteLength);
      this.#spool.take();
      batch.push(event);
      if (lane === undefined) this.#occupy(event.event.lane, batch);
    }
  }

  #forget(lane: Lane, name: string): void {
    this.#free.delete(lane);
    this.#lanes.delete(name);
  }

  #occupy(name: string, batch: readonly QueuedEvent[]): void {
    const lane = new Lane();
    lane.holder = batch;
    this.#lanes.set(name, lane);
  }
}
