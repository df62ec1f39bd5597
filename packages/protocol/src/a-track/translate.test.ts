import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventKinds } from "../event.js";
import type { EventKind, JsonObject, TrackedEvent } from "../event.js";
import type { Result } from "../problem.js";
import { createATrackEncoder } from "./encoder.js";
import type { ATrackEvent, CallName } from "./event.js";
import { createATrackReceiver } from "./receiver.js";
import { translate } from "./translate.js";

const encoder = createATrackEncoder({ publicKey: "pub_xxxxx" });
const receiver = createATrackReceiver();

const event: TrackedEvent = {
  id: "4f0e1c58-5b3e-4a0a-9d8e-0b6f3a7a1c22",
  kind: "track",
  name: "order_created",
  userId: "user-1",
  anonymousId: null,
  previousId: null,
  groupId: null,
  sessionId: null,
  occurredAt: "2026-04-08T12:00:00.000Z",
  properties: {},
  entities: [],
  context: {},
};

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join(" "));
  return result.value;
}

/** Through the bytes: what a collector reads of what a tracker was told. */
function arrived(given: TrackedEvent): TrackedEvent {
  return received(valueOf(translate(given)));
}

function received(call: ATrackEvent): TrackedEvent {
  const encoded = valueOf(encoder.encode(call, { id: "unused", nowMs: 0 }));
  const request = encoder.frame([encoded], 0);
  const arrival = { route: call.kind, project: "p", receivedAtMs: 0, remoteAddress: "", requestId: "r" };
  const [found] = receiver.decode(request, arrival).events;
  if (found === undefined) throw new Error("nothing arrived");
  const told = Object.entries(found).filter(([name]) => Object.hasOwn(event, name));
  return { ...event, ...Object.fromEntries(told) };
}

const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }) as fc.Arbitrary<JsonObject>;
const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const optional = fc.option(text);
const times = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-12-31") })
  .map((date) => date.toISOString());

const events: fc.Arbitrary<TrackedEvent> = fc
  .record({
    id: fc.uuid(),
    kind: fc.constantFrom(...eventKinds),
    name: fc.option(fc.oneof(text, fc.constant("iglu:com.acme/link_click/jsonschema/1-0-0"))),
    userId: optional,
    anonymousId: optional,
    previousId: optional,
    groupId: optional,
    sessionId: optional,
    occurredAt: times,
    properties: json,
    entities: fc.array(fc.record({ schema: text, data: json }), { maxLength: 2 }),
    context: fc.oneof(
      json,
      fc.record({ sessionId: fc.oneof(text, fc.constant(7)), page: json }),
      fc.constant({ oncewire: { mode: "replace", profile: { email: "a@b.example" } } }),
    ),
  })
  .filter(({ userId, anonymousId }) => userId !== null || anonymousId !== null)
  .filter(({ kind, name }) => kind !== "track" || name !== null);

/** JSON has no -0, and an object of its own. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** What an attributes call cannot carry, as docs/protocols/a-track.md lists it. */
function asAttributes(given: TrackedEvent): TrackedEvent {
  const { id, kind, properties, context, userId, anonymousId } = given;
  const { oncewire } = context;
  return {
    ...event,
    id,
    kind,
    properties,
    userId: userId ?? anonymousId,
    name: null,
    occurredAt: null,
    context: oncewire === undefined ? {} : { oncewire },
  };
}

