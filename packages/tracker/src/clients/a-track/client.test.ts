import { readFileSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, describe, expect, expectTypeOf, it } from "vitest";
import { buildInitPayload } from "../../context/init-payload.js";
import { run as runInScope } from "../../context/scope.js";
import { TrackerError } from "../../errors.js";
import type { EventHandle } from "../../handle.js";
import { systemRuntime } from "../../runtime.js";
import {
  answerInTurn,
  answerWith,
  startRecordingServer,
  type Answer,
  type RecordingServer,
} from "../rudderstack/recording-server.fixture.js";
import { createATrack, type ATrack } from "./client.js";
import { defaults, type ATrackClientOptions } from "./client-options.js";
import { addressOf } from "./destination.js";
import type { CurrentUser, InitResult } from "./payloads.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serve(answer?: Answer): Promise<RecordingServer> {
  const server = await startRecordingServer(answer);
  closers.push(() => server[Symbol.asyncDispose]());
  return server;
}

type Options = Omit<ATrackClientOptions, "publicKey">;

/** Retries come fast; all else is as the options say. */
const quick = { retryBaseMs: 1, retryCapMs: 5, pauseBaseMs: 1, pauseCapMs: 5 } as const;

function open(server: Pick<RecordingServer, "url">, options: Options = {}): ATrack {
  const sdk = createATrack({ publicKey: "pub_xxxxx", baseUrl: server.url, ...quick, ...options });
  closers.push(() => sdk.close({ timeoutMs: 0 }));
  return sdk;
}

