import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, expectTypeOf, it } from "vitest";
import { buildRequestContext } from "./context/init-payload.js";
import { fromNode } from "./context/request-input.js";
import { current as currentScope, run as runInScope } from "./context/scope.js";
import { TrackerError } from "./errors.js";
import type { EventHandle } from "./handle.js";
import { createMemoryDestination, createManualRuntime, type ManualRuntime, type MemoryDestination } from "./testing.js";
import { createTracker, type CreateTrackerOptions, type Tracker } from "./tracker.js";

function start(options: Partial<CreateTrackerOptions> = {}): {
  readonly runtime: ManualRuntime;
  readonly destination: MemoryDestination;
  readonly tracker: Tracker;
} {
  const runtime = createManualRuntime();
  const destination = createMemoryDestination();
  return { runtime, destination, tracker: createTracker({ destinations: [destination], runtime, ...options }) };
}

/** Calls with what the types forbid, as JavaScript callers do. */
function callWith(tracker: Tracker, message: unknown): EventHandle {
  return tracker.track(message as never);
}

describe("each call", () => {
  it("becomes an event of its kind, in the words of the canonical event", async () => {
    const { tracker, destination, runtime } = start();
    tracker.identify({ userId: "u1", traits: { plan: "pro" } });
    tracker.track({ userId: "u2", event: "Order Completed", properties: { total: 12 } });
    tracker.page({ anonymousId: "a3", name: "Home", properties: { url: "https://example.com/" } });
    tracker.screen({ userId: "u4", name: "Start" });
    tracker.group({ userId: "u5", groupId: "g5", traits: { seats: 3 } });
    tracker.alias({ userId: "u6", previousId: "a6" });
    tracker.structured({ userId: "u7", category: "shop", action: "add", label: "shirt", value: 2 });
    tracker.selfDescribing({ userId: "u8", schema: "iglu:com.acme/click/jsonschema/1-0-0", data: { id: 8 } });
    tracker.event("page-ping", { userId: "u9", name: "Home", properties: { offset: 9 } });
    await runtime.advance(1000);
    const said = destination.events.map(({ kind, name, userId, anonymousId, previousId, groupId, properties }) => ({
      kind,
      name,
      ids: [userId, anonymousId, previousId, groupId],
      properties,
    }));
    expect(said).toEqual([
      { kind: "identify", name: null, ids: ["u1", null, null, null], properties: { plan: "pro" } },
      { kind: "track", name: "Order Completed", ids: ["u2", null, null, null], properties: { total: 12 } },
      { kind: "page", name: "Home", ids: [null, "a3", null, null], properties: { url: "https://example.com/" } },
      { kind: "screen", name: "Start", ids: ["u4", null, null, null], properties: {} },
      { kind: "group", name: null, ids: ["u5", null, null, "g5"], properties: { seats: 3 } },
      { kind: "alias", name: null, ids: ["u6", null, "a6", null], properties: {} },
      {
        kind: "structured",
        name: "add",
        ids: ["u7", null, null, null],
        properties: { category: "shop", action: "add", label: "shirt", value: 2 },
      },
      {
        kind: "self-describing",
        name: "iglu:com.acme/click/jsonschema/1-0-0",
        ids: ["u8", null, null, null],
        properties: { id: 8 },
      },
      { kind: "page-ping", name: "Home", ids: ["u9", null, null, null], properties: { offset: 9 } },
    ]);
  });

  it.each([
    [new Date("2026-03-01T12:00:00.000Z"), "2026-03-01T12:00:00.000Z"],
    [Date.UTC(2026, 2, 1, 12), "2026-03-01T12:00:00.000Z"],
    ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"],
    [undefined, null],
  ])("takes a time as %s", async (occurredAt, expected) => {
    const { tracker, destination, runtime } = start();
    tracker.track({ userId: "u", event: "Timed", occurredAt });
    await runtime.advance(1000);
    expect(destination.events[0]?.occurredAt).toBe(expected);
  });

  it("keeps the caller's id, and gives one where there is none", async () => {
    const { tracker, destination, runtime } = start();
    const mine = tracker.track({ userId: "u", event: "Named", id: "order-1" });
    const given = tracker.track({ userId: 42, event: "Named", groupId: 7n });
    await runtime.advance(1000);
    expect(mine.id).toBe("order-1");
    expect(destination.events.map(({ id }) => id)).toEqual(["order-1", given.id]);
    expect(destination.events[1]).toMatchObject({ userId: "42", groupId: "7" });
  });

  it("sends what was said at the call, not what the object has become", async () => {
    const { tracker, destination, runtime } = start();
    const message = { userId: "u", event: "Said", properties: { list: [1], nested: { value: "before" } } };
    tracker.track(message);
    message.properties.list.push(2);
    message.properties.nested.value = "after";
    await runtime.advance(1000);
    expect(destination.events[0]?.properties).toEqual({ list: [1], nested: { value: "before" } });
  });
});

