/** Events and documents for tests, without files. */
import type { CanonicalEvent } from "@oncewire/protocol";
import { applyEvent } from "./apply-event.js";
import type { Document, Documents } from "./documents.js";
import { People } from "./people.js";

const startMs = Date.parse("2026-04-08T12:00:00.000Z");

/** A time of the tests' day. */
export function minute(minutes: number): string {
  return new Date(startMs + minutes * 60_000).toISOString();
}

let nextId = 0;

/** A track event of RudderStack's wire, unless told otherwise, at a minute of the day. */
export function event(minutes: number, fields: Partial<CanonicalEvent>): CanonicalEvent {
  nextId += 1;
  return {
    id: `e${nextId}`,
    protocol: "rudderstack",
    project: "shop",
    kind: "track",
    name: "Seen",
    userId: null,
    anonymousId: null,
    previousId: null,
    groupId: null,
    sessionId: null,
    occurredAt: minute(minutes),
    sentAt: null,
    receivedAt: minute(100_000),
    time: minute(minutes),
    properties: {},
    entities: [],
    context: {},
    library: null,
    wire: null,
    ...fields,
  };
}

export function memoryDocuments(held: Map<string, Document> = new Map()): Documents {
  return {
    get: (name) => held.get(name),
    put: (name, document) => void held.set(name, document),
    remove: (name) => void held.delete(name),
  };
}

/** People after these events, in this order. */
export function peopleAfter(...events: readonly CanonicalEvent[]): People {
  const people = new People(memoryDocuments());
  for (const one of events) applyEvent(people, one);
  return people;
}
