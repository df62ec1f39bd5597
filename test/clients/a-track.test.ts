/**
 * A-Track in both directions, by what its page says alone: a client made from the page against the collector as it is
 * built, and our client, its drop-in and the one-call tracker against a server made from the page and against the collector.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { StoredEvent } from "@oncewire/collector";
import { createTracker } from "oncewire";
import { aTrack, buildInitPayload, createATrack, runInScope } from "oncewire/a-track";
import { createATrackNodeSdk } from "oncewire/compat/a-track-node-sdk";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { post, preflight, seedBodies, sendingStyles } from "./a-track-seed-client.js";
import { startSeedServer } from "./a-track-seed-server.js";
import { startBuiltCollector, type ClientCollector } from "./official-clients.js";

const root = new URL("../../", import.meta.url);
const publicKey = "pub_xxxxx";
const keys = { [publicKey]: "shop", pub_other: "blog" };

let collector: ClientCollector;

beforeAll(async () => {
  collector = await startBuiltCollector({ keys, disabledKeys: ["pub_closed"] });
});
afterAll(() => collector[Symbol.asyncDispose]());

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each[Symbol.asyncDispose]();
});

/** Is closed at the end of the test. */
function closed<T extends AsyncDisposable>(server: T): T {
  opened.push(server);
  return server;
}

/** The stored events of one user, in the order in which they were accepted. */
async function storedOf(uuid: string): Promise<readonly StoredEvent[]> {
  const events = [...(await collector.events()).values()];
  return events.filter(({ userId }) => userId === uuid).toSorted((a, b) => a.position - b.position);
}

/** The sessions of one user, newest first. */
async function sessionsOf(userId: string): Promise<unknown> {
  await collector.events();
  const answer = await fetch(`${collector.url}/api/sessions?project=shop&userId=${userId}`);
  return ((await answer.json()) as { readonly items: unknown }).items;
}

describe("a client made from the page, against the collector", () => {
  it.each(sendingStyles.map((style) => [style.name, style] as const))(
    "A42: every call of it is kept, right in every field, sent as by %s",
    async (name, style) => {
      const target = { url: collector.url, key: publicKey };
      const uuid = `user of ${name}`;
      for (const [path, body] of Object.entries(seedBodies)) {
        const answer = await post(target, path, { style, body: { ...body, uuid } });
        expect([answer.status, JSON.parse(answer.text)]).toEqual([200, expect.objectContaining({ ok: true })]);
      }
      const common = { protocol: "a-track", project: "shop", userId: uuid, anonymousId: null, groupId: null };
      expect(await storedOf(uuid)).toMatchObject([
        { ...common, kind: "session", name: null, properties: {}, wire: { ...seedBodies["/init"], uuid } },
        {
          ...common,
          kind: "identify",
          name: null,
          properties: { plan: "business" },
          wire: { ...seedBodies["/attributes"], uuid },
        },
        {
          ...common,
          kind: "track",
          name: "invoice_paid",
          properties: {},
          occurredAt: "2026-04-08T12:00:00.000Z",
          time: "2026-04-08T12:00:00.000Z",
          library: { name: "a-track", version: "0.1.0" },
          wire: { ...seedBodies["/event"], uuid },
        },
      ]);
    },
  );

  const [style] = sendingStyles;
  if (style === undefined) throw new Error("expected at least one style of sending");

  it("A11, A72: the key is the way in, and names the project", async () => {
    const send = (key: string | undefined) =>
      post({ url: collector.url, key }, "/event", { style, body: { ...seedBodies["/event"], uuid: `of ${key}` } });
    const statuses = await Promise.all(
      [undefined, "", "pub_unknown", "pub_closed", "pub_other"].map(async (key) => (await send(key)).status),
    );
    expect(statuses).toEqual([401, 401, 401, 401, 200]);
    expect(await storedOf("of pub_other")).toMatchObject([{ project: "blog" }]);
    expect(await storedOf("of pub_unknown")).toEqual([]);
  });

  it("A42: what is no call by the contract is told to the sender", async () => {
    const target = { url: collector.url, key: publicKey };
    const codes = await Promise.all(
      [
        { path: "/event", body: "{not json" },
        { path: "/event", body: { ...seedBodies["/event"], uuid: "" } },
        { path: "/event", body: { ...seedBodies["/event"], event: undefined } },
        { path: "/init", body: { ...seedBodies["/init"], mode: "append" } },
        { path: "/attributes", body: { ...seedBodies["/attributes"], attributes: [] } },
      ].map(async ({ path, body }) => {
        const { status, text } = await post(target, path, { style, body });
        return [status, (JSON.parse(text) as { error: { code: string } }).error.code];
      }),
    );
    expect(codes).toEqual([
      [400, "invalid-json"],
      [400, "no-identity"],
      [400, "no-event-name"],
      [400, "unknown-mode"],
      [400, "wrong-type"],
    ]);
  });

  it.each(Object.keys(seedBodies))("a page may ask and then send: %s", async (path) => {
    const asked = await preflight(collector.url, path);
    expect(asked.status).toBeGreaterThanOrEqual(200);
    expect(asked.status).toBeLessThan(300);
    expect(asked.headers["access-control-allow-origin"]).toBe("*");
    expect(asked.headers["access-control-allow-headers"]).toMatch(/x-a-track-key/);
  });
});

