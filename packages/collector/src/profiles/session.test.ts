import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CanonicalEvent, JsonObject } from "@oncewire/protocol";
import { applyEvent } from "./apply-event.js";
import { event, memoryDocuments, minute, peopleAfter } from "./people.fixture.js";
import { People } from "./people.js";
import type { Session } from "./session.js";

const page = (at: number, context: JsonObject = {}, fields: Partial<CanonicalEvent> = {}): CanonicalEvent =>
  event(at, { kind: "page", userId: "ada", context, ...fields });
const init = (at: number, context: JsonObject = {}, fields: Partial<CanonicalEvent> = {}): CanonicalEvent =>
  event(at, { kind: "session", protocol: "a-track", userId: "ada", context, ...fields });
const utm = (name: string): JsonObject => ({ campaign: { source: "news", name } });

function sessionsOf(people: People, id = "ada"): readonly Session[] {
  const ids = people.ofId("shop", id)?.sessionIds ?? [];
  return ids.flatMap((sessionId) => people.session("shop", sessionId) ?? []);
}

const beginnings = (people: People): readonly string[] => sessionsOf(people).map(({ began }) => began);

describe("a session", () => {
  it("goes on for thirty minutes after the last event, and not a millisecond longer", () => {
    const late = new Date(Date.parse(minute(60)) + 1).toISOString();
    const people = peopleAfter(page(0), page(30), page(60, {}, { time: minute(60) }));
    expect(sessionsOf(people)).toMatchObject([{ events: 3, began: "first" }]);
    const split = peopleAfter(page(0), page(30), page(60, {}, { time: late }));
    expect(beginnings(split)).toEqual(["first", "idle"]);
    expect(split.ofId("shop", "ada")).toMatchObject({ sessions: 2 });
  });

  it("ends with another campaign, not with the same one, nor with pages that name none", () => {
    const people = peopleAfter(page(0), page(1, utm("a")), page(2), page(3, utm("a")), page(4, utm("b")));
    expect(beginnings(people)).toEqual(["first", "campaign", "campaign"]);
    expect(sessionsOf(people).map(({ events }) => events)).toEqual([1, 3, 1]);
  });

  it.each<[string, JsonObject]>([
    ["the campaign of the context", { campaign: { source: "x" } }],
    ["the tags of the page's search", { page: { search: "?utm_source=x" } }],
    ["the tags of the page's address", { page: { url: "https://shop.example/a?b=c&utm_campaign=spring#top" } }],
    ["a click id of the context", { clickIds: { gclid: "1" } }],
    ["a click id of the page's address", { page: { url: "/a?gclid=1" } }],
  ])("knows a campaign by %s", (_what, context) => {
    expect(beginnings(peopleAfter(page(0), page(1, context)))).toEqual(["first", "campaign"]);
  });

  it("is not ended by what is on every link", () => {
    expect(beginnings(peopleAfter(page(0), page(1, { page: { url: "/a?fbclid=1&ref=b" } })))).toEqual(["first"]);
  });

  it("begins anew when the sender asks", () => {
    const people = peopleAfter(init(0), init(1, { newSession: true }), init(2));
    expect(beginnings(people)).toEqual(["first", "asked"]);
  });

  it("that is surely over is over without being read", () => {
    const documents = memoryDocuments();
    const read: string[] = [];
    const get = (name: string): object | undefined => {
      read.push(name);
      return documents.get(name);
    };
    const people = new People({ ...documents, get });
    applyEvent(people, page(0));
    const [first] = sessionsOf(people);
    read.length = 0;
    applyEvent(people, page(31));
    expect(read.filter((name) => name.endsWith(first?.id ?? "-"))).toEqual([]);
    expect(beginnings(people)).toEqual(["first", "idle"]);
  });

  it("is the same whether it had to be read or not", () => {
    const context = fc.constantFrom<JsonObject>({}, {}, utm("a"), utm("b"), { newSession: true });
    const sessionId = fc.constantFrom(null, null, null, "s-1", "s-2");
    const one = fc.tuple(
      fc.integer({ min: 0, max: 300 }),
      context,
      fc.record({ sessionId }),
      fc.constantFrom(page, init),
    );
    const atrack = (at: number): CanonicalEvent => event(at, { protocol: "a-track", userId: "ada" });
    const any = fc.oneof(
      one.map(([at, signs, fields, make]) => ({ at, made: make(at, signs, fields) })),
      fc.integer({ min: 0, max: 300 }).map((at) => ({ at, made: atrack(at) })),
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 20 }), (all) => {
        const told = (at: number): CanonicalEvent => event(at, { kind: "identify", userId: "ada" });
        const known = told(0);
        // A user who was heard of this moment has not been away, so their session is looked into.
        const heardOf = all.flatMap(({ at, made }) => [told(at), made]);
        const sessions = sessionsOf(peopleAfter(known, ...all.map(({ made }) => made)));
        expect(sessionsOf(peopleAfter(known, ...heardOf))).toEqual(sessions);
      }),
      { numRuns: 1_000 },
    );
  });

  it("begins on A-Track's wire with init alone; its events go on with it", () => {
    const tracked = (at: number): CanonicalEvent => event(at, { protocol: "a-track", userId: "ada" });
    expect(sessionsOf(peopleAfter(tracked(0)))).toEqual([]);
    expect(sessionsOf(peopleAfter(init(0), tracked(20), tracked(40)))).toMatchObject([{ events: 3 }]);
    expect(sessionsOf(peopleAfter(init(0), tracked(31)))).toMatchObject([{ events: 1 }]);
  });

  it("is not what is said of a user", () => {
    const people = peopleAfter(
      event(0, { kind: "identify", userId: "ada" }),
      event(0, { kind: "group", userId: "ada", groupId: "acme" }),
      event(0, { kind: "alias", userId: "ada", previousId: "a" }),
    );
    expect(people.ofId("shop", "ada")).toMatchObject({ events: 3, sessions: 0, currentSession: null });
  });

  it("has the sender's id, until the sender goes on using it for a new one", () => {
    const sent = { sessionId: "s-1" };
    const people = peopleAfter(page(0, {}, sent), page(10, {}, sent), page(60, {}, sent), page(61, {}, sent));
    const [first, second, ...more] = sessionsOf(people);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ id: "s-1", senderId: "s-1", events: 2 });
    expect(second).toMatchObject({ senderId: "s-1", began: "idle", events: 2 });
    expect(second?.id).not.toBe("s-1");
  });

  it("follows the sender that begins another, and two devices at a time", () => {
    const [phone, desk] = [{ sessionId: "phone" }, { sessionId: "desk" }];
    const people = peopleAfter(page(0, {}, phone), page(1, {}, desk), page(2, {}, phone), page(3, {}, desk));
    expect(sessionsOf(people)).toMatchObject([
      { id: "phone", events: 2 },
      { id: "desk", began: "sender", events: 2 },
    ]);
  });

  it("goes on under the id that the collector gave it, when its sender has learnt that", () => {
    const taken = page(0, {}, { userId: "eve", sessionId: "s-1" });
    const begins = init(1, {}, { sessionId: "s-1" });
    const begun = peopleAfter(taken, begins);
    const given = sessionsOf(begun)[0]?.id ?? "";
    expect(given).not.toBe("s-1");
    const tracked = event(2, { protocol: "a-track", userId: "ada", sessionId: given });
    const people = peopleAfter(taken, begins, tracked, init(3, {}, { sessionId: given }));
    expect(sessionsOf(people)).toMatchObject([{ id: given, senderId: "s-1", events: 3 }]);
  });

  it("is no other person's, whatever id they claim", () => {
    const people = peopleAfter(page(0, {}, { sessionId: "s" }), page(1, {}, { userId: "eve", sessionId: "s" }));
    expect(sessionsOf(people)).toMatchObject([{ id: "s", events: 1 }]);
    expect(sessionsOf(people, "eve")).toMatchObject([{ senderId: "s", events: 1 }]);
    expect(sessionsOf(people, "eve")[0]?.id).not.toBe("s");
  });

  it("takes in what comes late within thirty minutes; what comes later still is part of none", () => {
    const people = peopleAfter(page(100), page(80), page(20), page(101));
    expect(sessionsOf(people)).toMatchObject([
      { events: 3, startedMs: Date.parse(minute(80)), lastActiveMs: Date.parse(minute(101)) },
    ]);
    expect(people.ofId("shop", "ada")?.events).toBe(4);
  });

  it("has the first campaign, page and device that its events tell", () => {
    const people = peopleAfter(
      page(0, { page: { url: "/pricing?utm_source=news&utm_campaign=spring", referrer: "https://news.example/" } }),
      page(1, { page: { url: "/later" }, device: { type: "mobile" }, locale: "it", ip: "192.0.2.1" }),
      page(2, { device: { type: "desktop" } }),
    );
    expect(sessionsOf(people)).toMatchObject([
      {
        attribution: {
          campaign: { source: "news", name: "spring" },
          landingPage: "/pricing?utm_source=news&utm_campaign=spring",
          referrer: "https://news.example/",
        },
        device: { device: { type: "mobile" }, locale: "it" },
      },
    ]);
    expect(JSON.stringify(sessionsOf(people))).not.toContain("192.0.2.1");
  });

  it("goes on when its visitor turns out to be a user, and keeps where the person first came from", () => {
    const people = peopleAfter(
      page(0, utm("first"), { userId: null, anonymousId: "a1" }),
      page(5, {}, { anonymousId: "a1" }),
      page(50, utm("second")),
    );
    expect(sessionsOf(people)).toMatchObject([{ events: 2 }, { events: 1 }]);
    expect(people.ofId("shop", "ada")?.acquisition).toMatchObject({ campaign: { name: "first" } });
  });

  it("is forgotten when its person had fifty since", () => {
    const people = peopleAfter(...Array.from({ length: 52 }, (_, at) => page(at * 40, {}, { sessionId: `s${at}` })));
    expect(people.ofId("shop", "ada")).toMatchObject({ sessions: 52 });
    expect(people.session("shop", "s1")).toBeUndefined();
    expect(people.session("shop", "s2")).toMatchObject({ id: "s2" });
  });
});

describe("the sessions of a project", () => {
  it("are listed in the order in which they began, each once, the newest thousand of them", () => {
    const visits = (count: number): CanonicalEvent[] =>
      Array.from({ length: count }, (_, visit) => page(visit, {}, { userId: `user-${visit}` }));
    const listed = (count: number): readonly string[] => {
      const people = peopleAfter(...visits(count), page(0, {}, { project: "blog" }));
      const ids = people.newestSessions("shop");
      return ids.map((id) => people.byKey("shop", people.session("shop", id)?.profile ?? "")?.userIds[0] ?? "");
    };
    const users = (from: number, to: number): readonly string[] =>
      Array.from({ length: to - from }, (_, at) => `user-${from + at}`);
    for (const count of [1, 50, 51, 101, 1_000]) expect(listed(count)).toEqual(users(0, count));
    for (const count of [1_001, 1_050, 1_051, 1_234]) expect(listed(count)).toEqual(users(count - 1_000, count));
  });
});