const throwing = Object.defineProperty({ event: "x" }, "userId", {
  enumerable: true,
  get: () => {
    throw new Error("mine");
  },
});
const revoked = Proxy.revocable({}, {});
revoked.revoke();

const mistakes: readonly (readonly [string, unknown, string])[] = [
  ["nothing", undefined, ""],
  ["null", null, ""],
  ["a text", "Order Completed", ""],
  ["a symbol", Symbol("x"), ""],
  ["a throwing getter", throwing, ""],
  ["a revoked proxy", revoked.proxy, ""],
  ["no user", { event: "x" }, "userId"],
  ["no event", { userId: "u" }, "event"],
  ["an event that is no text", { userId: "u", event: 5 }, "event"],
  ["a user that is an object", { userId: {}, event: "x" }, "userId"],
  ["a user that is NaN", { userId: Number.NaN, event: "x" }, "userId"],
  ["a user that has been rounded", { userId: 2 ** 60, event: "x" }, "userId"],
  ["properties that are no object", { userId: "u", event: "x", properties: "y" }, "properties"],
  ["entities that are no list", { userId: "u", event: "x", entities: {} }, "entities"],
  ["an invalid time", { userId: "u", event: "x", occurredAt: new Date(Number.NaN) }, "occurredAt"],
  ["another SDK's name for a field", { userId: "u", event: "x", timestamp: 0 }, "timestamp"],
  ["a field that does not exist", { userId: "u", event: "x", propertys: {} }, "propertys"],
];

describe("a caller's mistake", () => {
  it.each(mistakes)("is counted and reported, and harms no neighbour: %s", async (_, message) => {
    const { tracker, runtime, destination } = start();
    const details: string[] = [];
    tracker.on("rejected", ({ ids, reason, detail }) => details.push(`${ids.length} ${reason} ${detail}`));
    tracker.track({ userId: "u", event: "Before" });
    const handle = callWith(tracker, message);
    tracker.track({ userId: "u", event: "After" });
    await runtime.advance(1000);
    expect(handle.accepted).toBe(false);
    expect(await handle.delivered).toMatchObject({ delivered: false, destinations: { memory: { reason: "invalid" } } });
    expect(await handle.durable).toBe(false);
    expect(details).toEqual([expect.stringMatching(/^1 invalid expected .+, got/)]);
    expect(destination.events.map(({ name }) => name)).toEqual(["Before", "After"]);
    expect(tracker.stats()).toMatchObject({ accepted: 3, delivered: 2, rejected: 1, rejectedBy: { invalid: 1 } });
  });

  it.each(mistakes)("is thrown with the field's name where that is asked for: %s", (_, message, field) => {
    const { tracker } = start({ onInvalid: "throw" });
    let thrown: unknown;
    try {
      callWith(tracker, message);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TrackerError);
    expect(thrown).toMatchObject({ code: "E_EVENT", field });
    expect(tracker.stats()).toMatchObject({ accepted: 0 });
  });

  it("of one destination's rules is that destination's loss alone", async () => {
    const runtime = createManualRuntime();
    const small = createMemoryDestination({ name: "small", maxEventBytes: 400 });
    const large = createMemoryDestination({ name: "large" });
    const tracker = createTracker({ destinations: [small, large], runtime });
    const handle = tracker.track({ userId: "u", event: "Large", properties: { text: "é".repeat(200) } });
    await runtime.advance(1000);
    expect(handle.accepted).toBe(true);
    expect(await handle.delivered).toMatchObject({
      delivered: false,
      destinations: { small: { kind: "rejected", reason: "too-large" }, large: { kind: "delivered" } },
    });
    expect(tracker.stats()).toMatchObject({ accepted: 2, delivered: 1, rejected: 1, pending: 0 });
  });
});

