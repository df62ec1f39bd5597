import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { CanonicalEvent } from "@oncewire/protocol";
import type { LogBatch } from "../store/event-store.js";
import { RecordBuffer, decodeDocument } from "./document-record.js";
import { event, peopleAfter } from "./people.fixture.js";
import type { People } from "./people.js";
import { createProfiledStore } from "./profiled-store.js";
import type { ProfiledStore } from "./profiled-store.js";
import { emptyDisk, ManualTimers, MemoryStore, openOn } from "./profiled-store.fixture.js";

let store: MemoryStore;
let disk: ReturnType<typeof emptyDisk>;
let timers: ManualTimers;
let failures: string[];
let commits: number;

beforeEach(() => {
  store = new MemoryStore();
  disk = emptyDisk();
  timers = new ManualTimers();
  failures = [];
  commits = 0;
});

function start(maxDocuments = 1_000): ProfiledStore {
  return createProfiledStore({
    store,
    openDocuments: (how) => {
      if (how === "anew") disk = emptyDisk();
      return openOn(disk);
    },
    maxDocuments,
    runtime: timers,
    onFailure: (error) => void failures.push(String(error)),
    onCommitted: () => (commits += 1),
  });
}

/** One event a position. */
function batch(from: number, ...events: readonly CanonicalEvent[]): LogBatch {
  return {
    from,
    to: from + events.length,
    events: events.map((one, at) => ({ position: from + at, event: one })),
    bad: [],
  };
}

const seen = (userId: string, id?: string): CanonicalEvent => event(0, { userId, ...(id === undefined ? {} : { id }) });
const eventsOf = (profiled: ProfiledStore, id = "ada"): number => profiled.people?.ofId("shop", id)?.events ?? 0;

const ids = ["a", "b", "c", "x", "y"];
function dump(people: People | null): unknown {
  return ids.map((id) => {
    const profile = people?.ofId("shop", id);
    return [profile, profile?.sessionIds.map((session) => people?.session("shop", session))];
  });
}