/** Nothing listens there. */
const nowhere = { url: "http://127.0.0.1:1" } as const;

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const told = (server: RecordingServer): unknown[] => server.requests.map(({ path, body }) => [path, body]);

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("init", () => {
  it("A4, A20: sends the user's own uuid as it is, and empty objects for what is not said", async () => {
    const server = await serve();
    const sdk = open(server);
    const result = await sdk.init({ user: { uuid: "server-user-42" } });
    expect(result).toMatchObject({ uuid: "server-user-42", isNewUser: true, isStored: true });
    await sdk.flush();
    expect(told(server)).toEqual([
      [
        "/init",
        {
          sdkVersion: "0.1.0",
          uuid: "server-user-42",
          isNewUser: true,
          mode: "merge",
          context: { sessionId: result.sessionId },
          attributes: {},
          profile: {},
        },
      ],
    ]);
  });

  it.each([[undefined], [null], [{}], [{ user: null }], [{ user: { uuid: null } }]])(
    "A3, A22: generates a uuid where none is given: %j",
    async (payload) => {
      const server = await serve();
      const sdk = open(server);
      const { uuid, isNewUser } = await sdk.init(payload);
      expect(uuid).toMatch(uuid4);
      expect(isNewUser).toBe(true);
      await sdk.flush();
      expect(server.requests[0]?.body).toMatchObject({ uuid, isNewUser: true });
    },
  );

  it("A3: keeps the generated uuid: the second init is about the same user, who is not new", async () => {
    const server = await serve();
    const sdk = open(server);
    const first = await sdk.init();
    const second = await sdk.init();
    expect([second.uuid, second.isNewUser]).toEqual([first.uuid, false]);
    await sdk.flush();
    expect(server.requests.map(({ body }) => [body["uuid"], body["isNewUser"]])).toEqual([
      [first.uuid, true],
      [first.uuid, false],
    ]);
  });

  it("A3: shares one generated uuid among inits that are made at once", async () => {
    const server = await serve();
    const kept = new Map<string, string>();
    const storage = {
      get: async (key: string) => (await turn(), kept.get(key)),
      set: async (key: string, text: string) => (await turn(), kept.set(key, text)),
    };
    const sdk = open(server, { storage });
    const results = await Promise.all([sdk.init(), sdk.init(), sdk.init()]);
    expect(new Set(results.map(({ uuid }) => uuid)).size).toBe(1);
    expect(results.map(({ isNewUser }) => isNewUser)).toEqual([true, false, false]);
  });

  it("A5: creates attributes and a profile, by the mode that is asked for", async () => {
    const server = await serve();
    const sdk = open(server);
    await sdk.init({
      user: { uuid: "u", attributes: { plan: "pro", seats: 12 } },
      profile: { email: "a@example.com" },
      mode: "replace",
      isNewUser: false,
    });
    await sdk.flush();
    expect(server.requests[0]?.body).toMatchObject({
      isNewUser: false,
      mode: "replace",
      attributes: { plan: "pro", seats: 12 },
      profile: { email: "a@example.com" },
    });
  });

  it("A8, A37: takes what buildInitPayload makes of a request", async () => {
    const server = await serve();
    const sdk = open(server);
    const payload = buildInitPayload({
      url: "/pricing?source=google",
      referer: "https://google.com",
      ipAddress: "134.122.17.144",
      userAgent: "rust-service/1.0",
      locale: "en-US",
      timezone: "America/New_York",
      uuid: "crm-user-42",
      userAttributes: { plan: "pro" },
    });
    expect(await sdk.init(payload)).toMatchObject({ uuid: "crm-user-42" });
    await sdk.flush();
    expect(server.requests[0]?.body).toMatchObject({
      uuid: "crm-user-42",
      attributes: { plan: "pro" },
      context: JSON.parse(JSON.stringify(payload.context)) as object,
    });
  });

  it("A23: resolves with a plain value, which stays as it is", async () => {
    const sdk = open(await serve());
    const result = await sdk.init({ user: { uuid: "first" } });
    const user = sdk.getUser();
    await sdk.init({ user: { uuid: "second" } });
    sdk.setAttributes({ plan: "pro" });
    expect([result.uuid, user]).toEqual(["first", { uuid: "first", attributes: {} }]);
    expectTypeOf(result).toEqualTypeOf<InitResult>();
  });

  it("keeps and returns the uuid offline, and sends the request when there is somebody to take it", async () => {
    const server = await serve(answerInTurn(503, 503, 200));
    const sdk = open(server);
    const { uuid, handle } = await sdk.init();
    expect(sdk.getUser()?.uuid).toBe(uuid);
    expect(await handle.delivered).toMatchObject({ delivered: true });
    expect(server.requests.map(({ body }) => body["uuid"])).toEqual([uuid, uuid, uuid]);

    const offline = open(nowhere);
    const unsent = await offline.init();
    expect(offline.getUser()?.uuid).toBe(unsent.uuid);
    expect(offline.stats()).toMatchObject({ accepted: 1, pending: 1 });
  });

  it("is the current user before the call returns, where the storage answers at once", async () => {
    const server = await serve();
    const sdk = open(server);
    const beginning = sdk.init();
    expect(sdk.track({ event: "order_created" }).accepted).toBe(true);
    const { uuid } = await beginning;
    await sdk.flush();
    expect(server.requests.map(({ path, body }) => [path, body["uuid"]])).toEqual([
      ["/init", uuid],
      ["/event", uuid],
    ]);
  });

  it.each([
    ["a number", 42],
    ["an empty text", ""],
    ["an object", {}],
  ])("refuses %s for a uuid, counts it, and leaves the current user as it is", async (_what, uuid) => {
    const server = await serve();
    const sdk = open(server);
    expect(await sdk.init({ user: { uuid } } as never)).toMatchObject({ uuid: "", isStored: false });
    expect(sdk.getUser()).toBeNull();
    await sdk.init({ user: { uuid: "u" } });
    expect(await sdk.init({ user: { uuid } } as never)).toMatchObject({ uuid: "u" });
    expect(await sdk.flush()).toMatchObject({ delivered: 1, rejectedBy: { invalid: 2 } });
  });

  it("A16: rejects with an error that names the field, where that is asked for", async () => {
    const sdk = open(nowhere, { onInvalid: "throw" });
    const failed: unknown = await sdk.init({ user: { uuid: "" } }).catch((error: unknown) => error);
    expect(TrackerError.is(failed) && [failed.code, failed.field]).toEqual(["E_EVENT", "uuid"]);
    expect(sdk.getUser()).toBeNull();
  });
});

