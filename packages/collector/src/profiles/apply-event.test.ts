import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CanonicalEvent, JsonObject, JsonValue } from "@oncewire/protocol";
import { event, minute, peopleAfter } from "./people.fixture.js";
import type { People } from "./people.js";
import type { Profile } from "./profile.js";

const ada = (people: People): Profile | undefined => people.ofId("shop", "ada");
const traits = (properties: JsonObject, fields: Partial<CanonicalEvent> = {}): CanonicalEvent =>
  event(0, { kind: "identify", userId: "ada", properties, ...fields });
const attributes = (mode: "merge" | "replace", properties: JsonObject, profile: JsonObject = {}): CanonicalEvent =>
  traits(properties, { protocol: "a-track", context: { oncewire: { mode, profile } } });

describe("what is known of a person", () => {
  it("is when they were first and last seen, by the events' own times, in whatever order these came", () => {
    const people = peopleAfter(event(7, { userId: "ada" }), event(3, { userId: "ada" }), event(5, { userId: "ada" }));
    expect(ada(people)).toMatchObject({
      events: 3,
      firstSeenMs: Date.parse(minute(3)),
      lastSeenMs: Date.parse(minute(7)),
    });
  });

  it("takes a time that is to come for the time of arrival", () => {
    const people = peopleAfter(event(900, { userId: "ada", receivedAt: minute(4) }));
    expect(ada(people)?.lastSeenMs).toBe(Date.parse(minute(4)));
  });

  it("is what the last one said of each field, null like any other value", () => {
    const people = peopleAfter(traits({ plan: "free", city: "Rome" }), traits({ plan: "pro", city: null }));
    expect(ada(people)?.attributes).toEqual({ plan: "pro", city: null });
  });

  it("is merged by field, not within fields", () => {
    const people = peopleAfter(traits({ address: { city: "Rome", zip: "1" } }), traits({ address: { city: "Bari" } }));
    expect(ada(people)?.attributes).toEqual({ address: { city: "Bari" } });
  });

  it("is only what was sent last where A-Track says replace, of attributes and profile alike", () => {
    const people = peopleAfter(
      attributes("merge", { plan: "pro", seats: 3 }, { email: "a@example.com" }),
      attributes("replace", { plan: "free" }, { name: "Ada" }),
    );
    expect(ada(people)).toMatchObject({ attributes: { plan: "free" }, person: { name: "Ada" } });
    expect(Object.keys(ada(people)?.attributes ?? {})).toEqual(["plan"]);
    expect(ada(people)?.person).toEqual({ name: "Ada" });
  });

  it("comes with A-Track's init, too", () => {
    const people = peopleAfter(
      event(0, { protocol: "a-track", kind: "session", userId: "ada", properties: { plan: "pro" } }),
    );
    expect(ada(people)?.attributes).toEqual({ plan: "pro" });
  });

  it("is also the groups they are in, each with its traits", () => {
    const group = (groupId: string, properties: JsonObject): CanonicalEvent =>
      event(0, { kind: "group", userId: "ada", groupId, properties });
    const people = peopleAfter(group("acme", { size: 3 }), group("beta", {}), group("acme", { city: "Rome" }));
    expect(ada(people)?.groups).toEqual({ acme: { size: 3, city: "Rome" }, beta: {} });
    expect(ada(people)?.attributes).toEqual({});
  });

  it("is not what events of other kinds have for properties", () => {
    expect(ada(peopleAfter(event(0, { userId: "ada", properties: { total: 3 } })))?.attributes).toEqual({});
  });

  it("stays as it was when a change would make it too large, and the change is counted", () => {
    const people = peopleAfter(traits({ plan: "pro" }), traits({ blob: "x".repeat(40_000) }), traits({ seats: 3 }));
    expect(ada(people)).toMatchObject({ attributes: { plan: "pro", seats: 3 }, leftOut: 1 });
  });

  it("keeps a field of any name as a field", () => {
    const hostile = JSON.parse('{"__proto__":{"admin":true},"constructor":1}') as JsonObject;
    const known = ada(peopleAfter(traits(hostile), traits({ plan: "pro" })))?.attributes;
    expect(Object.keys(known ?? {})).toEqual(["__proto__", "constructor", "plan"]);
    expect((known as unknown as { admin?: unknown }).admin).toBeUndefined();
  });

  it("after any changes is what a plain map would hold", () => {
    const name = fc.constantFrom("a", "b", "c", "__proto__");
    const fields = fc.array(fc.tuple(name, fc.jsonValue() as fc.Arbitrary<JsonValue>), { maxLength: 3 });
    const change = fc.record({ mode: fc.constantFrom("merge" as const, "replace" as const), fields });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const expected = new Map<string, JsonValue>();
        for (const { mode, fields: given } of changes) {
          if (mode === "replace") expected.clear();
          for (const [key, value] of given) expected.set(key, value);
        }
        const people = peopleAfter(...changes.map((one) => attributes(one.mode, Object.fromEntries(one.fields))));
        expect(new Map(Object.entries(ada(people)?.attributes ?? {}))).toEqual(expected);
      }),
    );
  });
});
