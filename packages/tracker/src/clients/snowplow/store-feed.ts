/**
 * Brings events from an event store to the engine, one batch after the other, and tells the store what has become of
 * them. A store that throws harms nobody: what it did not take is dropped, and what it did not give is asked for again.
 */
import type { Payload } from "@oncewire/protocol/snowplow";
import type { EventHandle, EventResult } from "../../handle.js";
import type { Runtime, Timer } from "../../runtime.js";
import type { EventStore } from "./event-store.js";

export interface StoreFeedParts {
  readonly store: EventStore;
  /** Hands an event to the engine. */
  readonly send: (payload: Payload) => EventHandle;
  /** Tells the engine that what it was handed has waited already. */
  readonly hurry: () => void;
  /** Books an event for which the store has no room. */
  readonly drop: (id: string) => EventHandle;
  readonly batchSize: number;
  readonly intervalMs: number;
  readonly runtime: Runtime;
}

export class StoreFeed {
  readonly #parts: StoreFeedParts;
  /** Who wants to know how an event ended, by its id. */
  readonly #watchers = new Map<string, (result: EventResult) => void>();
  readonly #adding = new Set<Promise<void>>();
  #pulling: Promise<void> | null = null;
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(parts: StoreFeedParts) {
    this.#parts = parts;
    // What an earlier process left in the store waits for nobody.
    this.#pullLater();
  }

  /** Puts the event into the store. */
  add(payload: Payload): EventHandle {
    const id = payload["eid"] ?? "";
    const handle = new StoredHandle(id);
    this.#watch(handle);
    const adding = this.#add(payload, handle);
    this.#adding.add(adding);
    void adding.then(() => this.#adding.delete(adding));
    return handle;
  }

  /** Resolves when what is in the store now has been taken out and has ended, or could not be taken out. */
  async flush(): Promise<void> {
    await Promise.all(this.#adding);
    await this.#pull();
  }

  /** Takes nothing more out. Resolves when the store has been told of all that was; the rest is left to it. */
  async stop(engineClosed: Promise<unknown>): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = null;
    await engineClosed;
    await this.#pulling;
    for (const end of this.#watchers.values()) end(leftToStore);
    this.#watchers.clear();
  }

  /** A store may lose events without a word: whoever waits for them is let go when there are too many. */
  #watch({ id, end }: StoredHandle): void {
    this.#watchers.set(id, end);
    if (this.#watchers.size <= maxWatched) return;
    for (const [oldest, letGo] of this.#watchers) {
      this.#watchers.delete(oldest);
      return letGo(forgotten);
    }
  }

  async #add(payload: Payload, handle: StoredHandle): Promise<void> {
    const { store, drop, batchSize } = this.#parts;
    if (!(await answered(() => store.addEvent(payload), false))) {
      this.#watchers.delete(handle.id);
      handle.refuse();
      return void drop(handle.id).delivered.then(handle.end);
    }
    const waiting = await answered(() => store.size(), batchSize);
    if (waiting >= batchSize) void this.#pull();
    else this.#pullLater();
  }

  /** The process is held: what waits in the store is on its way out by then. */
  #pullLater(): void {
    const { runtime, intervalMs } = this.#parts;
    this.#setTimer((pull) => runtime.holdFor(intervalMs, pull));
  }

  /** The process is not held: what could not be sent has had its time, and the end of the process may be why. */
  #pullAgain(): void {
    const { runtime, intervalMs } = this.#parts;
    this.#setTimer((pull) => runtime.after(intervalMs, pull));
  }

  #setTimer(start: (pull: () => void) => Timer): void {
    if (this.#isStopped) return;
    this.#timer ??= start(() => {
      this.#timer = null;
      void this.#pull();
    });
  }

  /** One at a time, so that a store never has two batches out. */
  #pull(): Promise<void> {
    this.#pulling ??= this.#pullAll().finally(() => {
      this.#pulling = null;
    });
    return this.#pulling;
  }

  async #pullAll(): Promise<void> {
    const { store } = this.#parts;
    while (!this.#isStopped) {
      // oxlint-disable-next-line no-await-in-loop -- batches go one after the other
      const batch = await answered<readonly Payload[]>(() => store.getEventsBatch(), []);
      if (batch.length === 0) return;
      // oxlint-disable-next-line no-await-in-loop -- as above
      if (!(await this.#send(batch))) return this.#pullAgain();
    }
  }

  /** False where something has to be sent again. */
  async #send(batch: readonly Payload[]): Promise<boolean> {
    const { store, send, hurry } = this.#parts;
    const handles = batch.map((payload) => send(payload));
    hurry();
    const results = await Promise.all(handles.map(({ delivered }) => delivered));
    const again = batch.filter((_, index) => isToRetry(results[index]));
    const ended = batch.filter((_, index) => !isToRetry(results[index]));
    if (ended.length > 0) await answered(() => store.cleanup(ended, false), undefined);
    if (again.length > 0) await answered(() => store.cleanup(again, true), undefined);
    for (const [index, { eid = "" }] of batch.entries()) {
      const result = results[index];
      if (result === undefined || isToRetry(result)) continue;
      this.#watchers.get(eid)?.(result);
      this.#watchers.delete(eid);
    }
    return again.length === 0;
  }
}

const maxWatched = 100_000;
const forgotten: EventResult = { delivered: false, destinations: { store: { kind: "forgotten" } } };
const leftToStore: EventResult = { delivered: false, destinations: { store: { kind: "kept" } } };

/** Of what was dropped, what was not the event's fault and can be mended by trying again. */
const mendable: readonly string[] = ["queue-full", "closed", "exit"];

function isToRetry(result: EventResult | undefined): boolean {
  if (result === undefined) return false;
  return Object.values(result.destinations).some((end) => end.kind === "dropped" && mendable.includes(end.reason));
}

async function answered<T>(ask: () => T | Promise<T>, otherwise: T): Promise<T> {
  try {
    return await ask();
  } catch {
    return otherwise;
  }
}

/** An event that waits in a store. It is as durable as the store. */
class StoredHandle implements EventHandle {
  readonly id: string;
  readonly delivered: Promise<EventResult>;
  readonly end: (result: EventResult) => void;
  #isAccepted = true;

  constructor(id: string) {
    this.id = id;
    let resolve: (result: EventResult) => void = () => undefined;
    this.delivered = new Promise((settle) => {
      resolve = settle;
    });
    this.end = resolve;
  }

  get accepted(): boolean {
    return this.#isAccepted;
  }

  get durable(): Promise<boolean> {
    return this.delivered.then(({ delivered }) => delivered);
  }

  refuse(): void {
    this.#isAccepted = false;
  }
}