describe("track", () => {
  it("A6, A21, A61: sends an event of the current user, with the time of the call and not of sending", async () => {
    let nowMs = Date.UTC(2026, 3, 8, 12);
    const server = await serve(answerInTurn(200, 503, 200));
    const sdk = open(server, { runtime: { ...systemRuntime, nowMs: () => nowMs } });
    const { handle, sessionId } = await sdk.init({ user: { uuid: "server-user-42" } });
    await handle.delivered;
    sdk.track({ event: "order_created" });
    nowMs += 60_000;
    await sdk.flush();
    const body = {
      sdkVersion: "0.1.0",
      uuid: "server-user-42",
      event: "order_created",
      attributes: {},
      timestamp: "2026-04-08T12:00:00.000Z",
      context: { sessionId },
    };
    expect(told(server).slice(1)).toEqual([
      ["/event", body],
      ["/event", body],
    ]);
  });

  it("A21: sends every field that may be said", async () => {
    const server = await serve();
    const sdk = open(server);
    const { id } = sdk.track({
      uuid: "u",
      event: "invoice_paid",
      attributes: { total: 149 },
      timestamp: "2026-04-08T12:00:00Z",
      context: { ip: "192.0.2.1" },
      id: "inv-1",
    });
    await sdk.flush();
    expect(server.requests[0]?.body).toEqual({
      sdkVersion: "0.1.0",
      uuid: "u",
      event: "invoice_paid",
      attributes: { total: 149 },
      timestamp: "2026-04-08T12:00:00.000Z",
      context: { ip: "192.0.2.1" },
    });
    expect([id, server.requests[0]?.headers["idempotency-key"]]).toEqual(["inv-1", "inv-1"]);
  });

  it("A25: takes an explicit uuid without any init, in another client too", async () => {
    const server = await serve();
    const { uuid } = await open(server).init();
    const sdk = open(server);
    sdk.track({ event: "job_processed", uuid });
    expect(await sdk.flush()).toMatchObject({ delivered: 1 });
    expect(server.requests.at(-1)?.body).toMatchObject({ event: "job_processed", uuid });
  });

  it("A26: an explicit uuid goes before the current user and does not change it", async () => {
    const server = await serve();
    const sdk = open(server);
    await sdk.init({ user: { uuid: "me" } });
    sdk.track({ event: "job_processed", uuid: "somebody" });
    sdk.track({ event: "job_seen" });
    await sdk.flush();
    const events = server.requests.filter(({ path }) => path === "/event");
    expect(events).toHaveLength(2);
    expect(Object.fromEntries(events.map(({ body }) => [body["event"], body["uuid"]]))).toEqual({
      job_processed: "somebody",
      job_seen: "me",
    });
    expect(sdk.getUser()?.uuid).toBe("me");
  });

  it("A16: is a counted rejection that says what to do, where there is no user", async () => {
    const sdk = open(nowhere);
    const handle = sdk.track({ event: "order_created" });
    expect(handle.accepted).toBe(false);
    expect(await handle.delivered).toMatchObject({
      destinations: {
        "a-track": { kind: "rejected", reason: "invalid", detail: expect.stringMatching(/init.*forUser/) },
      },
    });
    const strict = open(nowhere, { onInvalid: "throw" });
    expect(thrownBy(() => strict.track({ event: "order_created" }))).toMatchObject({ code: "E_EVENT", field: "uuid" });
  });

  it.each([
    ["no event", { uuid: "u" }, /name such as/],
    ["a number for an event", { uuid: "u", event: 5 }, /text, got 5/],
    ["a list for attributes", { uuid: "u", event: "e", attributes: [1] }, /object with fields/],
    ["a list for a context", { uuid: "u", event: "e", context: [1] }, /object with fields/],
    ["an invalid Date", { uuid: "u", event: "e", timestamp: new Date(Number.NaN) }, /valid Date/],
    ["nothing", undefined, /plain object/],
    ["a text", "order_created", /plain object/],
    [
      "a field that throws",
      {
        uuid: "u",
        get event() {
          throw new Error("theirs");
        },
      },
      /plain object/,
    ],
  ])("A16: with %s is a counted rejection, and nothing is sent", async (_what, payload, detail) => {
    const server = await serve();
    const sdk = open(server);
    const handle = sdk.track(payload as never);
    expect((await handle.delivered).destinations["a-track"]).toMatchObject({
      kind: "rejected",
      reason: "invalid",
      detail: expect.stringMatching(detail),
    });
    expect(await sdk.flush()).toMatchObject({ accepted: 1, rejected: 1 });
    expect(server.requests).toEqual([]);
  });

  it("never throws and never rejects, whatever it is given", async () => {
    const sdk = open(nowhere, { send: false });
    await fc.assert(
      fc.asyncProperty(fc.anything({ withBigInt: true, withDate: true, withMap: true }), async (value) => {
        const given = value as never;
        await sdk.init(given);
        sdk.track(given);
        sdk.setAttributes(given, given);
        sdk.forUser(given).init(given);
        sdk.forUser("u").track(given);
        sdk.forUser("u").setAttributes(given);
        sdk.getUser();
      }),
      { numRuns: 300 },
    );
    const { accepted, rejected, dropped, pending } = sdk.stats();
    expect([accepted, pending]).toEqual([rejected + dropped, 0]);
  });
});

