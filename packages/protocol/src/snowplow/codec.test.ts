import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testCodec } from "../codec.contract.js";
import { eventKinds } from "../event.js";
import type { CanonicalEvent, JsonValue, TrackedEvent } from "../event.js";
import { carriedSchemas, consentDocument, createSnowplowEncoder, createSnowplowReceiver } from "./index.js";
import type { SnowplowEvent } from "./index.js";

const id = "0b4e2f6c-5a5e-4c09-8a53-3e2f3ad0e2a1";
const entity = { schema: "iglu:com.acme/product/jsonschema/1-0-0", data: { sku: "a", tags: [1, null] } };

const samples: readonly SnowplowEvent[] = [
  { type: "page_view", pageUrl: "https://example.com/ü?a=b&c#d", pageTitle: 'quote " and \\ and \u2028 😀' },
  { type: "page_ping", pageUrl: "https://example.com", minX: 0, maxX: 100, minY: -5, maxY: 7 },
  { type: "screen_view", name: "Start" },
  { type: "mobile_screen_view", name: "Start", id, previousId: id, transitionType: "push" },
  { type: "structured", category: "shop", action: "add", label: "l", property: "p", value: 0.00001 },
  { type: "self_describing", ...entity, entities: [entity], trueTimestamp: new Date(1_399_021_242_030) },
  { type: "link_click", targetUrl: "https://example.com", elementClasses: ["a"] },
  { type: "add_to_cart", sku: "a", quantity: 2, unitPrice: 3.49, currency: "GBP" },
  { type: "remove_from_cart", sku: "a", quantity: 1 },
  { type: "change_form", formId: "f", elementId: "e", nodeName: "INPUT", elementType: "text", value: null },
  { type: "focus_form", formId: "f", elementId: "e", nodeName: "SELECT", value: "v" },
  { type: "submit_form", formId: "f", elements: [{ name: "n", value: "v", nodeName: "INPUT" }] },
  { type: "site_search", terms: ["pulp"], filters: { nsfw: true }, totalResults: 0 },
  { type: "ad_impression", impressionId: "i", costModel: "cpm", cost: 0 },
  { type: "ad_click", targetUrl: "https://example.com", clickId: "c" },
  { type: "ad_conversion", conversionId: "i", initialValue: 99.5 },
  { type: "social_interaction", action: "like", network: "n", target: "t" },
  {
    type: "consent_granted",
    expiry: new Date("2030-01-01T00:00:00Z"),
    entities: [consentDocument({ id: "1", version: "2" })],
  },
  { type: "consent_withdrawn", all: false },
  { type: "transaction", orderId: 12, total: 35, tax: "2.50", currency: "EUR" },
  { type: "transaction_item", orderId: "12", sku: "a", price: 20, quantity: 1 },
  { type: "raw", payload: { e: "pv", url: "https://example.com", f_pdf: true, vid: 3 }, eventId: id },
  {
    type: "structured",
    category: "c",
    action: "a",
    subject: { platform: "web", userId: 7, screenResolution: { width: 1366, height: 768 }, viewport: "300x200" },
  },
];

const plain: TrackedEvent = {
  id,
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
  context: { ip: "1.2.3.4", userAgent: "Mozilla/5.0", page: { url: "https://example.com", title: "Home" } },
};

const roundTrips: readonly TrackedEvent[] = [
  ...eventKinds.map((kind) => ({ ...plain, kind, groupId: "g1", previousId: "p1" })),
  ...eventKinds.map((kind) => ({ ...plain, kind, name: null, userId: null, anonymousId: null, sessionId: null })),
  { ...plain, kind: "page", name: "Home", properties: { url: "https://example.com", title: "Home", referrer: "r" } },
  { ...plain, kind: "page-ping", name: null, properties: { url: "https://example.com", minX: 0, maxY: 12 } },
  { ...plain, kind: "structured", name: "add", properties: { category: "c", action: "add", value: 0.1 } },
  { ...plain, kind: "transaction", name: null, properties: { orderId: "1", total: 35, tax: 2.5 } },
  { ...plain, kind: "transaction-item", name: null, properties: { orderId: "1", sku: "a", quantity: 2 } },
  { ...plain, kind: "screen", name: "Start", properties: { id: "s" } },
  { ...plain, kind: "self-describing", name: entity.schema, properties: { sku: "a" } },
  { ...plain, entities: [entity], sessionId: "0b4e2f6c-5a5e-4c09-8a53-3e2f3ad0e2a2" },
];

/** What the wire and the collector add to what is known of an event's surroundings. */
const added = ["app", "networkUserId", "platform"];

function withoutAdded(event: CanonicalEvent): TrackedEvent {
  return {
    ...event,
    context: Object.fromEntries(Object.entries(event.context).filter(([key]) => !added.includes(key))),
  };
}

for (const method of ["post", "get"] as const) {
  for (const encodeBase64 of [true, false]) {
    const create = () => createSnowplowEncoder({ namespace: "ns", appId: "app", method, encodeBase64 });
    testCodec(`Snowplow by ${method}, base64 ${encodeBase64 ? "on" : "off"},`, {
      encoder: create,
      receiver: createSnowplowReceiver,
      samples,
      roundTrips,
      asTracked: withoutAdded,
    });
  }
}

