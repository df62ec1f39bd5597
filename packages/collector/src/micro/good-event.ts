import { readDescribed } from "@oncewire/protocol/snowplow";
import type { Payload } from "@oncewire/protocol/snowplow";
import type { LoggedRequest } from "../log/accept-log.js";
import type { StoredEvent } from "../store/event-store.js";
import { atomicEvent } from "./atomic-event.js";
import type { AtomicSource } from "./atomic-event.js";
import { eventTypeOf } from "./event-type.js";
import { rawEvent } from "./raw-event.js";

export interface GoodSource extends AtomicSource {
  readonly event: StoredEvent;
}

/** What of an event is needed to tell whether it is asked for, and to show it. */
export function readGoodEvent(event: StoredEvent): GoodSource {
  // What came on Snowplow's wire is stored as the texts it was.
  const payload = event.wire as Payload;
  const type = eventTypeOf(payload);
  const described = readDescribed(payload);
  return { event, payload, described, type, schema: type?.schema ?? described.event?.schema ?? null };
}

/** An event as `/micro/good` gives it. */
export function goodEvent(source: GoodSource, request: LoggedRequest | null): object {
  const { event, payload, described, type, schema } = source;
  const { networkUserId } = event.context;
  return {
    rawEvent: rawEvent(payload, request, {
      receivedAt: event.receivedAt,
      networkUserId: typeof networkUserId === "string" ? networkUserId : null,
    }),
    eventType: type?.name ?? null,
    schema,
    contexts: described.entities.map((entity) => entity.schema),
    event: atomicEvent(source),
    incomplete: false,
  };
}
