import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CanonicalEvent } from "@oncewire/protocol";
import { event, peopleAfter } from "./people.fixture.js";
import type { People } from "./people.js";
import { profileBounds } from "./profile.js";

const idsOf = (people: People, id: string): { users?: readonly string[]; others?: readonly string[] } => {
  const profile = people.ofId("shop", id);
  return profile === undefined ? {} : { users: profile.userIds, others: profile.anonymousIds };
};
const seen = (userId: string | null, anonymousId: string | null = null): CanonicalEvent =>
  event(0, { userId, anonymousId });
const alias = (userId: string, previousId: string): CanonicalEvent => event(0, { kind: "alias", userId, previousId });

describe("whose an event is", () => {
  it("is nobody's without an id, or with one too long to be an id", () => {
    const people = peopleAfter(seen(null), seen(""), seen("x".repeat(1_025)));
    expect(people.newestSessions("shop")).toEqual([]);
  });

  it("is the user's, and other projects' users of that id are other people", () => {
    const people = peopleAfter(seen("ada"), event(0, { project: "blog", userId: "ada" }), seen("ada"));
    expect(people.ofId("shop", "ada")).toMatchObject({ userIds: ["ada"], events: 2 });
    expect(people.ofId("blog", "ada")).toMatchObject({ events: 1 });
  });

  it("keeps apart what one id of a project could spell as another project's", () => {
    const people = peopleAfter(event(0, { project: "a", userId: "b:c" }), event(0, { project: "a:b", userId: "c" }));
    expect(people.ofId("a", "b:c")?.key).not.toBe(people.ofId("a:b", "c")?.key);
  });

  it("gives the user what was known of an anonymous id", () => {
    const people = peopleAfter(
      event(1, { anonymousId: "a1", kind: "identify", properties: { city: "Rome", plan: "free" } }),
      event(2, { userId: "ada", kind: "identify", properties: { plan: "pro" } }),
      event(3, { userId: "ada", anonymousId: "a1" }),
    );
    expect(people.ofId("shop", "a1")).toMatchObject({
      userIds: ["ada"],
      anonymousIds: ["a1"],
      attributes: { city: "Rome", plan: "pro" },
      events: 3,
    });
    expect(people.ofId("shop", "a1")?.key).toBe(people.ofId("shop", "ada")?.key);
  });

  it("keeps two users of one browser apart, which is the newer one's from then on", () => {
    const people = peopleAfter(seen("ada", "a1"), seen("bob", "a1"), seen(null, "a1"));
    expect(idsOf(people, "ada")).toEqual({ users: ["ada"], others: [] });
    expect(idsOf(people, "a1")).toEqual({ users: ["bob"], others: ["a1"] });
    expect(people.ofId("shop", "bob")?.events).toBe(2);
  });

  it("joins two users where an alias says so", () => {
    const people = peopleAfter(seen("old", "a1"), seen("new", "a2"), alias("new", "old"));
    for (const id of ["old", "new", "a1", "a2"]) {
      expect(idsOf(people, id)).toEqual({ users: ["new", "old"], others: ["a2", "a1"] });
    }
    expect(people.ofId("shop", "old")?.events).toBe(3);
  });

  it("remembers an alias of an id that nobody had yet, and that it is a user's once it is used as one", () => {
    const people = peopleAfter(alias("ada", "a0"), seen("a0"));
    expect(idsOf(people, "ada")).toEqual({ users: ["ada", "a0"], others: [] });
  });

  it("joins Snowplow's user id and domain user id without any further word", () => {
    const people = peopleAfter(
      event(0, { protocol: "snowplow", kind: "page", anonymousId: "duid" }),
      event(1, { protocol: "snowplow", kind: "page", userId: "ada", anonymousId: "duid" }),
      event(2, { protocol: "a-track", kind: "identify", userId: "ada", properties: { plan: "pro" } }),
    );
    expect(people.ofId("shop", "duid")).toMatchObject({ userIds: ["ada"], attributes: { plan: "pro" }, events: 3 });
  });

  it("lets the oldest ids go where one id gathers all, and counts them", () => {
    const many = Array.from({ length: profileBounds.maxAnonymousIds + 5 }, (_, at) => seen("null", `a${at}`));
    const people = peopleAfter(...many);
    expect(people.ofId("shop", "null")).toMatchObject({ leftOut: 5 });
    expect(people.ofId("shop", "null")?.anonymousIds).toHaveLength(profileBounds.maxAnonymousIds);
    expect(people.ofId("shop", "a4")).toBeUndefined();
    expect(people.ofId("shop", "a5")?.userIds).toEqual(["null"]);
  });
});

const id = fc.constantFrom("a", "b", "c", "d", "e");

describe("identities under any events", () => {
  it("lead to one profile each, that names them, and count every event once", () => {
    const anyEvent = fc.oneof(
      fc.tuple(id, id).map(([userId, other]) => seen(`u-${userId}`, `a-${other}`)),
      id.map((other) => seen(null, `a-${other}`)),
      fc.tuple(id, id).map(([userId, other]) => alias(`u-${userId}`, `u-${other}`)),
      fc.tuple(id, id).map(([userId, other]) => alias(`u-${userId}`, `a-${other}`)),
    );
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
        const people = peopleAfter(...events);
        const profiles = new Map(
          ["a", "b", "c", "d", "e"]
            .flatMap((name) => [`u-${name}`, `a-${name}`])
            .flatMap((name) => {
              const profile = people.ofId("shop", name);
              if (profile === undefined) return [];
              expect([...profile.userIds, ...profile.anonymousIds]).toContain(name);
              return [[profile.key, profile] as const];
            }),
        );
        const named = [...profiles.values()].flatMap(({ userIds, anonymousIds }) => [...userIds, ...anonymousIds]);
        expect(new Set(named).size).toBe(named.length);
        const total = [...profiles.values()].reduce((sum, profile) => sum + profile.events, 0);
        expect(total).toBe(events.length);
      }),
    );
  });

  it("are joined by aliases whatever their order", () => {
    const pair = fc.tuple(id, id);
    fc.assert(
      fc.property(
        fc.uniqueArray(pair, { maxLength: 6, selector: String }),
        fc.infiniteStream(fc.nat()),
        (pairs, random) => {
          const aliases = pairs.map(([one, other]) => alias(one, other));
          const shuffled = aliases
            .map((one) => [random.next().value ?? 0, one] as const)
            .toSorted(([one], [other]) => one - other)
            .map(([, one]) => one);
          const joined = (people: People): string[] =>
            ["a", "b", "c", "d", "e"].map((name) => {
              const profile = people.ofId("shop", name);
              return profile === undefined ? "" : [...profile.userIds, ...profile.anonymousIds].toSorted().join();
            });
          expect(joined(peopleAfter(...shuffled))).toEqual(joined(peopleAfter(...aliases)));
        },
      ),
    );
  });
});
