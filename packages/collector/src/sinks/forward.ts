/** Forwards events to another system with the tracker's own engine: its batches, its order, its Retry-After. */
import type { CanonicalEvent } from "@oncewire/protocol";
import { aTrack, createTracker, rudderStack, snowplow } from "oncewire";
import type { Destination, EventMessage, EventResult, Tracker } from "oncewire";
import type { ForwardSinkOptions, SinkWire } from "../sink-options.js";
import type { RefusedEvent, Sink, SinkResult } from "./sink.js";

/** The log keeps events as long as it must; the tracker need not give up before. */
const maxEventAgeMs = 315_360_000_000;

export interface ForwardListener {
  /** Why nothing gets through just now. */
  readonly onTrouble: (reason: string) => void;
}

export function openForwardSink(options: ForwardSinkOptions, { onTrouble }: ForwardListener): Sink {
  const tracker = createTracker({
    destinations: [destinations[options.to](options)],
    overflow: "wait",
    flushIntervalMs: 20,
    maxEventAgeMs,
    exitTimeoutMs: 0,
  });
  tracker.on("retrying", ({ reason }) => onTrouble(reason));
  tracker.on("paused", ({ reason }) => onTrouble(reason));
  return {
    take: (events) => deliver(tracker, options.name, events),
    close: async () => void (await tracker.close({ timeoutMs: 0 })),
  };
}

const destinations: Readonly<Record<SinkWire, (options: ForwardSinkOptions) => Destination>> = {
  rudderstack: ({ name, url, key, maxEventBytes, maxBatchBytes }) =>
    rudderStack({ name, dataPlaneUrl: url, writeKey: key, maxEventBytes, maxBatchBytes }),
  "a-track": ({ name, url, key, maxEventBytes }) => aTrack({ name, baseUrl: url, publicKey: key, maxEventBytes }),
  snowplow: ({ name, url, key, maxEventBytes, maxBatchBytes }) =>
    snowplow({ name, endpoint: url, appId: key, maxEventBytes, maxBatchBytes }),
};

type EventEnd = EventResult["destinations"][string];

async function deliver(tracker: Tracker, name: string, events: readonly CanonicalEvent[]): Promise<SinkResult> {
  const ends: Promise<EventEnd | undefined>[] = [];
  for (const event of events) {
    await tracker.ready();
    const handle = tracker.event(event.kind, messageOf(event));
    ends.push(handle.delivered.then(({ destinations: all }) => all[name]));
  }
  const refused: RefusedEvent[] = [];
  for (const [index, end] of (await Promise.all(ends)).entries()) {
    const event = events[index];
    if (event === undefined || end?.kind === "delivered") continue;
    if (end?.kind !== "rejected") throw new Error(`the events were not delivered: ${reasonOf(end)}`);
    refused.push({ event, reason: `${end.reason}: ${end.detail}` });
  }
  return { refused, memo: null };
}

function reasonOf(end: EventEnd | undefined): string {
  return end?.kind === "dropped" ? end.reason : "no result";
}

function messageOf(event: CanonicalEvent): EventMessage {
  const { id, name, userId, anonymousId, previousId, groupId, sessionId, properties, entities, context } = event;
  const occurredAt = event.occurredAt ?? event.time;
  return { id, name, userId, anonymousId, previousId, groupId, sessionId, properties, entities, context, occurredAt };
}