describe("setAttributes", () => {
  it("A39, A40, A50–A54: sends to /attributes, by merge or in place of all", async () => {
    const server = await serve();
    const sdk = open(server);
    await sdk.init({ user: { uuid: "u" } });
    sdk.setAttributes({ plan: "business", seats: 12 }, false);
    sdk.setAttributes({ plan: "free" }, true);
    sdk.setAttributes({ plan: "pro" }, { replace: true, profile: { email: "a@example.com" } });
    sdk.setAttributes({ seats: 3 });
    await sdk.flush();
    const [, ...calls] = server.requests;
    const common = { sdkVersion: "0.1.0", uuid: "u" };
    expect(calls.map(({ path }) => path)).toEqual(Array.from(calls, () => "/attributes"));
    expect(calls.map(({ body }) => body)).toEqual([
      { ...common, mode: "merge", attributes: { plan: "business", seats: 12 }, profile: {} },
      { ...common, mode: "replace", attributes: { plan: "free" }, profile: {} },
      { ...common, mode: "replace", attributes: { plan: "pro" }, profile: { email: "a@example.com" } },
      { ...common, mode: "merge", attributes: { seats: 3 }, profile: {} },
    ]);
  });

  it("is about another user, where it says so, and leaves the current one alone", async () => {
    const server = await serve();
    const sdk = open(server);
    await sdk.init({ user: { uuid: "me" } });
    sdk.setAttributes({ plan: "pro" }, { uuid: "somebody" });
    await sdk.flush();
    expect(server.requests.at(-1)?.body).toMatchObject({ uuid: "somebody", attributes: { plan: "pro" } });
    expect(sdk.getUser()).toEqual({ uuid: "me", attributes: {} });
  });

  it("A16: without a user, or without attributes, is a counted rejection", async () => {
    const sdk = open(nowhere);
    expect(sdk.setAttributes({ plan: "pro" }).accepted).toBe(false);
    await sdk.init({ user: { uuid: "u", attributes: { plan: "pro" } } });
    expect(sdk.setAttributes(undefined as never, true).accepted).toBe(false);
    expect(sdk.getUser()?.attributes).toEqual({ plan: "pro" });
    expect(sdk.stats()).toMatchObject({ rejectedBy: { invalid: 2 } });
  });
});

