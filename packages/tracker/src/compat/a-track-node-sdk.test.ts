import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, expectTypeOf, it } from "vitest";
import {
  answerInTurn,
  answerWith,
  startRecordingServer,
  type Answer,
  type RecordingServer,
} from "../clients/rudderstack/recording-server.fixture.js";
import { run as runInScope } from "../context/scope.js";
import { TrackerError } from "../errors.js";
import { systemRuntime } from "../runtime.js";
import { ATrackSdk, buildInitPayload, buildNodeInitPayload, createATrackNodeSdk, Options } from "./a-track-node-sdk.js";
import type { EventPayload, InitPayload, SdkOptions, UserContext } from "./a-track-node-sdk.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serve(answer?: Answer): Promise<RecordingServer> {
  const server = await startRecordingServer(answer);
  closers.push(() => server[Symbol.asyncDispose]());
  return server;
}

function open(server: Pick<RecordingServer, "url">, options: Partial<SdkOptions> = {}): ATrackSdk {
  const sdk = createATrackNodeSdk({ publicKey: "pub_xxxxx", baseUrl: server.url, ...options });
  closers.push(() => sdk.close({ timeoutMs: 0 }));
  return sdk;
}

/** No second attempt comes within a test. */
const far = {
  retryBaseMs: 600_000,
  retryCapMs: 600_000,
  pauseBaseMs: 600_000,
  pauseCapMs: 600_000,
  runtime: { ...systemRuntime, random: () => 0.9 },
} as const;

const nowhere = { url: "http://127.0.0.1:1" } as const;

const said = (server: RecordingServer): unknown[] =>
  server.requests.map(({ path, body }) => [path, body["event"] ?? body["mode"], body["uuid"], body["attributes"]]);