describe("a canonical event over this wire", () => {
  const encoder = createSnowplowEncoder({ namespace: "ns" });
  const receiver = createSnowplowReceiver();
  const arrival = { route: "tracker", project: "p", receivedAtMs: 0, remoteAddress: "192.0.2.1", requestId: id };

  const text = fc.oneof(fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }), fc.uuid());
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
  // JSON has no -0, and a key that stands twice is one.
  const json = fc.jsonValue({ maxDepth: 3 }).map((value): JsonValue => JSON.parse(JSON.stringify(value)));
  const object = (keys: fc.Arbitrary<string>) =>
    fc.array(fc.tuple(keys, json), { maxLength: 4 }).map((entries) => Object.fromEntries(entries));
  const contextKeys = fc.constantFrom("ip", "userAgent", "locale", "timezone", "platform", "page", "app", "__proto__");
  const propertyKeys = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom(
      "url",
      "title",
      "referrer",
      "minX",
      "category",
      "action",
      "value",
      "orderId",
      "id",
      "name",
      "total",
    ),
  );
  const ms = fc.integer({ min: 0, max: 4_000_000_000_000 });
  const schema = fc.constantFrom(
    "iglu:com.acme/product/jsonschema/1-0-0",
    "iglu:com.snowplowanalytics.snowplow/screen_view/jsonschema/1-0-0",
    "iglu:io.github.oncewire/event/jsonschema/1-0-0",
    "anything",
  );
  const tracked: fc.Arbitrary<TrackedEvent> = fc.record({
    id: fc.oneof(
      fc.uuid(),
      fc.uuid().map((one) => one.toUpperCase()),
      fc.string({ minLength: 1, maxLength: 20 }),
    ),
    kind: fc.constantFrom(...eventKinds),
    name: maybe(fc.oneof(fc.string({ maxLength: 10 }), schema)),
    userId: maybe(text),
    anonymousId: maybe(fc.oneof(text, fc.constant(""), fc.constant("x".repeat(129)))),
    previousId: maybe(text),
    groupId: maybe(text),
    sessionId: maybe(fc.oneof(text, fc.constant(id.toUpperCase()))),
    occurredAt: ms.map((time) => new Date(time).toISOString()),
    properties: object(propertyKeys),
    entities: fc.array(fc.record({ schema: fc.constant(entity.schema), data: json }), { maxLength: 2 }),
    context: object(contextKeys),
  });

  it("comes back as it was, with what the collector knows besides", () => {
    fc.assert(
      fc.property(tracked, (event) => {
        const vendor = encoder.translate(event);
        if (!vendor.ok) throw new Error(vendor.problems[0].message);
        const encoded = encoder.encode(vendor.value, { id: "unused", nowMs: 0 });
        if (!encoded.ok) throw new Error(encoded.problems[0].message);
        const [returned] = receiver.decode(encoder.frame([encoded.value], 0), arrival).events;
        if (returned === undefined) throw new Error("nothing came back");
        const asSent = Object.fromEntries(Object.keys(event).map((key) => [key, Reflect.get(returned, key)]));
        const own = Object.entries(returned.context).filter(([key]) => Object.hasOwn(event.context, key));
        expect({ ...asSent, context: Object.fromEntries(own) }).toEqual(event);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["order-17", "78894692-4b7e-38ce-8d2d-d50caf44e8df"],
    ["100-1-3", "1a0f1ceb-9fcb-36f9-96d9-a51574eb5991"],
    [id.toUpperCase(), id],
    [id, id],
  ])("has a UUID of its id: %s", (given, eventId) => {
    expect(encoder.translate({ ...plain, id: given })).toMatchObject({ ok: true, value: { eventId } });
  });

  it("carries its id only where the wire has another", () => {
    const entitiesOf = (given: string): unknown => {
      const result = encoder.translate({ ...plain, id: given, sessionId: null, context: {} });
      return result.ok ? result.value.entities : result.problems;
    };
    const carried = { schema: carriedSchemas.context, data: { id: "order-17" } };
    expect([entitiesOf("order-17"), entitiesOf(id)]).toEqual([[carried], []]);
  });

  it("is refused when its user's id does not fit the wire, and named", () => {
    const refused = encoder.translate({ ...plain, userId: "x".repeat(256) });
    expect(refused).toMatchObject({ ok: false, problems: [{ path: "userId", code: "too-long" }] });
  });

  it("fills the columns that Snowplow has for what is known of its surroundings", () => {
    const result = encoder.translate({ ...plain, context: { ...plain.context, locale: "en", timezone: "UTC" } });
    expect(result).toMatchObject({
      ok: true,
      value: {
        subject: { userId: "u1", domainUserId: "a1" },
        payload: { ip: "1.2.3.4", ua: "Mozilla/5.0", lang: "en", tz: "UTC", url: "https://example.com", page: "Home" },
      },
    });
  });
});
