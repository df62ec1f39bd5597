/** A67: sessions of the client, by a clock of the test's. */
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildInitPayload } from "../../context/init-payload.js";
import { run as runInScope } from "../../context/scope.js";
import { systemRuntime } from "../../runtime.js";
import {
  answerWith,
  startRecordingServer,
  type Answer,
  type RecordingServer,
} from "../rudderstack/recording-server.fixture.js";
import { createATrack, type ATrack } from "./client.js";
import type { ATrackClientOptions } from "./client-options.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

let nowMs: number;
beforeEach(() => {
  nowMs = Date.UTC(2026, 3, 8, 12);
});
const minute = 60_000;
const runtime = { ...systemRuntime, nowMs: (): number => nowMs };

async function serve(answer?: Answer): Promise<RecordingServer> {
  const server = await startRecordingServer(answer);
  closers.push(() => server[Symbol.asyncDispose]());
  return server;
}

function open(options: Partial<ATrackClientOptions> = {}): ATrack {
  const sdk = createATrack({ publicKey: "pub_x", baseUrl: "http://127.0.0.1:1", send: false, runtime, ...options });
  closers.push(() => sdk.close({ timeoutMs: 0 }));
  return sdk;
}

interface Sending {
  readonly sdk: ATrack;
  /** In the order in which they came. */
  readonly contexts: () => Promise<unknown[]>;
  readonly contextsByEvent: () => Promise<unknown>;
}

async function sending(answer?: Answer): Promise<Sending> {
  const server = await serve(answer);
  const sdk = open({ baseUrl: server.url, send: true });
  const contexts = async (): Promise<unknown[]> => {
    await sdk.flush();
    return server.requests.map(({ body }) => body["context"]);
  };
  const contextsByEvent = async (): Promise<unknown> => {
    await sdk.flush();
    return Object.fromEntries(server.requests.map(({ body }) => [body["event"] ?? "init", body["context"]]));
  };
  return { sdk, contexts, contextsByEvent };
}

const arriving = (url: string) => buildInitPayload({ url });
const kept = (storage: Map<string, string>): unknown => JSON.parse([...storage.values()][0] ?? "null");

