import type { BadEvent, CanonicalEvent, JsonObject, JsonValue } from "@oncewire/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventQuery, EventStore, LogBatch, StoredEvent } from "./event-store.js";

/** A place for a store, and the ways to open what is there. */
export interface StorePlace {
  open(): Promise<EventStore>;
}

/** What every event store does, whichever engine it stands on. */
export function testEventStore(makePlace: () => Promise<StorePlace>): void {
  const openStore = async (): Promise<EventStore> => (await makePlace()).open();

  describe("appending", () => {
    it("gives back what it was given, newest first", async () => {
      const store = await openStore();
      const events = [anEvent({ id: "a" }), anEvent({ id: "b", library: { name: "lib", version: null } })];
      const result = await store.append(batchOf(0, events));
      expect(result).toMatchObject({ duplicates: 0, bad: 0 });
      expect(result.stored.map(({ event }) => event.id)).toEqual(["a", "b"]);
      expect((await store.events({ limit: 10 })).items).toEqual([
        { ...events[1], position: 1 },
        { ...events[0], position: 0 },
      ]);
    });

    it("keeps the first of several events with one id and counts the others", async () => {
      const store = await openStore();
      const twice = await store.append(batchOf(0, [anEvent({ id: "a", name: "first" }), anEvent({ id: "a" })]));
      const again = await store.append(batchOf(2, [anEvent({ id: "a" }), anEvent({ id: "b" })]));
      expect([twice.duplicates, again.duplicates]).toEqual([1, 1]);
      expect(again.stored.map(({ event }) => event.id)).toEqual(["b"]);
      expect((await everyEvent(store)).map(({ id, name }) => [id, name])).toEqual([
        ["b", null],
        ["a", "first"],
      ]);
      expect(await store.counts()).toEqual({ events: 2, bad: 0, duplicates: 2 });
    });

    it("keeps one id in each of two projects", async () => {
      const store = await openStore();
      await store.append(batchOf(0, [anEvent({ id: "a", project: "one" }), anEvent({ id: "a", project: "two" })]));
      expect((await store.counts()).events).toBe(2);
      // The boundary between project and id is part of the identity.
      await store.append(batchOf(2, [anEvent({ id: "b", project: "a" }), anEvent({ id: "", project: "ab" })]));
      expect((await store.counts()).events).toBe(4);
    });

    it("changes nothing when a batch comes again", async () => {
      const store = await openStore();
      const batch = { ...batchOf(0, [anEvent({ id: "a" })]), bad: [{ position: 0, bad: aBadEvent({ id: "x" }) }] };
      await store.append(batch);
      expect(await store.append(batch)).toEqual({ stored: [], duplicates: 0, unstorable: [], bad: 0 });
      await store.seal();
      expect(await store.append(batch)).toEqual({ stored: [], duplicates: 0, unstorable: [], bad: 0 });
      expect(await store.counts()).toEqual({ events: 1, bad: 1, duplicates: 0 });
    });

    it("takes of a batch what it has not had", async () => {
      const store = await openStore();
      await store.append(batchOf(0, [anEvent({ id: "a" }), anEvent({ id: "b" })]));
      const overlapping = batchOf(1, [anEvent({ id: "b" }), anEvent({ id: "c" })]);
      expect((await store.append(overlapping)).stored.map(({ event }) => event.id)).toEqual(["c"]);
    });

    it("takes batches one after the other when they are given at once", async () => {
      const store = await openStore();
      const batches = Array.from({ length: 20 }, (_, at) => batchOf(at, [anEvent({ id: `e-${at % 15}` })]));
      await Promise.all(batches.map((batch) => store.append(batch)));
      expect(await store.counts()).toEqual({ events: 15, bad: 0, duplicates: 5 });
    });

    it("keeps several events of one request in their order", async () => {
      const store = await openStore();
      const events = ["a", "b", "c"].map((id) => ({ position: 7, event: anEvent({ id }) }));
      await store.append({ from: 7, to: 8, events, bad: [] });
      await store.seal();
      expect((await everyEvent(store, 2)).map(({ id }) => id)).toEqual(["c", "b", "a"]);
    });

    it("holds what came on the wire and the properties, also where their text is given as it came", async () => {
      const place = await makePlace();
      const store = await place.open();
      const texts = [
        '{"a":1,"b":"é"}',
        '{\n\t"a" : 1.50,\r\n "b":"\\u001f\\",\\"" }',
        '{"__proto__":[{}],"c":1,"c":2}',
      ];
      const events = texts.map((text, at) => {
        const value = JSON.parse(text) as JsonObject;
        const event = anEvent({ id: `e-${at}`, properties: value, wire: value });
        return { position: at, event, texts: { wire: text, properties: text } };
      });
      await store.append({ from: 0, to: 3, events, bad: [] });
      await store.close();
      const stored = (await everyEvent(await place.open())).toReversed();
      const values = texts.map((text) => JSON.parse(text) as JsonObject);
      expect(stored.map(({ wire }) => wire)).toEqual(values);
      expect(stored.map(({ properties }) => properties)).toEqual(values);
    });

    it("moves its position past a range that brought nothing new", async () => {
      const store = await openStore();
      await store.append(batchOf(0, [anEvent({ id: "a" })]));
      await store.seal();
      await store.append(batchOf(1, [anEvent({ id: "a" })]));
      await store.append({ from: 2, to: 9, events: [], bad: [] });
      await store.seal();
      expect(store.position).toBe(9);
    });
  });

  describe("restarting", () => {
    it("holds what was sealed, and its position says so", async () => {
      const place = await makePlace();
      const store = await place.open();
      expect(store.position).toBe(0);
      await store.append(batchOf(0, [anEvent({ id: "a" }), anEvent({ id: "b" })]));
      await store.seal();
      expect(store.position).toBe(2);
      await store.close();
      const reopened = await place.open();
      expect(reopened.position).toBe(2);
      expect((await everyEvent(reopened)).map(({ id }) => id)).toEqual(["b", "a"]);
    });

    it("seals what is left when it is closed", async () => {
      const place = await makePlace();
      const store = await place.open();
      await store.append(batchOf(0, [anEvent({ id: "a" })]));
      await store.close();
      const reopened = await place.open();
      expect([reopened.position, (await reopened.counts()).events]).toEqual([1, 1]);
    });

    it("knows the ids it holds", async () => {
      const place = await makePlace();
      const store = await place.open();
      await store.append(batchOf(0, [anEvent({ id: "a" }), anEvent({ id: "\0'\"" })]));
      await store.close();
      const reopened = await place.open();
      const result = await reopened.append(
        batchOf(2, [anEvent({ id: "a" }), anEvent({ id: "\0'\"" }), anEvent({ id: "c" })]),
      );
      expect(result.duplicates).toBe(2);
      expect(result.stored.map(({ event }) => event.id)).toEqual(["c"]);
    });
  });

  describe("asking", () => {
    it("finds by every field it can be asked for, sealed or not", async () => {
      const store = await openStore();
      const wanted = {
        kind: "page",
        name: "n'1",
        userId: "u1",
        anonymousId: "a1",
        sessionId: "s1",
        project: "p1",
      } as const;
      const two = (id: string): readonly CanonicalEvent[] => [
        anEvent({ ...wanted, id }),
        anEvent({ id: `other-${id}` }),
      ];
      await store.append(batchOf(0, two("sealed")));
      await store.seal();
      await store.append(batchOf(2, two("staged")));
      for (const [field, value] of Object.entries(wanted)) {
        const found = await everyEvent(store, 1, { [field]: value });
        expect([field, found.map(({ id }) => id)]).toEqual([field, ["staged", "sealed"]]);
      }
      expect((await everyEvent(store, 1, { id: "sealed" })).map(({ id }) => id)).toEqual(["sealed"]);
      expect(await everyEvent(store, 10, { ...wanted, name: "n2" })).toEqual([]);
    });

    it("finds by time, from inclusive, to exclusive", async () => {
      const store = await openStore();
      const [before, from, to] = [
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T00:00:00.001Z",
        "2026-01-01T00:00:00.002Z",
      ] as const;
      await store.append(
        batchOf(
          0,
          [before, from, to].map((time, at) => anEvent({ id: `${at}`, time })),
        ),
      );
      await store.seal();
      expect((await everyEvent(store, 10, { from, to })).map(({ id }) => id)).toEqual(["1"]);
      expect((await everyEvent(store, 10, { from })).map(({ id }) => id)).toEqual(["2", "1"]);
    });

    it("answers as a plain filter over a list would, however the rows are spread over files", async () => {
      const place = await makePlace();
      const store = await place.open();
      const names = ["Order", "View", null];
      const all = Array.from({ length: 240 }, (_, at) =>
        anEvent({
          id: `e-${at}`,
          name: names[at % 3] ?? null,
          userId: at % 5 === 0 ? null : `u-${at % 7}`,
          time: new Date(Date.UTC(2026, 0, 1) + ((at * 37) % 240) * 1000).toISOString(),
        }),
      );
      for (let at = 0; at < all.length; at += 30) {
        await store.append(batchOf(at, all.slice(at, at + 30)));
        if (at !== 210) await store.seal();
      }
      const newest = all.map((event, position) => ({ ...event, position })).toReversed();
      const aQuery = fc.record(
        {
          name: fc.constantFrom("Order", "View", "none"),
          userId: fc.constantFrom("u-1", "u-6"),
          from: fc.constantFrom("2026-01-01T00:01:00.000Z", "2026-01-01T00:03:20.000Z"),
          to: fc.constantFrom("2026-01-01T00:02:00.000Z", "2026-01-02T00:00:00.000Z"),
        },
        { requiredKeys: [] },
      );
      await fc.assert(
        fc.asyncProperty(aQuery, fc.integer({ min: 1, max: 90 }), async (query, limit) => {
          const found = await everyEvent(store, limit, query);
          expect(found).toEqual(newest.filter((event) => isWanted(event, query)));
        }),
        { numRuns: 25 },
      );
    });

    it("gives a cursor that is not disturbed by what comes meanwhile", async () => {
      const store = await openStore();
      await store.append(
        batchOf(
          0,
          ["a", "b", "c"].map((id) => anEvent({ id })),
        ),
      );
      const first = await store.events({ limit: 2 });
      await store.append(batchOf(3, [anEvent({ id: "d" })]));
      await store.seal();
      const second = await store.events({ limit: 2, cursor: first.next! });
      expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(["c", "b", "a"]);
      expect(second.next).toBeNull();
    });

    it("gives no next page after one that ends with the last row", async () => {
      const store = await openStore();
      await store.append(batchOf(0, [anEvent({ id: "a" }), anEvent({ id: "b" })]));
      expect((await store.events({ limit: 2 })).next).toBeNull();
      await store.seal();
      expect((await store.events({ limit: 2, kind: "track" })).next).toBeNull();
    });

    it.each([
      ["a limit of nothing", { limit: 0 }],
      ["a limit over 1,000", { limit: 1001 }],
      ["a limit that is no number", { limit: Number.NaN }],
      ["a cursor that is not one of its own", { limit: 1, cursor: "1; DROP TABLE events" }],
      ["a time that is none", { limit: 1, from: "yesterday" }],
    ])("refuses %s", async (_, query) => {
      const store = await openStore();
      await expect(store.events(query)).rejects.toMatchObject({ code: "invalid-query" });
    });
  });

  describe("bad events", () => {
    it("gives them back newest first, by project, page by page", async () => {
      const place = await makePlace();
      const store = await place.open();
      const bad = ["a", "b", "c", "d"].map((id, at) =>
        aBadEvent({ id, project: at === 1 ? "other" : "shop", wire: [id] }),
      );
      await store.append({
        from: 0,
        to: 2,
        events: [],
        bad: bad.slice(0, 2).map((one) => ({ position: 1, bad: one })),
      });
      await store.seal();
      await store.append({ from: 2, to: 4, events: [], bad: bad.slice(2).map((one) => ({ position: 2, bad: one })) });
      const first = await store.bad({ limit: 2, project: "shop" });
      const second = await store.bad({ limit: 2, project: "shop", cursor: first.next! });
      expect([...first.items, ...second.items]).toEqual([
        { ...bad[3], position: 2 },
        { ...bad[2], position: 2 },
        { ...bad[0], position: 1 },
      ]);
      expect(second.next).toBeNull();
      expect((await store.counts()).bad).toBe(4);
      await store.close();
      expect((await (await place.open()).counts()).bad).toBe(4);
    });
  });

  describe("hostile values", () => {
    it("gives back any text in any field exactly", async () => {
      const store = await openStore();
      const events = hostileTexts.map((text) =>
        anEvent({
          id: `id-${text}`,
          name: text,
          userId: text,
          anonymousId: text,
          previousId: text,
          groupId: text,
          sessionId: text,
          properties: { [text]: text, nested: [text, { [text]: null }] },
          entities: [{ schema: text, data: text }],
          context: { text },
          library: { name: text, version: text },
          wire: text,
        }),
      );
      const bad = hostileTexts.map((text) => aBadEvent({ id: text, message: text, code: text, wire: text }));
      await store.append({ ...batchOf(0, events), bad: bad.map((one, position) => ({ position, bad: one })) });
      const expected = events.map((event, position) => ({ ...event, position })).toReversed();
      const byName = async (): Promise<readonly (readonly StoredEvent[])[]> => {
        const pages = await Promise.all(hostileTexts.map((text) => store.events({ limit: 10, name: text })));
        return pages.map(({ items }) => items);
      };
      const staged = await byName();
      expect(staged).toEqual(hostileTexts.map((text) => expected.filter(({ name }) => name === text)));
      await store.seal();
      expect(await everyEvent(store, 3)).toEqual(expected);
      expect(await byName()).toEqual(staged);
      const badPage = await store.bad({ limit: 100 });
      expect(badPage.items).toEqual(bad.map((one, position) => ({ ...one, position })).toReversed());
    });

    it("gives back any JSON exactly", async () => {
      const store = await openStore();
      const unicode = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
      const values = fc.sample(fc.jsonValue({ stringUnit: "binary" }), { numRuns: 150, seed: 7 }) as JsonValue[];
      const texts = fc.sample(unicode, { numRuns: 150, seed: 7 });
      const events = values.map((value, at) => {
        // JSON has no -0: it never comes from a wire.
        const wire = JSON.parse(JSON.stringify([value, texts[at]])) as JsonValue;
        return anEvent({ id: `e-${at}`, wire, properties: { wire } });
      });
      await store.append(batchOf(0, events));
      await store.seal();
      const found = await everyEvent(store, 70);
      expect(found).toEqual(events.map((event, position) => ({ ...event, position })).toReversed());
    });

    it("gives back a property of a megabyte", async () => {
      const store = await openStore();
      const long = 'x"é\u{1f600}'.repeat(250_000);
      await store.append(batchOf(0, [anEvent({ id: "a", properties: { long } }), anEvent({ id: "b" })]));
      expect((await store.events({ limit: 1, id: "a" })).items[0]?.properties).toEqual({ long });
      await store.seal();
      expect((await store.events({ limit: 2 })).items[1]?.properties).toEqual({ long });
    });

    it("gives back keys that mean something to JavaScript", async () => {
      const store = await openStore();
      const properties = JSON.parse(
        '{"__proto__": {"polluted": true}, "constructor": 1, "toString": null}',
      ) as JsonObjectLike;
      await store.append(batchOf(0, [anEvent({ id: "a", properties })]));
      await store.seal();
      const [found] = (await store.events({ limit: 1 })).items;
      expect(JSON.stringify(found?.properties)).toBe(JSON.stringify(properties));
      expect({}).not.toHaveProperty("polluted");
    });

    it("keeps a time that is not in the usual form", async () => {
      const store = await openStore();
      const times = { time: "2026-02-30T00:00:00.000Z", occurredAt: "+012026-01-01T00:00:00.000Z", receivedAt: "now" };
      await store.append(batchOf(0, [anEvent({ id: "a", ...times })]));
      await store.seal();
      expect((await store.events({ limit: 1 })).items[0]).toMatchObject(times);
    });

    it("keeps an event that is nested too deeply for JSON as a bad one, and its neighbours", async () => {
      const store = await openStore();
      let wire: JsonValue = 1;
      for (let depth = 0; depth < 200_000; depth += 1) wire = [wire];
      const result = await store.append(
        batchOf(0, [anEvent({ id: "a" }), anEvent({ id: "deep", wire }), anEvent({ id: "b" })]),
      );
      expect([result.stored.length, result.duplicates, result.bad]).toEqual([2, 0, 0]);
      expect(result.unstorable).toMatchObject([{ position: 1, bad: { code: "unstorable", project: "shop" } }]);
      expect((await store.bad({ limit: 1 })).items[0]).toMatchObject({ code: "unstorable", project: "shop" });
    });
  });

  it("refuses to work once it is closed, and may be closed again", async () => {
    const store = await openStore();
    await store.close();
    await store.close();
    await expect(store.append(batchOf(0, []))).rejects.toMatchObject({ code: "closed" });
    await expect(store.events({ limit: 1 })).rejects.toMatchObject({ code: "closed" });
  });
}

