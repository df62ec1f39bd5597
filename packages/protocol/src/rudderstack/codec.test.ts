import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testCodec } from "../codec.contract.js";
import { eventKinds } from "../event.js";
import type { CanonicalEvent, JsonValue, TrackedEvent } from "../event.js";
import { createRudderStackEncoder } from "./encoder.js";
import type { RudderStackEvent } from "./event.js";
import { sanitizeId } from "./identity.js";
import { createRudderStackReceiver } from "./receiver.js";

const encoder = createRudderStackEncoder({ writeKey: "WRITEKEY" });
const receiver = createRudderStackReceiver();

const samples: readonly RudderStackEvent[] = [
  { type: "identify", userId: "u1", traits: { email: "a@b.c", friends: 16 } },
  { type: "track", userId: "u1", event: "Order Completed", properties: { total: 12.5, items: [{ sku: "a" }] } },
  { type: "track", anonymousId: "a1", event: "Ünïcode 😀", properties: { note: 'quote " and \\ and \u2028' } },
  { type: "page", userId: "u1", name: "Home", category: "Docs", properties: { url: "https://example.com" } },
  { type: "screen", userId: "u1", name: "Start", timestamp: new Date("2024-01-02T03:04:05.678Z") },
  { type: "group", userId: "u1", groupId: 12, traits: { name: "Company" } },
  { type: "alias", userId: "u1", previousId: "p1" },
  { type: "track", userId: 7, event: "E", context: { ip: "1.2.3.4", library: { name: "mine" } }, integrations: {} },
  { type: "track", userId: "u", event: "E", messageId: "given", originalTimestamp: "2024-01-02T03:04:05.678901+05:30" },
];

const plain: TrackedEvent = {
  id: "event-1",
  kind: "track",
  name: "Order Completed",
  userId: "u1",
  anonymousId: "a1",
  previousId: null,
  groupId: null,
  sessionId: "s1",
  occurredAt: "2026-11-20T14:28:11.000Z",
  properties: { total: 12.5, nested: { list: [1, null, "x"] } },
  entities: [],
  context: { ip: "1.2.3.4", page: { url: "https://example.com" } },
};

const roundTrips: readonly TrackedEvent[] = [
  ...eventKinds.map((kind) => ({ ...plain, kind, groupId: "g1", previousId: "p1" })),
  ...eventKinds
    .filter((kind) => kind !== "track")
    .map((kind) => ({ ...plain, kind, groupId: "g", previousId: "p", name: null })),
  { ...plain, kind: "self-describing", name: "iglu:com.acme/link_click/jsonschema/1-0-0" },
  { ...plain, kind: "page", name: "", properties: { category: "Docs" } },
  { ...plain, entities: [{ schema: "iglu:com.acme/product/jsonschema/1-0-0", data: { sku: "a" } }] },
  { ...plain, kind: "identify", name: null, context: { library: "mine", oncewire: 1, traits: 2, sessionId: 3 } },
  { ...plain, sessionId: null, context: { sessionId: { not: "text" }, traits: { kept: true } } },
];

/** The address that the request came from is the receiver's addition. */
function withoutAddress(event: CanonicalEvent): TrackedEvent {
  const { request_ip: _address, ...context } = event.context;
  return { ...event, context };
}

testCodec("RudderStack", {
  encoder: () => createRudderStackEncoder({ writeKey: "WRITEKEY" }),
  receiver: createRudderStackReceiver,
  samples,
  roundTrips,
  asTracked: withoutAddress,
});

describe("a canonical event over this wire", () => {
  const id = fc
    .string({ minLength: 1, maxLength: 12, unit: "grapheme" })
    .map(sanitizeId)
    .filter((text) => text !== "");
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
  // JSON has no -0, and a key that stands twice is one.
  const json = fc.jsonValue({ maxDepth: 3 }).map((value): JsonValue => JSON.parse(JSON.stringify(value)));
  const names = fc.constantFrom("ip", "library", "traits", "sessionId", "oncewire", "page", "__proto__");
  const object = (keys: fc.Arbitrary<string>) =>
    fc.array(fc.tuple(keys, json), { maxLength: 4 }).map((entries) => Object.fromEntries(entries));
  const ms = fc.integer({ min: 0, max: 4_000_000_000_000 });
  const schema = fc.constantFrom("iglu:com.acme/product/jsonschema/1-0-0", "anything");
  const tracked: fc.Arbitrary<TrackedEvent> = fc.record({
    id,
    kind: fc.constantFrom(...eventKinds),
    name: maybe(fc.oneof(fc.string({ maxLength: 10 }), schema)),
    userId: maybe(id),
    anonymousId: maybe(id),
    previousId: maybe(id),
    groupId: maybe(id),
    sessionId: maybe(id),
    occurredAt: ms.map((time) => new Date(time).toISOString()),
    properties: object(fc.string({ maxLength: 6 })),
    entities: fc.array(fc.record({ schema, data: json }), { maxLength: 2 }),
    context: object(names),
  });

  it("comes back as it was, or is refused with the field that the wire lacks", () => {
    fc.assert(
      fc.property(tracked, (event) => {
        const vendor = encoder.translate(event);
        if (!vendor.ok) {
          expect(["no-identity", "no-event-name", "no-group-id", "no-previous-id"]).toContain(vendor.problems[0].code);
          return;
        }
        const encoded = encoder.encode(vendor.value, { id: "unused", nowMs: 0 });
        if (!encoded.ok) throw new Error(encoded.problems[0].message);
        const arrival = { route: "batch", project: "p", receivedAtMs: 0, remoteAddress: "192.0.2.1", requestId: "r" };
        const [returned] = receiver.decode(encoder.frame([encoded.value], 0), arrival).events;
        if (returned === undefined) throw new Error("nothing came back");
        const asSent = Object.fromEntries(Object.keys(event).map((key) => [key, Reflect.get(returned, key)]));
        const { request_ip: _address, ...context } = returned.context;
        expect({ ...asSent, context }).toEqual(event);
      }),
      { numRuns: 1000 },
    );
  });
});