describe("getUser", () => {
  it("A24: is the user of the last init, with the same uuid; null before it", async () => {
    const sdk = open(await serve());
    expect(sdk.getUser()).toBeNull();
    const { uuid } = await sdk.init();
    expect(sdk.getUser()?.uuid).toBe(uuid);
    expectTypeOf(sdk.getUser()).toEqualTypeOf<CurrentUser | null>();
  });

  it("A41: has the attributes as they were set, at any time, also after failed requests", async () => {
    const server = await serve(answerWith(400));
    const sdk = open(server);
    await sdk.init({ user: { uuid: "u", attributes: { plan: "pro", tags: ["a"] } } });
    expect(sdk.getUser()).toEqual({ uuid: "u", attributes: { plan: "pro", tags: ["a"] } });
    sdk.setAttributes({ seats: 12 });
    expect(sdk.getUser()?.attributes).toEqual({ plan: "pro", tags: ["a"], seats: 12 });
    sdk.setAttributes({ plan: "free" }, true);
    expect(await sdk.flush()).toMatchObject({ rejectedBy: { refused: 3 } });
    expect(sdk.getUser()).toEqual({ uuid: "u", attributes: { plan: "free" } });
  });

  it("is a copy, which the caller's later changes do not reach", async () => {
    const sdk = open(await serve());
    const attributes = { plan: "pro", tags: ["a"] };
    await sdk.init({ user: { uuid: "u", attributes } });
    attributes.tags.push("b");
    expect(sdk.getUser()?.attributes).toEqual({ plan: "pro", tags: ["a"] });
  });

  it("starts anew with another user", async () => {
    const sdk = open(await serve());
    await sdk.init({ user: { uuid: "u", attributes: { plan: "pro" } } });
    expect(await sdk.init({ user: { uuid: "v" } })).toMatchObject({ isNewUser: true });
    expect(sdk.getUser()).toEqual({ uuid: "v", attributes: {} });
  });

  it("does not take attributes that were refused", async () => {
    const sdk = open(await serve(), { maxEventBytes: 1000 });
    await sdk.init({ user: { uuid: "u" } });
    expect(sdk.setAttributes({ text: "x".repeat(2000) }).accepted).toBe(false);
    expect(sdk.setAttributes([1] as never).accepted).toBe(false);
    expect(sdk.getUser()?.attributes).toEqual({});
  });

  it("works where nothing is sent, by option", async () => {
    const server = await serve();
    const sdk = open(server, { send: false });
    await sdk.init({ user: { uuid: "u", attributes: { plan: "pro" } } });
    sdk.setAttributes({ seats: 3 });
    expect(sdk.getUser()).toEqual({ uuid: "u", attributes: { plan: "pro", seats: 3 } });
    expect(await sdk.close()).toMatchObject({ droppedBy: { disabled: 2 } });
    expect(server.requests).toEqual([]);
  });
});

describe("two users of one process", () => {
  it("never mix with forUser, and the current user stays who it is", async () => {
    const server = await serve();
    const sdk = open(server);
    await sdk.init({ user: { uuid: "me" } });
    const alice = sdk.forUser("alice");
    const bob = sdk.forUser("bob");
    alice.init({ user: { uuid: "not-me", attributes: { plan: "pro" } }, isNewUser: null });
    bob.track({ event: "seen", uuid: "not-me" });
    alice.setAttributes({ seats: 1 }, true);
    bob.setAttributes({ seats: 2 }, { uuid: "not-me" });
    await sdk.flush();
    const of = (uuid: string): unknown[] =>
      server.requests
        .filter(({ body }) => body["uuid"] === uuid)
        .map(({ path, body }) => [path, body["mode"] ?? body["event"], body["attributes"]]);
    expect(of("alice")).toEqual([
      ["/init", "merge", { plan: "pro" }],
      ["/attributes", "replace", { seats: 1 }],
    ]);
    expect(of("bob")).toEqual([
      ["/event", "seen", {}],
      ["/attributes", "merge", { seats: 2 }],
    ]);
    expect(server.requests).toHaveLength(5);
    expect(sdk.getUser()).toEqual({ uuid: "me", attributes: {} });
    expectTypeOf(alice.track({ event: "seen" })).toEqualTypeOf<EventHandle>();
  });

  it("never mix within scopes, each with an init of its own, however their awaits interleave", async () => {
    const server = await serve();
    const sdk = open(server);
    const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
    await Promise.all(
      users.map((user) =>
        runInScope({ context: { ip: `ip-of-${user}` } }, async () => {
          await turn();
          await sdk.init({ user: { uuid: user, attributes: { name: user } } });
          await turn();
          sdk.track({ event: `event-of-${user}` });
          await turn();
          sdk.setAttributes({ seen: user });
          expect(sdk.getUser()).toEqual({ uuid: user, attributes: { name: user, seen: user } });
        }),
      ),
    );
    expect(sdk.getUser()).toBeNull();
    expect(await sdk.flush()).toMatchObject({ delivered: 60 });
    for (const user of users) {
      const bodies = server.requests.filter(({ body }) => body["uuid"] === user).map(({ body }) => body);
      expect(bodies).toMatchObject([
        { attributes: { name: user }, context: { ip: `ip-of-${user}` } },
        { event: `event-of-${user}`, context: { ip: `ip-of-${user}` } },
        { attributes: { seen: user } },
      ]);
    }
  });
});