describe("translate", () => {
  const kinds: readonly (readonly [EventKind, CallName, string | null])[] = [
    ["identify", "attributes", null],
    ["session", "init", null],
    ["track", "event", "A name"],
    ["page", "event", "page_viewed"],
    ["screen", "event", "screen_viewed"],
    ["group", "event", "group_joined"],
    ["alias", "event", "user_aliased"],
    ["structured", "event", "A name"],
    ["self-describing", "event", "A name"],
    ["page-ping", "event", "page_pinged"],
    ["transaction", "event", "A name"],
    ["transaction-item", "event", "A name"],
  ];

  it("has a row for every kind", () => {
    expect(kinds.map(([kind]) => kind).toSorted()).toEqual([...eventKinds].toSorted());
  });

  it.each(kinds)("says %s as %s %s", (kind, call, name) => {
    const said = valueOf(translate({ ...event, kind, name: "A name" }));
    expect(said.kind).toBe(call);
    expect(said.kind === "event" ? said.event : null).toBe(name);
  });

  it("names an event that a schema describes after the schema", () => {
    const name = "iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1";
    expect(translate({ ...event, kind: "self-describing", name })).toMatchObject({ value: { event: "link_click" } });
    expect(translate({ ...event, kind: "self-describing", name: null })).toMatchObject({
      value: { event: "self_describing_event" },
    });
  });

  it("A5: updates attributes by merge, where the event does not say otherwise", () => {
    const said = translate({ ...event, kind: "identify", properties: { plan: "pro" } });
    expect(said).toMatchObject({ value: { kind: "attributes", mode: "merge", attributes: { plan: "pro" } } });
  });

  it("refuses an event about nobody, and a track without a name", () => {
    expect(translate({ ...event, userId: null })).toMatchObject({ problems: [{ code: "no-identity" }] });
    expect(translate({ ...event, userId: "", anonymousId: "" })).toMatchObject({ problems: [{ code: "no-identity" }] });
    expect(translate({ ...event, name: null })).toMatchObject({ problems: [{ code: "no-event-name" }] });
  });

  it("reads no field of the caller's objects but its own", () => {
    const context: JsonObject = {
      get page(): JsonObject {
        throw new Error("no");
      },
    };
    expect(translate({ ...event, context }).ok).toBe(true);
  });

  it("leaves a plain event plain: nothing is added to the context", () => {
    const said = valueOf(translate({ ...event, context: { page: { path: "/" } } }));
    const { bytes } = valueOf(encoder.encode(said, { id: "", nowMs: 0 }));
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ context: { page: { path: "/" } } });
    expect(new TextDecoder().decode(bytes)).not.toContain("oncewire");
  });
});

describe("translate, encode, frame, decode", () => {
  it("brings every event back as it was, and of identify what its call can carry", () => {
    fc.assert(
      fc.property(events, (given) => {
        const expected = given.kind === "identify" ? asAttributes(given) : withoutUnread(given);
        expect(arrived(given)).toEqual(plain(expected));
      }),
      { numRuns: 500 },
    );
  });

  it("brings every call back as it was", () => {
    const calls: fc.Arbitrary<ATrackEvent> = fc.oneof(
      fc.record({
        kind: fc.constant("init" as const),
        id: fc.uuid(),
        uuid: text,
        isNewUser: fc.boolean(),
        mode: fc.constantFrom("merge", "replace"),
        attributes: json,
        profile: json,
        context: json,
      }),
      fc.record({
        kind: fc.constant("attributes" as const),
        id: fc.uuid(),
        uuid: text,
        mode: fc.constantFrom("merge", "replace"),
        attributes: json,
        profile: json,
      }),
      fc.record({
        kind: fc.constant("event" as const),
        id: fc.uuid(),
        uuid: text,
        event: text,
        attributes: json,
        timestamp: times,
        context: json,
      }),
    );
    fc.assert(
      fc.property(calls, (call) => {
        const again = valueOf(translate(received(call)));
        const [first, second] = [call, again].map((each) => valueOf(encoder.encode(each, { id: "", nowMs: 0 })));
        expect(new TextDecoder().decode(second?.bytes)).toBe(new TextDecoder().decode(first?.bytes));
      }),
    );
  });
});

/** Of `context.oncewire`, which is ours, an event call keeps nothing, and an init what is not the default. */
function withoutUnread(given: TrackedEvent): TrackedEvent {
  if (given.kind === "session" || given.context["oncewire"] === undefined) return given;
  const { oncewire: _, ...context } = given.context;
  return { ...given, context };
}
