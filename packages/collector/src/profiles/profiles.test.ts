/** Profiles and sessions over a real collector: what the wires bring, what the API and the replies tell. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startCollector } from "../collector.js";
import type { Collector } from "../collector.js";
import type { CollectorOptions } from "../options.js";
import { rebuildStore } from "../rebuild-store.js";
import { systemRuntime } from "../runtime.js";

let directory: string;
let collector: Collector;
let isRunning = false;
/** What fails in the background. */
let troubles: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-profiles-"));
  troubles = [];
});
afterEach(async () => {
  if (isRunning) await stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Deadlines come late: what is said within one is asked here, not how busy the machine is. */
const patient = { ...systemRuntime, after: (ms: number, task: () => void) => systemRuntime.after(ms * 40, task) };

async function start(options: Partial<CollectorOptions> = {}): Promise<void> {
  collector = await startCollector({
    dataDirectory: directory,
    port: 0,
    runtime: patient,
    onReport: (report) => {
      if (report.kind === "store-failed") troubles.push(report.message);
    },
    ...options,
  });
  isRunning = true;
}

async function stop(): Promise<void> {
  isRunning = false;
  await collector.close();
}

interface Answer {
  readonly status: number;
  readonly value: never;
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(`${collector.url}${path}`, init);
  return { status: answer.status, value: (await answer.json()) as never };
}

/** As any A-Track client would send it. */
function aTrack(path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  const all = { "content-type": "application/json", "x-a-track-key": "pub_1", ...headers };
  return ask(path, { method: "POST", headers: all, body: JSON.stringify({ sdkVersion: "0.1.0", ...body }) });
}

async function rudder(...batch: readonly object[]): Promise<void> {
  const headers = { authorization: `Basic ${btoa("pub_1:")}` };
  const body = JSON.stringify({ batch });
  expect((await fetch(`${collector.url}/v1/batch`, { method: "POST", headers, body })).status).toBe(200);
}

async function snowplow(data: object): Promise<void> {
  const schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4";
  const body = JSON.stringify({ schema, data: [data] });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${collector.url}/com.snowplowanalytics.snowplow/tp2`, { method: "POST", headers, body });
  expect(answer.status).toBe(200);
}

interface Person {
  readonly profile: null | {
    readonly userIds: readonly string[];
    readonly anonymousIds: readonly string[];
    readonly attributes: object;
    readonly events: number;
    readonly sessions: number;
  };
  readonly behind: number;
}

async function person(userId: string): Promise<Person> {
  await collector.settled();
  return await vi.waitFor(async () => {
    const { value } = await ask(`/api/profiles?userId=${userId}`);
    expect((value as Person).behind).toBe(0);
    return value;
  }, 10_000);
}

describe("replies to A-Track's calls", () => {
  it("tell who is new and in which session by the server's truth, not by the sender's", async () => {
    await start();
    const first = await aTrack("/init", { uuid: "crm-42", isNewUser: false, attributes: { plan: "pro" } });
    const { sessionId } = first.value as { sessionId: string };
    expect(first).toMatchObject({ status: 200, value: { ok: true, uuid: "crm-42", isNewUser: true } });
    expect(sessionId).toMatch(/^[0-9a-f-]{36}$/);
    const second = await aTrack("/init", { uuid: "crm-42", isNewUser: true });
    expect(second.value).toEqual({ ok: true, uuid: "crm-42", isNewUser: false, sessionId });
    const asked = await aTrack("/init", { uuid: "crm-42", context: { newSession: true } });
    expect((asked.value as { sessionId: string }).sessionId).not.toBe(sessionId);
  });

  it("are the same to a call that comes again", async () => {
    await start();
    const key = { "idempotency-key": "0b8f6b2e-5a3f-4d21-9a55-6a5b9e1c0d01" };
    const first = await aTrack("/init", { uuid: "u" }, key);
    expect(await aTrack("/init", { uuid: "u" }, key)).toEqual(first);
    expect((await person("u")).profile).toMatchObject({ events: 1, sessions: 1 });
  });

  it("tell what attributes come to, merged or replaced, to who may read", async () => {
    await start();
    await aTrack("/attributes", { uuid: "u", mode: "merge", attributes: { plan: "pro", seats: 3 }, profile: {} });
    const merged = await aTrack("/attributes", { uuid: "u", mode: "merge", attributes: { seats: 12 }, profile: {} });
    expect(merged.value).toEqual({ ok: true, uuid: "u", attributes: { plan: "pro", seats: 12 } });
    const replaced = await aTrack("/attributes", { uuid: "u", mode: "replace", attributes: { plan: "free" } });
    expect(replaced.value).toEqual({ ok: true, uuid: "u", attributes: { plan: "free" } });
  });

  it("tell nobody's attributes to a public key alone", async () => {
    await start({ secretKey: "sk-0123456789abcdef", keys: { pub_1: "shop" } });
    const attributes = { email: "ada@example.com" };
    const plain = await aTrack("/attributes", { uuid: "u", attributes });
    expect(plain).toEqual({ status: 200, value: { ok: true, uuid: "u" } });
    const withSecret = await aTrack("/attributes", { uuid: "u" }, { authorization: "Bearer sk-0123456789abcdef" });
    expect(withSecret.value).toEqual({ ok: true, uuid: "u", attributes });
  });
});

describe("profiles and sessions", () => {
  it("are fed by all three wires, and joined by user ids, other ids and aliases", async () => {
    await start();
    await snowplow({
      e: "pv",
      p: "web",
      tv: "js-3",
      aid: "pub_1",
      duid: "duid-1",
      url: "https://a.example/?utm_source=news",
    });
    await snowplow({ e: "pv", p: "web", tv: "js-3", aid: "pub_1", duid: "duid-1", uid: "ada" });
    await rudder(
      { type: "identify", userId: "ada", anonymousId: "anon-1", traits: { plan: "free", city: "Rome" } },
      { type: "group", userId: "ada", groupId: "acme", traits: { size: 3 } },
      { type: "alias", userId: "ada", previousId: "ada-old" },
    );
    await aTrack("/attributes", { uuid: "ada", mode: "merge", attributes: { plan: "pro" } });
    const { profile } = await person("anon-1");
    expect(profile).toMatchObject({
      userIds: ["ada"],
      anonymousIds: ["duid-1", "anon-1", "ada-old"],
      attributes: { plan: "pro", city: "Rome" },
      groups: { acme: { size: 3 } },
      acquisition: { campaign: { source: "news" } },
      events: 6,
      sessions: 1,
      session: { events: 2, began: "first" },
    });
    expect((await ask("/api/profiles?anonymousId=duid-1")).value).toEqual({ profile, behind: 0, forgotten: 0 });
    expect((await ask("/api/profiles?userId=nobody")).value).toEqual({ profile: null, behind: 0, forgotten: 0 });
  });

  it("can be asked for session by session, newest first", async () => {
    await start();
    for (const uuid of ["a", "b", "a"]) await aTrack("/init", { uuid, context: { newSession: true } });
    await collector.settled();
    const all = (await ask("/api/sessions?limit=2")).value as { items: { userIds: string[] }[]; next: string };
    expect(all.items.map(({ userIds }) => userIds[0])).toEqual(["a", "b"]);
    const rest = (await ask(`/api/sessions?limit=2&cursor=${all.next}`)).value as typeof all;
    expect([rest.items.map(({ userIds }) => userIds[0]), rest.next]).toEqual([["a"], null]);
    expect((await ask("/api/sessions?userId=b")).value).toMatchObject({ items: [{ userIds: ["b"] }], next: null });
    expect((await ask(`/api/sessions?sessionId=${all.next}`)).value).toMatchObject({
      items: [{ sessionId: all.next }],
    });
  });

  it("survive a restart, a crash's leftovers, the loss of their folder, and a store that is made anew", async () => {
    await start({ sealEvents: 3 });
    await rudder({ type: "identify", userId: "ada", anonymousId: "a1", traits: { plan: "free" }, messageId: "m1" });
    await rudder(
      { type: "page", userId: "ada", messageId: "m2" },
      { type: "page", anonymousId: "a1", messageId: "m3" },
    );
    await rudder({ type: "identify", userId: "ada", traits: { plan: "pro" }, messageId: "m4" });
    const before = await person("ada");
    expect(before.profile).toMatchObject({ events: 4, sessions: 1, attributes: { plan: "pro" } });

    await stop();
    await start();
    expect(await person("ada")).toEqual(before);

    await stop();
    rmSync(join(directory, "profiles"), { recursive: true });
    await start();
    expect(await person("ada")).toEqual(before);

    await stop();
    await rebuildStore({ dataDirectory: directory });
    await start();
    expect(await person("ada")).toEqual(before);

    await stop();
    writeFileSync(join(directory, "profiles", "checkpoint.json"), "{");
    rmSync(join(directory, "store"), { recursive: true });
    await start();
    expect(await person("ada")).toEqual(before);
    expect(troubles.filter((message) => !message.startsWith("profiles: profiles are made anew"))).toEqual([]);

    await rudder({ type: "page", userId: "ada", messageId: "m2" });
    await rudder({ type: "page", userId: "ada", messageId: "m5" });
    expect((await person("ada")).profile).toMatchObject({ events: 5, sessions: 1 });
  });

  it("are after a crash what they were, made of sealed files, staged rows and the log", async () => {
    await start({ sealEvents: 40 });
    const page = (at: number, userId: string): object => ({ type: "page", userId, messageId: `p${at}` });
    // One request of more events than are read at once, and many small ones around it.
    await rudder({ type: "identify", userId: "ada", traits: { plan: "free" } });
    await rudder(...Array.from({ length: 2_500 }, (_, at) => page(at, at % 2 === 0 ? "ada" : "bob")));
    for (let at = 0; at < 30; at += 1) await rudder(page(3_000 + at, "ada"), page(3_000 + at, "ada"), page(at, "bob"));
    await rudder({ type: "identify", userId: "ada", traits: { plan: "pro" } });
    const before = [await person("ada"), await person("bob")];
    expect(before[0]?.profile).toMatchObject({ events: 1_282, attributes: { plan: "pro" } });
    expect(before[1]?.profile).toMatchObject({ events: 1_250 });

    // What a process that is killed now would leave.
    const image = mkdtempSync(join(tmpdir(), "oncewire-image-"));
    cpSync(directory, image, { recursive: true, filter: (name) => !/lock\.\d+$/.test(name) });
    expect(existsSync(join(image, "profiles", "checkpoint.json"))).toBe(false);
    await stop();
    rmSync(directory, { recursive: true, force: true });
    directory = image;
    await start();
    expect([await person("ada"), await person("bob")]).toEqual(before);
  }, 30_000);

  it("are in a folder of their own, with a checkpoint that says how far they are", async () => {
    await start();
    await rudder({ type: "page", userId: "ada" }, { type: "page", userId: "bob" });
    await collector.settled();
    await stop();
    const checkpoint: unknown = JSON.parse(readFileSync(join(directory, "profiles", "checkpoint.json"), "utf8"));
    expect(checkpoint).toMatchObject({ v: 2, position: 1, file: "documents-1.log" });
    expect(existsSync(join(directory, "profiles", "documents-1.log"))).toBe(true);
  });
});

describe("A71: A-Track's session/show and event/show", () => {
  const secret = { authorization: "Bearer sk-0123456789abcdef" };

  it("give the enriched session and the events of a user, asked by GET or POST", async () => {
    await start();
    const context = { campaign: { source: "news" }, device: { type: "mobile" } };
    await aTrack("/init", { uuid: "u", attributes: { plan: "pro" }, profile: { email: "u@example.com" }, context });
    await aTrack(
      "/event",
      { uuid: "u", event: "order_created", attributes: { total: 149 } },
      { "idempotency-key": "e-1" },
    );
    await collector.settled();
    const shown = await ask("/session/show?uuid=u");
    expect(shown).toMatchObject({
      status: 200,
      value: {
        ok: true,
        uuid: "u",
        session: { events: 2, attribution: { campaign: { source: "news" } }, device: { device: { type: "mobile" } } },
        attributes: { plan: "pro" },
        profile: { email: "u@example.com" },
      },
    });
    const { sessionId } = (shown.value as { session: { sessionId: string } }).session;
    expect((await aTrack("/session/show", { sessionId, sdkVersion: null })).value).toEqual(shown.value);
    const events = await ask("/event/show", {
      method: "POST",
      body: JSON.stringify({ uuid: "u", event: "order_created" }),
    });
    expect(events.value).toMatchObject({
      ok: true,
      events: [{ eventId: "e-1", uuid: "u", event: "order_created", attributes: { total: 149 } }],
      next: null,
    });
    expect((await ask("/event/show?eventId=e-1")).value).toEqual(events.value);
  });

  it("say what is wrong with a question", async () => {
    await start();
    expect((await ask("/session/show")).status).toBe(400);
    expect((await ask("/session/show?uuid=nobody")).status).toBe(404);
    expect((await ask("/event/show?eventId=nothing")).status).toBe(404);
    expect((await ask("/event/show?colour=red")).status).toBe(400);
    expect((await ask("/event/show", { method: "POST", body: "[]" })).status).toBe(400);
    expect((await ask("/session/show", { method: "PUT", body: "{}" })).status).toBe(405);
  });

  it("answer the secret key alone, and of the project that is asked for alone", async () => {
    await start({ secretKey: "sk-0123456789abcdef", keys: { pub_1: "shop", pub_2: "blog" } });
    await aTrack("/init", { uuid: "u" });
    await collector.settled();
    for (const path of ["/session/show?uuid=u", "/event/show?uuid=u", "/api/profiles?userId=u", "/api/sessions"]) {
      expect((await ask(path, { headers: { "x-a-track-key": "pub_1" } })).status).toBe(401);
      expect((await ask(path, { headers: { authorization: "Bearer pub_1" } })).status).toBe(401);
    }
    const of = (key: string): Promise<Answer> =>
      ask("/session/show?uuid=u", { headers: { ...secret, "x-a-track-key": key } });
    expect([(await of("pub_1")).status, (await of("pub_2")).status]).toEqual([200, 404]);
    expect((await ask("/api/profiles?project=shop&userId=u", { headers: secret })).value).toMatchObject({
      profile: { userIds: ["u"] },
    });
    expect((await ask("/api/profiles?project=blog&userId=u", { headers: secret })).value).toMatchObject({
      profile: null,
    });
  });
});
