import type { CanonicalEvent, JsonObject } from "@oncewire/protocol";

/** An event of which only the context matters. */
export function eventWith(context: JsonObject, fields: Partial<CanonicalEvent> = {}): CanonicalEvent {
  return {
    id: "e-1",
    protocol: "rudderstack",
    project: "default",
    kind: "track",
    name: "Seen",
    userId: "ada",
    anonymousId: null,
    previousId: null,
    groupId: null,
    sessionId: null,
    occurredAt: null,
    sentAt: null,
    receivedAt: "2026-04-08T12:00:00.000Z",
    time: "2026-04-08T12:00:00.000Z",
    properties: {},
    entities: [],
    context,
    library: null,
    wire: {},
    ...fields,
  };
}