describe("profiles that follow the store", () => {
  it("know an event as soon as it is in the store, once, however often it comes", async () => {
    const profiled = start();
    await profiled.append(batch(0, seen("ada", "e"), seen("ada", "e"), seen("ada", "f")));
    expect(eventsOf(profiled)).toBe(2);
    await profiled.append(batch(3, seen("ada", "f")));
    expect(eventsOf(profiled)).toBe(2);
    expect([store.ranges, profiled.behind]).toEqual([0, 0]);
  });

  it("are committed after a while, and at the end, with the position they are right for", async () => {
    const profiled = start();
    await profiled.append(batch(0, seen("ada")));
    expect(disk.position).toBe(0);
    timers.elapse();
    expect(disk.position).toBe(1);
    await profiled.append(batch(1, seen("ada"), seen("ada")));
    await profiled.close();
    expect(disk.position).toBe(3);
    expect(eventsOf(start())).toBe(0);
  });

  it("catch up after a crash with what they had not committed, and only that", async () => {
    const first = start();
    await first.append(batch(0, seen("ada"), seen("ada")));
    timers.elapse();
    await first.append(batch(2, seen("ada"), seen("ada"), seen("ada"), seen("ada"), seen("ada")));
    store.seal();
    store.crash();
    const second = start();
    expect(second.behind).toBe(7);
    await second.catchUp();
    expect([eventsOf(second), second.behind]).toEqual([7, 0]);
    await second.append(batch(7, seen("ada")));
    expect(eventsOf(second)).toBe(8);
  });

  it("pass over what they know already when the store is made anew", async () => {
    const first = start();
    const all = [seen("ada"), seen("ada"), seen("ada")];
    await first.append(batch(0, ...all));
    await first.close();
    store.clear();
    const second = start();
    await second.append(batch(0, ...all.slice(0, 2)));
    await second.append(batch(2, ...all.slice(2), seen("ada")));
    expect(eventsOf(second)).toBe(4);
  });

  it("are made anew from the store where nothing is left of them", async () => {
    const first = start();
    await first.append(batch(0, seen("ada"), seen("bob"), seen("ada"), seen("ada"), seen("ada")));
    store.seal();
    disk = emptyDisk();
    const second = start();
    await second.append(batch(5, seen("ada")));
    await second.catchUp();
    expect(eventsOf(second)).toBe(5);
    expect(eventsOf(second, "bob")).toBe(1);
  });

  it("read from the store what it passed over, because a file of it was lost and those behind were not", async () => {
    const all = [seen("ada"), seen("ada"), seen("bob"), seen("ada")];
    const first = start();
    await first.append(batch(0, ...all));
    store.seal();
    store.loseBeginning(2);
    disk = emptyDisk();
    const second = start();
    await second.append(batch(0, ...all));
    await second.catchUp();
    expect([eventsOf(second), eventsOf(second, "bob")]).toEqual([3, 1]);
  });

  it("never keep an event out of the store: they go back to their checkpoint and try again later", async () => {
    const profiled = start();
    await profiled.append(batch(0, seen("ada")));
    timers.elapse();
    await profiled.append(batch(1, seen("ada")));
    disk.failures = [new Error("ENOSPC")];
    timers.elapse();
    expect([failures, commits]).toEqual([["Error: ENOSPC"], 1]);
    expect(profiled.people).toBeNull();
    expect((await profiled.append(batch(2, seen("ada")))).stored).toHaveLength(1);
    expect(profiled.people).toBeNull();
    timers.elapse();
    await profiled.catchUp();
    expect([eventsOf(profiled), profiled.behind, commits]).toEqual([3, 0, 1]);
    timers.elapse();
    expect(commits).toBe(2);
  });

  it("try again after the store could not be read", async () => {
    await start().append(batch(0, seen("ada"), seen("ada")));
    store.seal();
    store.rangeFailure = new Error("away");
    const profiled = start();
    await profiled.catchUp();
    expect([failures.length, profiled.people]).toEqual([1, null]);
    timers.elapse();
    await profiled.catchUp();
    expect(eventsOf(profiled)).toBe(2);
  });

  it("begin anew where a document is not what was written", async () => {
    const first = start();
    await first.append(batch(0, seen("ada"), seen("ada")));
    await first.close();
    store.seal();
    const head = new RecordBuffer().add("name", { at: 1 });
    const damaged = (): unknown => decodeDocument(head, Buffer.alloc(head.length), "name");
    let isDamaged = true;
    const second = createProfiledStore({
      store,
      openDocuments: (how) => {
        if (how === "anew") [disk, isDamaged] = [emptyDisk(), false];
        const file = openOn(disk);
        return {
          ...file,
          position: disk.position,
          changes: 0,
          get: (name) => (isDamaged ? (damaged() as object) : file.get(name)),
        };
      },
      maxDocuments: 1_000,
      runtime: timers,
      onFailure: (error) => void failures.push(String(error)),
    });
    await second.append(batch(2, seen("ada")));
    expect(failures).toEqual([expect.stringContaining("checksum")]);
    timers.elapse();
    await second.catchUp();
    expect(eventsOf(second)).toBe(3);
  });

  it("let the people go who were seen longest ago when there are too many, with their ids and sessions", async () => {
    const profiled = start(100);
    const many = Array.from({ length: 40 }, (_, at) => seen(`user-${at}`));
    // Three documents each: the person, the id, the session; and one for the list of sessions.
    await profiled.append(batch(0, ...many.slice(0, 30)));
    timers.elapse();
    expect(disk.held.size).toBe(91);
    await profiled.append(batch(30, ...many.slice(30), seen("user-0")));
    timers.elapse();
    expect(disk.held.size).toBeLessThanOrEqual(99);
    const known = (at: number): boolean => profiled.people?.ofId("shop", `user-${at}`) !== undefined;
    expect([known(1), known(39)]).toEqual([false, true]);
    expect(profiled.people?.forgotten).toBe(8);
    expect([...disk.held.keys()].filter((name) => name.endsWith("user-1"))).toEqual([]);
    await profiled.append(batch(41, seen("user-1")));
    expect(eventsOf(profiled, "user-1")).toBe(1);
  });

  it("leave out an event that cannot be applied, and go on", async () => {
    const poison = { ...seen("ada"), context: null } as unknown as CanonicalEvent;
    const profiled = start();
    await profiled.append(batch(0, seen("ada"), poison, seen("ada")));
    expect(failures).toHaveLength(1);
    expect(eventsOf(profiled)).toBe(2);
  });

  it("are after any crashes what the stored events make of them, in their order", async () => {
    const id = fc.constantFrom(...ids);
    const kind = fc.constantFrom("track" as const, "identify" as const, "alias" as const, "page" as const);
    const anyEvent = fc.record({
      eventId: fc.nat({ max: 30 }),
      kind,
      userId: fc.option(id),
      anonymousId: fc.option(id),
      previousId: fc.option(id),
      at: fc.nat({ max: 200 }),
      plan: fc.nat({ max: 3 }),
    });
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.array(anyEvent, { minLength: 1, maxLength: 6 }) },
      { weight: 4, arbitrary: fc.constantFrom("seal", "tick", "crash", "lose documents", "lose store", "disk full") },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        store = new MemoryStore();
        disk = emptyDisk();
        timers = new ManualTimers();
        const log: CanonicalEvent[] = [];
        let profiled = start();
        const reload = async (): Promise<void> => {
          profiled = start();
          void profiled.catchUp();
          for (let at = store.position; at < log.length; at += 4)
            await profiled.append(batch(at, ...log.slice(at, at + 4)));
        };
        for (const one of steps) {
          if (typeof one !== "string") {
            const events = one.map(({ eventId, at, plan, ...fields }) =>
              event(at, { ...fields, id: `id-${eventId}`, properties: { [`plan${plan}`]: at } }),
            );
            const from = log.length;
            log.push(...events);
            await profiled.append(batch(from, ...events));
          }
          if (one === "seal") store.seal();
          if (one === "tick") timers.elapse();
          if (one === "disk full") disk.failures = [new Error("ENOSPC")];
          if (one === "lose documents") disk = emptyDisk();
          if (one === "lose store") store.clear();
          if (one === "crash" || one === "lose documents" || one === "lose store") {
            store.crash();
            timers = new ManualTimers();
            await reload();
          }
        }
        disk.failures = [];
        timers.elapse();
        await profiled.catchUp();
        expect(profiled.behind).toBe(0);
        expect(dump(profiled.people)).toEqual(dump(peopleAfter(...store.events.map((logged) => logged.event))));
      }),
      { numRuns: 150 },
    );
  });
});