describe("the handle", () => {
  it("tells when the event is delivered, also to whoever asks late", async () => {
    const { tracker, runtime } = start();
    const handle = tracker.track({ userId: "u", event: "x" });
    const early = handle.delivered;
    expect(handle.delivered).toBe(early);
    await runtime.advance(1000);
    const expected = { delivered: true, destinations: { memory: { kind: "delivered" } } };
    expect([await early, await handle.durable]).toEqual([expected, true]);
    const late = tracker.track({ userId: "u", event: "x" });
    await runtime.advance(1000);
    expect(await late.delivered).toEqual(expected);
  });
});

describe("createTracker", () => {
  it.each([
    ["no destination", { destinations: [] }, "destinations"],
    ["no list", {}, "destinations"],
    ["two of one name", { destinations: [createMemoryDestination(), createMemoryDestination()] }, "destinations"],
    ["an unknown option", { destinations: [createMemoryDestination()], flushAt: 20 }, "flushAt"],
  ])("refuses %s", (_, options, field) => {
    let thrown: unknown;
    try {
      createTracker(options as never);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: "TrackerError", code: "E_OPTION", field });
  });

  it("takes only what its types say", () => {
    const { tracker } = start();
    expectTypeOf<Tracker["track"]>().returns.toEqualTypeOf<EventHandle>();
    interface Shirt {
      readonly size: string;
    }
    const shirt: Shirt = { size: "M" };
    tracker.track({ userId: "u", event: "x", properties: shirt });
    // @ts-expect-error -- a track without its event
    tracker.track({ userId: "u" });
    // @ts-expect-error -- a name that another SDK has for it
    tracker.track({ userId: "u", event: "x", timestamp: 5 });
    // @ts-expect-error -- a group without its id
    tracker.group({ userId: "u" });
    // @ts-expect-error -- not a kind of event
    tracker.event("purchase", { userId: "u" });
    // @ts-expect-error -- not a kind of report
    tracker.on("sent", () => undefined);
  });
});

describe("within a scope", () => {
  it("every call takes its ids and its context", async () => {
    const { tracker, destination, runtime } = start();
    runInScope({ userId: "u1", sessionId: "s1", context: { ip: "192.0.2.1" } }, () => {
      tracker.track({ event: "Seen" });
      tracker.page({ name: "Home", context: { ip: "192.0.2.9" } });
      tracker.track({ event: "Seen", anonymousId: "a2" });
    });
    tracker.track({ event: "Seen", userId: "u3" });
    await runtime.advance(1000);
    const said = destination.events.map(({ userId, anonymousId, sessionId, context }) => [
      userId,
      anonymousId,
      sessionId,
      context,
    ]);
    expect(said).toEqual([
      ["u1", null, "s1", { ip: "192.0.2.1" }],
      ["u1", null, "s1", { ip: "192.0.2.9" }],
      [null, "a2", "s1", { ip: "192.0.2.1" }],
      ["u3", null, null, {}],
    ]);
  });

  it("two requests at once, of a real server, never see each other's", async () => {
    const { tracker, destination, runtime } = start();
    const server = createServer((request, response) => {
      const context = buildRequestContext(fromNode(request));
      void runInScope({ userId: request.headers["x-user"] as string, context }, async () => {
        await text(request);
        await turn();
        tracker.track({ event: "Asked", properties: { path: request.url } });
        response.end(currentScope()?.userId);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const users = Array.from({ length: 30 }, (_, index) => `user-${index}`);
    const answers = await Promise.all(
      users.map(async (user) => {
        const init = { headers: { "x-user": user }, method: "POST", body: user };
        return (await fetch(`http://127.0.0.1:${port}/of/${user}`, init)).text();
      }),
    );
    server.closeAllConnections();
    server.close();
    expect(answers).toEqual(users);
    await runtime.advance(1000);
    const seen = destination.events.map(({ userId, properties, context }) => [
      properties["path"],
      userId,
      (context["page"] as { path: string }).path,
    ]);
    expect(seen).toHaveLength(users.length);
    expect(seen).toEqual(expect.arrayContaining(users.map((user) => [`/of/${user}`, user, `/of/${user}`])));
  });
});