/** The same story in the words of each of our clients; resolves when all of it has been sent. */
const clients = [
  [
    "createATrack",
    async (baseUrl: string): Promise<void> => {
      const sdk = createATrack({ publicKey, baseUrl });
      await sdk.init(requestPayload);
      sdk.track({ event: "order_created", attributes: orderAttributes, timestamp: when });
      sdk.setAttributes({ plan: "business", seats: 12 }, false);
      sdk.track({ uuid: "job-7", event: "job_processed", timestamp: when });
      sdk.forUser("crm-user-42").setAttributes({ plan: "free" }, true);
      await sdk.close();
    },
  ],
  [
    "createATrackNodeSdk",
    async (baseUrl: string): Promise<void> => {
      const sdk = createATrackNodeSdk({ publicKey, baseUrl });
      await sdk.init(requestPayload);
      await sdk.track({ event: "order_created", attributes: orderAttributes, timestamp: when });
      await sdk.setAttributes({ plan: "business", seats: 12 });
      await sdk.track({ uuid: "job-7", event: "job_processed", timestamp: when });
      await sdk.setAttributes({ plan: "free" }, { replace: true });
      await sdk.close();
    },
  ],
  [
    "createTracker with aTrack()",
    async (baseUrl: string): Promise<void> => {
      const tracker = createTracker({ destinations: [aTrack({ publicKey, baseUrl })] });
      const replacing = { oncewire: { mode: "replace" } };
      runInScope({ userId: "crm-user-42", context: requestPayload.context }, () => {
        const change = { ...requestPayload.context, oncewire: { isNewUser: true } };
        tracker.event("session", { properties: { plan: "pro" }, context: change });
        tracker.track({ event: "order_created", properties: orderAttributes, occurredAt: when, context: noContext });
        tracker.identify({ traits: { plan: "business", seats: 12 } });
        tracker.identify({ traits: { plan: "free" }, context: replacing });
      });
      tracker.track({ userId: "job-7", event: "job_processed", occurredAt: when });
      await tracker.close();
    },
  ],
] as const;

const when = "2026-04-08T12:00:00.000Z";
const orderAttributes = { orderId: "ord_123", total: 149, items: [{ sku: "a", count: 2 }], note: null };
const requestPayload = buildInitPayload({
  url: "/pricing?source=google",
  referer: "https://google.com",
  ipAddress: "134.122.17.144",
  userAgent: "rust-service/1.0",
  locale: "en-US",
  timezone: "America/New_York",
  uuid: "crm-user-42",
  userAttributes: { plan: "pro" },
});
/** Stands above each field of the scope's context, so that the event has none of them. */
const noContext = Object.fromEntries(Object.keys(requestPayload.context).map((name) => [name, undefined]));

const plainJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("our clients, against a server made from the page", () => {
  it.each(clients)("A42: %s says what the page says, and nothing else", async (_name, use) => {
    const server = closed(await startSeedServer(publicKey));
    await use(server.url);
    expect(server.faults).toEqual([]);
    expect(server.inits).toMatchObject([
      {
        uuid: "crm-user-42",
        isNewUser: true,
        mode: "merge",
        attributes: { plan: "pro" },
        context: plainJson(requestPayload.context),
      },
    ]);
    expect(Object.fromEntries(server.users)).toEqual({ "crm-user-42": { plan: "free" } });
    const events = server.events.toSorted((a, b) => a.uuid.localeCompare(b.uuid));
    expect(events).toMatchObject([
      { uuid: "crm-user-42", event: "order_created", attributes: orderAttributes, timestamp: when, context: {} },
      { uuid: "job-7", event: "job_processed", attributes: {}, timestamp: when, context: {} },
    ]);
    // What a client knows of the session is in the context, which is the caller's beside it.
    const besides = events.map(({ context }) => Object.keys(context).filter((name) => name !== "sessionId"));
    expect(besides).toEqual([[], []]);
  });

  it("the server does find faults", async () => {
    const server = closed(await startSeedServer(publicKey));
    const style = { name: "plain", headers: {} };
    const send = (path: string, body: unknown, key = publicKey) =>
      post({ url: server.url, key }, path, { style, body });
    await send("/event", { ...seedBodies["/event"], id: "1" });
    await send("/init", { ...seedBodies["/init"], profile: null });
    await send("/event", { ...seedBodies["/event"], timestamp: "2026-04-08T12:00:00Z" });
    await send("/event", seedBodies["/event"], "pub_other");
    await send("/batch", []);
    expect(server.faults).toEqual([
      "/event: has also id",
      "/init: lacks, or has in another form, profile",
      "/event: lacks, or has in another form, timestamp",
      "/event: x-a-track-key is not the public key",
      "POST /batch is none of the three calls",
    ]);
  });
});

