import { testCodec } from "../codec.contract.js";
import { eventKinds } from "../event.js";
import type { TrackedEvent } from "../event.js";
import { createATrackEncoder } from "./encoder.js";
import type { ATrackEvent } from "./event.js";
import { createATrackReceiver } from "./receiver.js";

const samples: readonly ATrackEvent[] = [
  { kind: "init", uuid: "server-user-42", isNewUser: true, context: { page: { path: "/pricing" } } },
  { kind: "init", uuid: "u", mode: "replace", attributes: { plan: "pro" }, profile: { email: "a@b.example" } },
  { kind: "attributes", uuid: "u", attributes: { plan: "business", seats: 12 } },
  { kind: "event", uuid: "u", event: "order_created", attributes: { total: 149.5, items: [{ sku: "a" }] } },
  {
    kind: "event",
    uuid: 'Ünïcode 😀 " \\',
    event: 'quote " and \u2028',
    timestamp: new Date("2024-01-02T03:04:05.678Z"),
  },
  { kind: "event", uuid: "u", event: "e", context: { ip: "192.0.2.1" }, carried: { kind: "page", name: "Home" } },
];

const plain: TrackedEvent = {
  id: "0197c2c8-5e0f-7000-8000-0000000000ff",
  kind: "track",
  name: "order_created",
  userId: "u1",
  anonymousId: "a1",
  previousId: null,
  groupId: null,
  sessionId: "s1",
  occurredAt: "2026-11-20T14:28:11.000Z",
  properties: { total: 12.5, nested: { list: [1, null, "x"] } },
  entities: [],
  context: { ip: "192.0.2.1", page: { url: "https://example.com" } },
};

const roundTrips: readonly TrackedEvent[] = [
  ...eventKinds.map((kind) => ({ ...plain, kind, groupId: "g1", previousId: "p1" })),
  ...eventKinds.filter((kind) => kind !== "track").map((kind) => ({ ...plain, kind, name: null })),
  { ...plain, kind: "self-describing", name: "iglu:com.acme/link_click/jsonschema/1-0-0" },
  { ...plain, userId: null },
  { ...plain, entities: [{ schema: "iglu:com.acme/product/jsonschema/1-0-0", data: { sku: "a" } }] },
  { ...plain, sessionId: null, context: { sessionId: "of the context alone" } },
  { ...plain, kind: "session", context: { oncewire: { mode: "replace", isNewUser: true } } },
  { ...plain, kind: "identify", context: { oncewire: { mode: "replace", profile: { email: "a@b.example" } } } },
];

/**
 * An attributes call has a user and attributes, and no more; docs/protocols/a-track.md lists what is lost. An id that is no
 * UUID counts together with the path on all paths but that of events.
 */
function asReturned(event: TrackedEvent): TrackedEvent {
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(event.id);
  if (event.kind === "session") return isUuid ? event : { ...event, id: `init:${event.id}` };
  if (event.kind !== "identify") return event;
  const { oncewire } = event.context;
  return {
    ...event,
    id: isUuid ? event.id : `attributes:${event.id}`,
    name: null,
    userId: event.userId ?? event.anonymousId,
    anonymousId: null,
    previousId: null,
    groupId: null,
    sessionId: null,
    occurredAt: null,
    entities: [],
    context: oncewire === undefined ? {} : { oncewire },
  };
}

testCodec("A-Track", {
  encoder: () => createATrackEncoder({ publicKey: "pub_xxxxx" }),
  receiver: () => createATrackReceiver(),
  samples,
  roundTrips,
  asReturned,
});