describe("within a scope", () => {
  it("calls are about the scope's user, with its session and its context", async () => {
    const server = await serve();
    const sdk = open(server);
    await sdk.init({ user: { uuid: "me" } });
    runInScope({ userId: "alice", sessionId: "s1", context: { ip: "192.0.2.1", locale: "en" } }, () => {
      expect(sdk.getUser()).toEqual({ uuid: "alice", attributes: {} });
      sdk.track({ event: "seen", context: { locale: "de" } });
      sdk.setAttributes({ plan: "pro" });
      expect(sdk.getUser()).toEqual({ uuid: "alice", attributes: { plan: "pro" } });
    });
    runInScope({ anonymousId: "visitor", context: { sessionId: "s2" }, sessionId: "s1" }, () => {
      sdk.track({ event: "seen" });
    });
    expect(sdk.getUser()).toEqual({ uuid: "me", attributes: {} });
    await sdk.flush();
    const events = server.requests
      .filter(({ path }) => path === "/event")
      .map(({ body }) => [body["uuid"], body["context"]] as const);
    expect(Object.fromEntries(events)).toEqual({
      alice: { sessionId: "s1", ip: "192.0.2.1", locale: "de" },
      visitor: { sessionId: "s2" },
    });
  });

  it("init makes the user of that scope and of those within it that name none, and asks no storage", async () => {
    const kept = new Map<string, string>();
    const sdk = open(await serve(), { storage: kept });
    await sdk.init({ user: { uuid: "me" } });
    const before = [...kept.values()];
    await runInScope({ sessionId: "s" }, async () => {
      const { uuid, isNewUser, isStored } = await sdk.init();
      expect(uuid).toMatch(uuid4);
      expect([isNewUser, isStored]).toEqual([true, false]);
      expect((await sdk.init()).uuid).toBe(uuid);
      runInScope({ context: { step: 1 } }, () => expect(sdk.getUser()?.uuid).toBe(uuid));
      runInScope({ userId: "alice" }, () => expect(sdk.getUser()?.uuid).toBe("alice"));
      sdk.setAttributes({ plan: "pro" });
      expect(sdk.getUser()).toEqual({ uuid, attributes: { plan: "pro" } });
      await runInScope({ context: { step: 2 } }, () => sdk.init({ user: { uuid: "known-now" } }));
      expect(sdk.getUser()?.uuid).toBe("known-now");
    });
    expect(await runInScope({}, () => sdk.init({ user: { uuid: "named" } }))).toMatchObject({ isNewUser: false });
    await runInScope({ userId: "alice" }, async () => {
      expect(await sdk.init()).toMatchObject({ uuid: "alice", isNewUser: false });
      expect(await sdk.init({ user: { uuid: "bob" } })).toMatchObject({ uuid: "bob", isNewUser: false });
      expect(sdk.getUser()?.uuid).toBe("bob");
    });
    expect(sdk.getUser()?.uuid).toBe("me");
    expect([...kept.values()]).toEqual(before);
  });

  it("the process's user stands in where the scope has none", async () => {
    const sdk = open(await serve());
    await sdk.init({ user: { uuid: "me" } });
    runInScope({ context: { job: 1 } }, () => {
      expect(sdk.getUser()?.uuid).toBe("me");
      sdk.setAttributes({ plan: "pro" });
    });
    expect(sdk.getUser()?.attributes).toEqual({ plan: "pro" });
  });
});