describe("our clients, against the collector", () => {
  it.each(clients)("A68: %s: every event is in the store, right in every field", async (name, use) => {
    const fresh = closed(await startBuiltCollector({ keys }));
    await use(fresh.url);
    const events = [...(await fresh.events()).values()].toSorted((a, b) => a.position - b.position);
    const ofUser = events.filter(({ userId }) => userId === "crm-user-42");
    expect(ofUser.map(({ kind }) => kind)).toEqual(["session", "track", "identify", "identify"]);
    expect(ofUser).toMatchObject([
      { properties: { plan: "pro" }, context: plainJson(requestPayload.context) },
      { name: "order_created", properties: orderAttributes, occurredAt: when },
      { properties: { plan: "business", seats: 12 } },
      { properties: { plan: "free" }, context: { oncewire: { mode: "replace" } } },
    ]);
    expect(events.filter(({ userId }) => userId === "job-7")).toMatchObject([
      { kind: "track", name: "job_processed", occurredAt: when },
    ]);
    expect(new Set(events.map(({ id }) => id)).size, name).toBe(5);
    expect(events.every(({ project, protocol }) => project === "shop" && protocol === "a-track")).toBe(true);
  });

  it("A67: keeps the sessions that the client begins, under the client's ids and by the same rule", async () => {
    const sdk = closed(createATrack({ publicKey, baseUrl: collector.url }));
    const first = await sdk.init({ user: { uuid: "visitor" }, context: { page: { url: "/?utm_source=news" } } });
    sdk.track({ event: "seen" });
    await sdk.init({ context: { page: { url: "/about?utm_source=news" } } });
    const second = await sdk.init({ context: { page: { url: "/?utm_source=other" } } });
    const third = await sdk.init({ newSession: true });
    sdk.track({ event: "seen" });
    await sdk.flush();
    expect(await sessionsOf("visitor")).toMatchObject([
      { sessionId: third.sessionId, began: "asked", events: 2 },
      { sessionId: second.sessionId, began: "campaign", events: 1 },
      { sessionId: first.sessionId, began: "first", events: 3 },
    ]);
    const ids = (await storedOf("visitor")).map(({ sessionId }) => sessionId);
    expect(ids).toEqual([first, first, first, second, third, third].map(({ sessionId }) => sessionId));
  });

  it("A67: tells the client of another session's id where it must, and the client goes on under that", async () => {
    const sdk = closed(createATrack({ publicKey, baseUrl: collector.url }));
    const theirs = await sdk.init({ user: { uuid: "owner" } });
    await sdk.flush();
    const { handle } = await sdk.init({ user: { uuid: "claimant" }, context: { sessionId: theirs.sessionId } });
    await handle.delivered;
    const given = sdk.getSession()?.sessionId;
    expect(given).not.toBe(theirs.sessionId);
    sdk.track({ event: "seen" });
    await sdk.flush();
    expect(await sessionsOf("claimant")).toMatchObject([{ sessionId: given, events: 2 }]);
    expect(await sessionsOf("owner")).toMatchObject([{ sessionId: theirs.sessionId, events: 1 }]);
  });

  it("keeps a call once whose answer was lost on the way", async () => {
    const target = { url: collector.url, key: publicKey };
    const style = { name: "ours", headers: { "idempotency-key": "order-1-paid" } };
    const body = { ...seedBodies["/event"], uuid: "once" };
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect((await post(target, "/event", { style, body })).status).toBe(200);
    }
    expect(await storedOf("once")).toMatchObject([{ id: "order-1-paid" }]);
  });
});

describe("A69: the quick start of docs/a-track.md", () => {
  const page = readFileSync(new URL("docs/a-track.md", root), "utf8");
  const [, quickStart = ""] = /```js\n([\s\S]*?)```/.exec(page) ?? [];

  it("A69: has at most ten lines", () => {
    const lines = quickStart.trim().split("\n");
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.length).toBeLessThanOrEqual(10);
  });

  it("A1, A69: runs as it stands, against the collector instead of A-Track", async () => {
    expect(quickStart).toContain('geo: "fra"');
    const program = quickStart.replace('geo: "fra"', `baseUrl: "${collector.url}"`);
    await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: fileURLToPath(root),
      timeout: 15_000,
    });
    const events = await storedOf("server-user-42");
    expect(events.map(({ kind, name }) => name ?? kind)).toEqual(["session", "order_created", "identify"]);
  });
});
