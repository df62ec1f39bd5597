/** Event stores in the form of @snowplow/node-tracker: a list whose head is removed when it has been sent. */
import type { Payload as WirePayload } from "@oncewire/protocol/snowplow";
import type { EventStore } from "../../clients/snowplow.js";
import type { Payload } from "./payload-builder.js";

export interface EventStorePayload {
  readonly payload: Payload;
  readonly svrAnon?: boolean;
}

export interface EventStoreIterator {
  next(): Promise<{ readonly value: EventStorePayload | undefined; readonly done: boolean }>;
}

export interface NodeEventStore {
  /** Resolves with the number of events that are then there. */
  add(event: EventStorePayload): Promise<number>;
  count(): Promise<number>;
  removeHead(count: number): Promise<void>;
  iterator(): EventStoreIterator;
  getAll(): Promise<readonly EventStorePayload[]>;
  getAllPayloads(): Promise<readonly Payload[]>;
}

/** The oldest event is let go where there is no room for a new one. */
export function newInMemoryEventStore({
  maxSize = 1000,
  events = [],
}: {
  readonly maxSize?: number;
  readonly events?: readonly EventStorePayload[];
} = {}): NodeEventStore {
  let kept = [...events];
  return {
    add: async (event) => {
      kept = [...kept, event].slice(-maxSize);
      return kept.length;
    },
    count: async () => kept.length,
    removeHead: async (count) => {
      kept = kept.slice(count);
    },
    iterator: () => {
      const rest = kept.values();
      return {
        next: async () => {
          const { value, done = false } = rest.next();
          return { value, done };
        },
      };
    },
    getAll: async () => [...kept],
    getAllPayloads: async () => kept.map(({ payload }) => payload),
  };
}

/** Such a store as an emitter of ours uses it. What has been given out stays at its head until it is done with. */
export function asEventStore(store: NodeEventStore): EventStore {
  return {
    addEvent: async (payload) => (await store.add({ payload })) > 0,
    getEventsBatch: async () => (await store.getAllPayloads()).map(texts),
    cleanup: async (batch, needRetry) => {
      await store.removeHead(batch.length);
      // Where a part of a batch has ended and a part has not, which stood where cannot be told any more.
      if (needRetry) for (const payload of batch) await store.add({ payload }); // oxlint-disable-line no-await-in-loop
    },
    size: () => store.count(),
  };
}

/** Every value as its text, as it goes over the wire. */
export function texts(payload: Payload): WirePayload {
  return Object.fromEntries(Object.entries(payload).map(([key, value]) => [key, String(value)]));
}