describe("the options", () => {
  it("A9, A10: lead to A-Track's own host, or that of a region, unless an address is given", () => {
    expect(addressOf({}).href).toBe("https://api.a-track.io/");
    expect(addressOf({ geo: "fra" }).href).toBe("https://fra.api.a-track.io/");
    expect(addressOf({ geo: "FRA", baseUrl: "http://127.0.0.1:4600/in" }).href).toBe("http://127.0.0.1:4600/in");
  });

  it("A11–A14, A68: send the key in its header, to other paths where asked", async () => {
    const server = await serve();
    const endpoints = { init: "/v2/start", event: "/v2/done" };
    const sdk = open({ url: `${server.url}/pre` }, { endpoints });
    await sdk.init();
    sdk.track({ event: "e" });
    sdk.setAttributes({});
    await sdk.flush();
    expect(server.requests.map(({ method, path }) => [method, path])).toEqual([
      ["POST", "/pre/v2/start"],
      ["POST", "/pre/v2/done"],
      ["POST", "/pre/attributes"],
    ]);
    for (const { headers } of server.requests) {
      expect(headers).toMatchObject({ "x-a-track-key": "pub_xxxxx", "content-type": "application/json" });
    }
  });

  it("A18: are read once, when the client is made", async () => {
    const server = await serve();
    const options = { publicKey: "pub_1", baseUrl: server.url };
    const sdk = createATrack(options);
    closers.push(() => sdk.close({ timeoutMs: 0 }));
    options.publicKey = "pub_2";
    await sdk.init();
    await sdk.flush();
    expect(server.requests[0]?.headers["x-a-track-key"]).toBe("pub_1");
    expect(createATrack(Object.freeze({ ...options }))).toBeDefined();
  });

  it.each([
    [undefined, undefined],
    [true, "gzip"],
  ])("gzip: %s sends content-encoding %s", async (gzip, encoding) => {
    const server = await serve();
    const sdk = open(server, { gzip });
    sdk.track({ uuid: "u", event: "e", attributes: { text: "x".repeat(2000) } });
    await sdk.flush();
    expect(server.requests[0]?.headers["content-encoding"]).toBe(encoding);
  });

  it("have the defaults that their documentation says", () => {
    const source = readFileSync(new URL("client-options.ts", import.meta.url), "utf8");
    const documented = [...source.matchAll(/@default (.+)\n\s+\*\/\n\s+readonly (\w+)\?/g)].map(
      ([, value = "", name = ""]) => [name, JSON.parse(value) as unknown],
    );
    expect(Object.fromEntries(documented)).toEqual(defaults);
  });

  it.each([
    [{ publicKey: "" }, "publicKey", /public key/],
    [{ publicKey: undefined }, "publicKey", /public key/],
    [{ publicKey: "pub x" }, "publicKey", /no space/],
    [{ geo: "evil.example/" }, "geo", /region/],
    [{ geo: "" }, "geo", /region/],
    [{ baseUrl: "api.a-track.io" }, "baseUrl", /http or https/],
    [{ baseUrl: "file:///tmp" }, "baseUrl", /http or https/],
    [{ endpoints: { init: "init" } }, "endpoints.init", /begins with/],
    [{ maxEventBytes: 0 }, "maxEventBytes", /whole number/],
    [{ proxy: "ftp://proxy" }, "proxy", /http or https address/],
    [{ storage: {} }, "storage", /get\(key\).*Map/],
    [{ storage: null }, "storage", /get\(key\)/],
    [{ onStorageError: "log" }, "onStorageError", /function, got string/],
    [{ generateUuid: "v4" }, "generateUuid", /function/],
    [{ maxInFlight: 0 }, "maxInFlight", /≥ 1/],
    [{ key: "pub" }, "key", /is not an option; there are publicKey/],
    [{ name: "mine" }, "name", /is not an option/],
  ])("A2, A16: %j is refused with the option's name", (given, field, message) => {
    const error = thrownBy(() => createATrack({ publicKey: "pub_xxxxx", ...(given as object) }));
    expect(error).toMatchObject({
      name: "TrackerError",
      code: "E_OPTION",
      field,
      message: expect.stringMatching(message),
    });
  });

  it.each([[undefined], [null], ["pub_xxxxx"]])("A2: %j in place of the options is refused", (given) => {
    expect(thrownBy(() => createATrack(given as never))).toMatchObject({ code: "E_OPTION", field: "publicKey" });
  });
});

describe("close", () => {
  it("resolves with the ledger, and what is tracked afterwards is dropped and counted", async () => {
    const sdk = open(await serve());
    await sdk.init({ user: { uuid: "u" } });
    expect(await sdk.close()).toMatchObject({ accepted: 1, delivered: 1, pending: 0 });
    expect(sdk.track({ event: "late" }).accepted).toBe(false);
    expect(sdk.stats()).toMatchObject({ droppedBy: { closed: 1 } });
  });

  it("is what `await using` does at the end of its block", async () => {
    const server = await serve();
    const sdk = open(server);
    sdk.track({ uuid: "u", event: "e" });
    await sdk[Symbol.asyncDispose]();
    expect(server.requests).toHaveLength(1);
  });
});