describe("A67: a session", () => {
  it("is begun by init, named in its context, and in those of the user's events until it is over", async () => {
    const { sdk, contextsByEvent } = await sending();
    expect(sdk.getSession()).toBeNull();
    const { sessionId, uuid } = await sdk.init();
    sdk.track({ event: "seen" });
    sdk.track({ event: "by name", uuid });
    sdk.track({ event: "told", context: { sessionId: "of the caller", page: "/" } });
    sdk.track({ event: "of another", uuid: "somebody else" });
    sdk.forUser(uuid).track({ event: "for a user" });
    nowMs += 31 * minute;
    sdk.track({ event: "too late" });
    expect(sdk.getSession()).toBeNull();
    expect(await contextsByEvent()).toEqual({
      init: { sessionId },
      seen: { sessionId },
      "by name": { sessionId },
      told: { sessionId: "of the caller", page: "/" },
      "of another": {},
      "for a user": {},
      "too late": {},
    });
  });

  it("goes on with the next init within thirty minutes of the last call, and is another one after", async () => {
    const sdk = open();
    const first = await sdk.init();
    nowMs += 29 * minute;
    sdk.track({ event: "seen" });
    nowMs += 29 * minute;
    expect((await sdk.init()).sessionId).toBe(first.sessionId);
    nowMs += 30 * minute + 1;
    expect((await sdk.init()).sessionId).not.toBe(first.sessionId);
  });

  it("is not gone on with by attributes, which a job may set as well", async () => {
    const sdk = open();
    const first = await sdk.init();
    nowMs += 20 * minute;
    sdk.setAttributes({ plan: "pro" });
    nowMs += 20 * minute;
    expect((await sdk.init()).sessionId).not.toBe(first.sessionId);
  });

  it("is another one with another campaign, and the same one with the same", async () => {
    const sdk = open();
    const plain = await sdk.init(arriving("/"));
    const spring = await sdk.init(arriving("/?utm_campaign=spring"));
    const again = await sdk.init(arriving("/pricing?utm_campaign=spring"));
    const page = await sdk.init(arriving("/about"));
    expect(spring.sessionId).not.toBe(plain.sessionId);
    expect([again.sessionId, page.sessionId]).toEqual([spring.sessionId, spring.sessionId]);
  });

  it("is another one where that is asked for, and the request says so", async () => {
    const { sdk, contexts } = await sending();
    const first = await sdk.init();
    const second = await sdk.init({ newSession: true });
    expect(second.sessionId).not.toBe(first.sessionId);
    expect(await contexts()).toEqual([
      { sessionId: first.sessionId },
      { sessionId: second.sessionId, newSession: true },
    ]);
  });

  it("has the id that the payload names", async () => {
    const sdk = open();
    expect(await sdk.init(buildInitPayload({ sessionId: "of the page" }))).toMatchObject({ sessionId: "of the page" });
    expect(sdk.getSession()).toMatchObject({ sessionId: "of the page" });
    expect((await sdk.init()).sessionId).toBe("of the page");
  });

  it("is the user's: another user has another", async () => {
    const sdk = open();
    const ada = await sdk.init({ user: { uuid: "ada" } });
    const eve = await sdk.init({ user: { uuid: "eve" } });
    expect(eve.sessionId).not.toBe(ada.sessionId);
  });

  it("is not begun by a call that is refused", async () => {
    const sdk = open({ send: true });
    const refused = await sdk.init({ mode: "append" } as never);
    expect(refused.handle.accepted).toBe(false);
    expect(sdk.getSession()).toBeNull();
  });

  it("is kept with the user, so that the next process goes on with it", async () => {
    const storage = new Map<string, string>();
    const first = open({ storage });
    const { uuid, sessionId } = await first.init({ ...arriving("/?gclid=1"), user: { attributes: { plan: "pro" } } });
    expect(kept(storage)).toEqual({
      uuid,
      attributes: { plan: "pro" },
      sessionId,
      lastSeenAt: "2026-04-08T12:00:00.000Z",
      campaign: '[["gclid","1"]]',
    });
    nowMs += 20 * minute;
    first.track({ event: "seen" });
    await first.close();
    expect(kept(storage)).toMatchObject({ sessionId, lastSeenAt: "2026-04-08T12:20:00.000Z" });
    nowMs += 25 * minute;
    expect((await open({ storage }).init(arriving("/?gclid=1"))).sessionId).toBe(sessionId);
    nowMs += 31 * minute;
    expect((await open({ storage }).init()).sessionId).not.toBe(sessionId);
  });

  it("is saved at most once in a minute while events come, and at the end", async () => {
    const texts: string[] = [];
    const sdk = open({ storage: { get: () => null, set: (_key, text) => void texts.push(text) } });
    await sdk.init();
    for (let second = 0; second < 150; second += 1) {
      nowMs += 1_000;
      sdk.track({ event: "seen" });
      await turn();
    }
    expect(texts.length).toBe(3);
    await sdk.close();
    expect(texts.length).toBe(4);
    expect(JSON.parse(texts.at(-1) ?? "")).toMatchObject({ lastSeenAt: "2026-04-08T12:02:30.000Z" });
  });

  it("is begun anew where what was kept tells of none", async () => {
    const storage = new Map<string, string>();
    const { uuid } = await open({ storage }).init();
    const [key = ""] = storage.keys();
    for (const session of [{}, { sessionId: 5, lastSeenAt: 5 }, { sessionId: "s", lastSeenAt: "never" }]) {
      storage.set(key, JSON.stringify({ uuid, attributes: {}, ...session }));
      const begun = await open({ storage }).init();
      expect(begun).toMatchObject({ uuid, isNewUser: false, sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    }
  });

  it("is the scope's within a scope, where none is made up", async () => {
    const { sdk, contexts } = await sending();
    await runInScope({ userId: "ada", sessionId: "of ada" }, async () => {
      expect((await sdk.init()).sessionId).toBeNull();
      sdk.track({ event: "seen" });
    });
    await runInScope({ userId: "eve" }, () => sdk.init({ newSession: true }));
    sdk.forUser("job").init({ newSession: true });
    expect(sdk.getSession()).toBeNull();
    const all = await contexts();
    expect(all).toContainEqual({ newSession: true });
    expect(all.filter((context) => JSON.stringify(context) === '{"sessionId":"of ada"}')).toHaveLength(2);
  });
});

describe("A67: the reply to init", () => {
  const naming =
    (sessionId: unknown, more: object = {}): Answer =>
    (response, { body }) =>
      void response.end(JSON.stringify({ ok: true, uuid: body["uuid"], sessionId, ...more }));

  it("may name the session otherwise, and is believed from then on", async () => {
    const storage = new Map<string, string>();
    const server = await serve(naming("of the server"));
    const sdk = open({ baseUrl: server.url, send: true, storage });
    const { sessionId, handle } = await sdk.init();
    expect(sessionId).not.toBe("of the server");
    await handle.delivered;
    expect(sdk.getSession()).toMatchObject({ sessionId: "of the server" });
    sdk.track({ event: "seen" });
    await sdk.flush();
    expect(server.requests[1]?.body["context"]).toEqual({ sessionId: "of the server" });
    expect(kept(storage)).toMatchObject({ sessionId: "of the server" });
    expect((await sdk.init()).sessionId).toBe("of the server");
  });

  it.each([
    ["no session", naming(null)],
    ["an empty one", naming("")],
    ["one that is too long", naming("x".repeat(257))],
    ["a number", naming(5)],
    ["another user's", naming("s", { uuid: "somebody else" })],
    ["nothing", undefined],
    ["no object", answerWith(200, '"sessionId"')],
  ])("changes nothing where it tells of %s", async (_what, answer) => {
    const server = await serve(answer);
    const sdk = open({ baseUrl: server.url, send: true });
    const { sessionId, handle } = await sdk.init();
    expect(await handle.delivered).toMatchObject({ delivered: true });
    expect(sdk.getSession()).toMatchObject({ sessionId });
  });

  it("tells nothing of a session that has been begun since", async () => {
    const server = await serve(naming("of the first"));
    const sdk = open({ baseUrl: server.url, send: true });
    const first = await sdk.init();
    const second = await sdk.init({ newSession: true });
    await first.handle.delivered;
    expect(sdk.getSession()).toMatchObject({ sessionId: second.sessionId });
  });
});