describe("the drop-in for @a-track/node-sdk", () => {
  it("A22, A26, A39: does what the SDK's page shows, and each promise resolves when the request is answered", async () => {
    const server = await serve();
    const sdk = open(server);
    const { uuid } = await sdk.init();
    expect(server.requests).toHaveLength(1);
    await sdk.track({ event: "order_created", attributes: { orderId: "ord_123", total: 149 } });
    expect(server.requests).toHaveLength(2);
    await sdk.track({ uuid, event: "job_processed", attributes: { source: "worker" } });
    expect(sdk.getUser()?.uuid).toBe(uuid);
    await sdk.setAttributes({ plan: "business", seats: 12 });
    await sdk.setAttributes({ plan: "free" }, { replace: true });
    await sdk.setAttributes({ plan: "pro" }, true);
    expect(said(server)).toEqual([
      ["/init", "merge", uuid, {}],
      ["/event", "order_created", uuid, { orderId: "ord_123", total: 149 }],
      ["/event", "job_processed", uuid, { source: "worker" }],
      ["/attributes", "merge", uuid, { plan: "business", seats: 12 }],
      ["/attributes", "replace", uuid, { plan: "free" }],
      ["/attributes", "replace", uuid, { plan: "pro" }],
    ]);
    expect(sdk.getUser()).toEqual({ uuid, attributes: { plan: "pro" } });
  });

  it("A15, A17, A18, A19: has the names of the published pages, with options that are read when the SDK is made", async () => {
    const server = await serve();
    const options = Options.new("pub_xxxxx");
    options.geo = "fra";
    expect(options).toEqual({ publicKey: "pub_xxxxx", geo: "fra" });
    const sdk = new ATrackSdk({ ...options, baseUrl: server.url });
    closers.push(() => sdk.close({ timeoutMs: 0 }));
    options.publicKey = "pub_other";
    const user: UserContext = { uuid: "server-user-42", attributes: null };
    const payload: InitPayload = { user };
    const event: EventPayload = { event: "order_created" };
    await sdk.init(payload);
    await sdk.track(event);
    expect(said(server)).toEqual([
      ["/init", "merge", "server-user-42", {}],
      ["/event", "order_created", "server-user-42", {}],
    ]);
    expect(server.requests[0]?.headers["x-a-track-key"]).toBe("pub_xxxxx");
    expectTypeOf(createATrackNodeSdk).parameter(0).toExtend<Options>();
    expectTypeOf<Options>().toExtend<SdkOptions>();
  });

  it("A37: takes what buildNodeInitPayload makes of a request", async () => {
    expect(buildNodeInitPayload).toBe(buildInitPayload);
    const server = await serve();
    const sdk = open(server);
    const payload = buildNodeInitPayload({
      url: "/pricing?source=google",
      referer: "https://google.com",
      ipAddress: "134.122.17.144",
      userAgent: "node-service/1.0",
      locale: "en-US",
      timezone: "America/New_York",
      uuid: "crm-user-42",
      userAttributes: { plan: "pro" },
    });
    expect(await sdk.init(payload)).toMatchObject({ uuid: "crm-user-42" });
    expect(server.requests[0]?.body).toMatchObject({
      attributes: { plan: "pro" },
      context: { locale: "en-US", trafficSource: { type: "organic", source: "google" } },
    });
  });

  it("makes a user of its own once, where none was begun", async () => {
    const server = await serve();
    const sdk = open(server);
    await Promise.all([sdk.track({ event: "a" }), sdk.track({ event: "b" }), sdk.setAttributes({ plan: "pro" })]);
    const uuid = sdk.getUser()?.uuid;
    expect(said(server)).toEqual([
      ["/init", "merge", uuid, {}],
      ["/event", "a", uuid, {}],
      ["/event", "b", uuid, {}],
      ["/attributes", "merge", uuid, { plan: "pro" }],
    ]);
  });

  it("makes none for an event that names its user", async () => {
    const server = await serve();
    const sdk = open(server);
    await sdk.track({ uuid: "u", event: "a" });
    await sdk.setAttributes({ plan: "pro" }, { uuid: "u" });
    expect(said(server)).toEqual([
      ["/event", "a", "u", {}],
      ["/attributes", "merge", "u", { plan: "pro" }],
    ]);
    expect(sdk.getUser()).toBeNull();
  });

  it("waits for an init that is under way, however slow the storage is", async () => {
    const server = await serve();
    const storage = { get: () => turn("").then(() => null), set: () => undefined };
    const sdk = open(server, { storage });
    void sdk.init({ user: { uuid: "u" } });
    await sdk.track({ event: "a" });
    expect(said(server)).toEqual([
      ["/init", "merge", "u", {}],
      ["/event", "a", "u", {}],
    ]);
  });

  it("hands calls over in the order in which they were made, also where one waits for the storage", async () => {
    const server = await serve();
    const storage = { get: () => turn("").then(() => null), set: () => turn() };
    const sdk = open(server, { storage, generateUuid: () => "u" });
    await Promise.all([
      sdk.track({ event: "a" }),
      sdk.track({ uuid: "u", event: "b" }),
      sdk.init(),
      sdk.setAttributes({ plan: "pro" }),
      sdk.track({ event: "c" }),
    ]);
    expect(said(server)).toEqual([
      ["/init", "merge", "u", {}],
      ["/event", "a", "u", {}],
      ["/event", "b", "u", {}],
      ["/init", "merge", "u", {}],
      ["/attributes", "merge", "u", { plan: "pro" }],
      ["/event", "c", "u", {}],
    ]);
  });

  it("makes a user for each scope, never one for two", async () => {
    const server = await serve();
    const sdk = open(server);
    const seen = await Promise.all(
      ["a", "b", "c"].map((event) =>
        runInScope({}, async () => {
          await sdk.track({ event });
          return [event, sdk.getUser()?.uuid] as const;
        }),
      ),
    );
    expect(new Set(seen.map(([, uuid]) => uuid)).size).toBe(3);
    const events = server.requests.filter(({ path }) => path === "/event");
    expect(Object.fromEntries(events.map(({ body }) => [body["event"], body["uuid"]]))).toEqual(
      Object.fromEntries(seen),
    );
    expect(sdk.getUser()).toBeNull();
  });

  it.each([
    ["track", (sdk: ATrackSdk) => sdk.track({} as EventPayload), "event"],
    ["track of nothing", (sdk: ATrackSdk) => sdk.track(undefined as never), ""],
    ["init", (sdk: ATrackSdk) => sdk.init({ user: { uuid: "" } }), "uuid"],
    ["setAttributes", (sdk: ATrackSdk) => sdk.setAttributes([1]), "attributes"],
  ])("A16: %s rejects for the caller's mistake with a typed error", async (_call, call, field) => {
    const sdk = open(await serve());
    const error: unknown = await call(sdk).catch((thrown: unknown) => thrown);
    expect(TrackerError.is(error) && [error.code, error.field]).toEqual(["E_EVENT", field]);
  });

  it("goes on after an init that was refused", async () => {
    const sdk = open(await serve());
    await expect(sdk.init({ user: { uuid: "" } })).rejects.toThrow(TrackerError);
    await sdk.track({ event: "a" });
    expect(sdk.getUser()).not.toBeNull();
  });

  it("offline: init returns the uuid, no call rejects or waits, and all is kept", async () => {
    const sdk = open(nowhere, far);
    const { uuid } = await sdk.init();
    expect(sdk.getUser()?.uuid).toBe(uuid);
    await sdk.track({ event: "a" });
    await sdk.setAttributes({ plan: "pro" });
    expect(sdk.stats()).toMatchObject({ accepted: 3, pending: 3 });
  });

  it.each([503, 401])("lets the caller go at the first %i, and keeps the call", async (status) => {
    const sdk = open(await serve(answerWith(status)), far);
    await sdk.track({ uuid: "u", event: "a" });
    expect(sdk.stats()).toMatchObject({ pending: 1, destinations: { "a-track": { requests: 1 } } });
  });

  it("sends again what the caller did not wait for", async () => {
    const server = await serve(answerInTurn(503, 200));
    const sdk = open(server, { retryBaseMs: 1, retryCapMs: 1 });
    await sdk.track({ uuid: "u", event: "a" });
    expect(await sdk.flush()).toMatchObject({ delivered: 1 });
    expect(server.requests).toHaveLength(2);
  });

  it("does not reject when A-Track refuses the call: that is counted and reported", async () => {
    const sdk = open(await serve(answerWith(400, "no such event")));
    const reasons: string[] = [];
    sdk.on("rejected", ({ detail }) => reasons.push(detail));
    await sdk.track({ uuid: "u", event: "a" });
    expect(sdk.stats()).toMatchObject({ rejectedBy: { refused: 1 } });
    expect(reasons).toEqual([expect.stringContaining("no such event")]);
  });

  it("lets everybody go when it is closed", async () => {
    const server = await serve(() => undefined);
    const sdk = open(server);
    const waiting = sdk.track({ uuid: "u", event: "a" });
    await turn();
    expect(await sdk.close({ timeoutMs: 0 })).toMatchObject({ droppedBy: { closed: 1 } });
    await waiting;
  });
});