const hostileTexts = [
  `'";--\\ \n\r\t\u2028 \\ud800 \\\\ud800`,
  "a\0b\0",
  "a\ud800b",
  "\udc00",
  "\u{1f600}\u{10ffff}",
  "123456789012345678901234567890",
  "",
  "=cmd|' /C calc'!A0",
  "\ufeffa byte order mark first",
  "\ufeff",
  "\u0002",
  "\u001e",
  "\u001e\u001e\u001fa\u001e\n",
  "a\u001fb",
  "\r",
  "\n",
  " a ",
];

type JsonObjectLike = CanonicalEvent["properties"];

/** Positions rise by one from `from`. */
export function batchOf(from: number, events: readonly CanonicalEvent[]): LogBatch {
  const logged = events.map((event, at) => ({ position: from + at, event }));
  return { from, to: from + Math.max(1, events.length), events: logged, bad: [] };
}

export function anEvent(given: Partial<CanonicalEvent> & { readonly id: string }): CanonicalEvent {
  return {
    protocol: "rudderstack",
    project: "shop",
    kind: "track",
    name: null,
    userId: null,
    anonymousId: null,
    previousId: null,
    groupId: null,
    sessionId: null,
    time: "2026-11-20T17:00:00.000Z",
    occurredAt: null,
    sentAt: null,
    receivedAt: "2026-11-20T17:00:00.123Z",
    library: null,
    properties: {},
    entities: [],
    context: {},
    wire: null,
    ...given,
  };
}

export function aBadEvent(given: Partial<BadEvent> & { readonly id: string }): BadEvent {
  return {
    protocol: "rudderstack",
    project: "shop",
    receivedAt: "2026-11-20T17:00:00.123Z",
    code: "no-identity",
    message: "expected userId or anonymousId",
    wire: null,
    ...given,
  };
}

/** Page by page, to the end. */
export async function everyEvent(
  store: EventStore,
  limit = 1000,
  query: Omit<EventQuery, "limit"> = {},
): Promise<readonly StoredEvent[]> {
  const found: StoredEvent[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<EventStore["events"]>> = await store.events({
      ...query,
      limit,
      ...(cursor === null ? {} : { cursor }),
    });
    found.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return found;
}

function isWanted(event: CanonicalEvent, query: Omit<EventQuery, "limit">): boolean {
  return (
    (query.name === undefined || event.name === query.name) &&
    (query.userId === undefined || event.userId === query.userId) &&
    (query.from === undefined || event.time >= query.from) &&
    (query.to === undefined || event.time < query.to)
  );
}
