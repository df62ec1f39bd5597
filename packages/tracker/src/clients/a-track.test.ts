/**
 * Delivery on a wire that has neither batches nor ids: one request per call, over connections that are kept, in the
 * order of each user, several users at once; and all kinds of events of the one-call tracker.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventKinds } from "@oncewire/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { TrackerError } from "../errors.js";
import type { TrackerOptions } from "../options.js";
import { createTracker, type Tracker } from "../tracker.js";
import { aTrack, createATrack, type ATrack, type ATrackClientOptions } from "./a-track.js";

interface Received {
  readonly path: string;
  readonly id: string;
  readonly body: {
    readonly uuid: string;
    readonly event: string;
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly context: Readonly<Record<string, unknown>>;
  };
}

/** Ends the response, now or later. */
type Answer = (response: http.ServerResponse, received: Received) => void;

interface Server {
  readonly url: string;
  /** In the order in which they came. */
  readonly requests: Received[];
  readonly sockets: Set<Socket>;
  /** Requests that were there at the same time, at most. */
  mostAtOnce: number;
  answer: Answer;
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const succeed: Answer = (response) => void response.end();

async function serve(answer: Answer = succeed): Promise<Server> {
  let atOnce = 0;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    self.sockets.add(request.socket);
    atOnce += 1;
    self.mostAtOnce = Math.max(self.mostAtOnce, atOnce);
    response.on("close", () => (atOnce -= 1));
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const received: Received = {
        path: request.url ?? "",
        id: String(request.headers["idempotency-key"]),
        body: JSON.parse(Buffer.concat(chunks).toString()),
      };
      self.requests.push(received);
      self.answer(response, received);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const self: Server = { url: `http://127.0.0.1:${port}`, requests: [], sockets: new Set(), mostAtOnce: 0, answer };
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return self;
}

const quick = { retryBaseMs: 1, retryCapMs: 5, pauseBaseMs: 1, pauseCapMs: 5 } as const;

function open({ url }: Server, options: Partial<ATrackClientOptions> = {}): ATrack {
  const sdk = createATrack({ publicKey: "pub_x", baseUrl: url, ...quick, ...options });
  closers.unshift(() => sdk.close({ timeoutMs: 0 }));
  return sdk;
}

function openTracker({ url }: Server, options: TrackerOptions = {}): Tracker {
  const tracker = createTracker({
    destinations: [aTrack({ publicKey: "pub_x", baseUrl: url })],
    ...quick,
    ...options,
  });
  closers.unshift(() => tracker.close({ timeoutMs: 0 }));
  return tracker;
}

/** What `seen` has of each user, in the order in which it came. */
function byUser(requests: readonly Received[]): ReadonlyMap<string, readonly unknown[]> {
  const users = new Map<string, unknown[]>();
  for (const { body } of requests) users.set(body.uuid, [...(users.get(body.uuid) ?? []), body.attributes["index"]]);
  return users;
}

function trackMany(sdk: Pick<ATrack, "track">, users: number, each: number): void {
  for (let index = 0; index < each; index += 1) {
    for (let user = 0; user < users; user += 1) sdk.track({ uuid: `user-${user}`, event: "e", attributes: { index } });
  }
}

describe("delivery", () => {
  it("makes one request of each call, over connections that are kept", async () => {
    const server = await serve();
    const sdk = open(server, { maxInFlight: 3 });
    trackMany(sdk, 10, 20);
    expect(await sdk.flush()).toMatchObject({ delivered: 200, pending: 0 });
    expect(server.requests).toHaveLength(200);
    expect(server.sockets.size).toBeLessThanOrEqual(3);
  });

  it("sends the calls of several users at once, and those of one user in their order", async () => {
    const held: http.ServerResponse[] = [];
    const server = await serve((response) => {
      held.push(response);
      // Answers come in groups and backwards, so that they overlap in every way.
      if (held.length >= 4) for (const each of held.splice(0).toReversed()) each.end();
    });
    const sdk = open(server, { maxInFlight: 4 });
    trackMany(sdk, 4, 10);
    expect(await sdk.flush()).toMatchObject({ delivered: 40 });
    expect(server.mostAtOnce).toBe(4);
    const order = Array.from({ length: 10 }, (_, index) => index);
    expect([...byUser(server.requests).values()]).toEqual([order, order, order, order]);
  });

  it("has eight requests under way at once, where no option says otherwise", async () => {
    const held: http.ServerResponse[] = [];
    let isFull = (): void => undefined;
    const full = new Promise<void>((resolve) => (isFull = resolve));
    const server = await serve((response) => {
      if (held.push(response) === 8) isFull();
    });
    const sdk = open(server);
    trackMany(sdk, 20, 1);
    await full;
    expect(sdk.stats().destinations["a-track"]?.requestsInFlight).toBe(8);
    server.answer = succeed;
    for (const response of held) response.end();
    expect(await sdk.flush()).toMatchObject({ delivered: 20 });
    expect(server.mostAtOnce).toBe(8);
  });

  it("never has two calls of one user under way", async () => {
    const underWay = new Map<string, number>();
    const server = await serve((response, { body }) => {
      underWay.set(body.uuid, (underWay.get(body.uuid) ?? 0) + 1);
      setImmediate(() => {
        expect(underWay.get(body.uuid)).toBe(1);
        underWay.set(body.uuid, 0);
        response.end();
      });
    });
    const sdk = open(server);
    trackMany(sdk, 2, 25);
    expect(await sdk.flush()).toMatchObject({ delivered: 50 });
    expect(server.mostAtOnce).toBeLessThanOrEqual(2);
  });

  it("lets a user whose request hangs keep nobody waiting but himself", async () => {
    const server = await serve((response, { body }) => {
      if (body.uuid !== "slow") response.end();
    });
    const sdk = open(server, { maxInFlight: 2 });
    sdk.track({ uuid: "slow", event: "e" });
    sdk.track({ uuid: "slow", event: "e" });
    const others = Array.from({ length: 20 }, (_, index) => sdk.track({ uuid: `user-${index}`, event: "e" }));
    const results = await Promise.all(others.map(({ delivered }) => delivered));
    expect(results.every(({ delivered }) => delivered)).toBe(true);
    expect(sdk.stats()).toMatchObject({ pending: 2 });
  });

  it("keeps the order and loses nothing while answers fail in all ways", async () => {
    let count = 0;
    const server = await serve((response) => {
      count += 1;
      if (count % 7 === 0) response.socket?.destroy();
      else if (count % 5 === 0) response.writeHead(503).end();
      else if (count % 11 === 0) response.writeHead(429, { "retry-after": "0" }).end();
      else response.end();
    });
    const sdk = open(server);
    trackMany(sdk, 5, 20);
    expect(await sdk.flush()).toMatchObject({ delivered: 100, pending: 0, rejected: 0, dropped: 0 });
    for (const [, indexes] of byUser(server.requests)) {
      const first = [...new Set(indexes)];
      expect(first).toEqual(Array.from({ length: 20 }, (_, index) => index));
      // What came again came before the next one: no later call overtook it.
      expect(indexes.toSorted((a, b) => Number(a) - Number(b))).toEqual(indexes);
    }
  });

  it("says the same Idempotency-Key and the same bytes at every attempt, another one for each call", async () => {
    let count = 0;
    const server = await serve((response) => {
      count += 1;
      if (count === 2) response.socket?.destroy();
      else response.writeHead(count < 4 ? 500 : 200).end();
    });
    const sdk = open(server);
    const { id } = sdk.track({ uuid: "u", event: "first" });
    const other = sdk.track({ uuid: "u", event: "second" });
    await sdk.flush();
    expect(server.requests.map((request) => request.id)).toEqual([id, id, id, id, other.id]);
    expect(new Set(server.requests.slice(0, 4).map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(id).not.toBe(other.id);
  });

  it("says the same Idempotency-Key in the next process, where a spool has kept the call", async () => {
    const spool = mkdtempSync(join(tmpdir(), "oncewire-a-track-"));
    closers.push(() => rmSync(spool, { recursive: true, force: true }));
    const server = await serve((response) => void response.writeHead(503).end());
    const first = open(server, { spool });
    const { id, durable } = first.track({ uuid: "u", event: "e" });
    expect(await durable).toBe(true);
    await first.close({ timeoutMs: 0 });
    server.answer = succeed;
    const second = open(server, { spool });
    await new Promise((resolve) => second.on("delivered", resolve));
    expect(new Set(server.requests.map((request) => request.id))).toEqual(new Set([id]));
    await second.close();
  });

  it("keeps the calls while the key is refused, and sends them when it is not", async () => {
    const server = await serve((response) => void response.writeHead(401).end());
    const sdk = open(server);
    const paused = new Promise((resolve) => sdk.on("paused", resolve));
    const { delivered } = sdk.track({ uuid: "u", event: "e" });
    await paused;
    expect(sdk.stats()).toMatchObject({ pending: 1, rejected: 0 });
    server.answer = succeed;
    expect(await delivered).toMatchObject({ delivered: true });
  });

  it("ends a call that is refused alone, and goes on with the next one of the same user", async () => {
    const server = await serve(
      (response, { body }) => void response.writeHead(body.event === "bad" ? 400 : 200).end("no"),
    );
    const sdk = open(server);
    const bad = sdk.track({ uuid: "u", event: "bad" });
    sdk.track({ uuid: "u", event: "good" });
    expect(await sdk.flush()).toMatchObject({ delivered: 1, rejectedBy: { refused: 1 } });
    expect((await bad.delivered).destinations["a-track"]).toMatchObject({ kind: "rejected", reason: "refused" });
  });

  it.each([
    [200, "", {}],
    [204, "", {}],
    [201, "not json", {}],
    [200, '{"ok":false}', { "content-type": "application/json" }],
  ])("takes any 2xx for success, with any body: %i %j", async (status, text, headers) => {
    const server = await serve((response) => void response.writeHead(status, headers).end(text));
    const sdk = open(server);
    sdk.track({ uuid: "u", event: "e" });
    expect(await sdk.flush()).toMatchObject({ delivered: 1 });
  });
});

describe("aTrack() in the one-call tracker", () => {
  it("carries every kind of event", async () => {
    const server = await serve();
    const tracker = openTracker(server);
    for (const kind of eventKinds) tracker.event(kind, { userId: "u", name: "Named", properties: { p: 1 } });
    expect(await tracker.flush()).toMatchObject({ accepted: eventKinds.length, delivered: eventKinds.length });
    expect(server.requests.map(({ path, body }) => [path, body.event])).toEqual([
      ["/attributes", undefined],
      ["/event", "Named"],
      ["/event", "page_viewed"],
      ["/event", "screen_viewed"],
      ["/event", "group_joined"],
      ["/event", "user_aliased"],
      ["/event", "Named"],
      ["/event", "Named"],
      ["/event", "page_pinged"],
      ["/event", "Named"],
      ["/event", "Named"],
      ["/init", undefined],
    ]);
  });

  it("names what it cannot send, and counts it", async () => {
    const tracker = openTracker(await serve());
    const handle = tracker.track({ event: "Nobody" });
    expect((await handle.delivered).destinations["a-track"]).toMatchObject({
      kind: "rejected",
      reason: "invalid",
      detail: expect.stringMatching(/userId or an anonymousId/),
    });
    expect(tracker.stats()).toMatchObject({ rejectedBy: { invalid: 1 } });
  });

  it("stands beside others, under a name of its own", async () => {
    const [first, second] = [await serve(), await serve()];
    const tracker = createTracker({
      destinations: [
        aTrack({ publicKey: "pub_1", baseUrl: first.url }),
        aTrack({ publicKey: "pub_2", baseUrl: second.url, name: "shadow" }),
      ],
    });
    closers.unshift(() => tracker.close({ timeoutMs: 0 }));
    tracker.track({ userId: "u", event: "Seen" });
    const stats = await tracker.flush();
    expect(Object.keys(stats.destinations)).toEqual(["a-track", "shadow"]);
    expect([first.requests[0]?.id, first.requests[0]?.body]).toEqual([
      second.requests[0]?.id,
      second.requests[0]?.body,
    ]);
  });

  it("refuses a region that would lead the key to another host", () => {
    for (const geo of ["evil.example", "a/b", "a#", "@evil.example", ""]) {
      expect(() => aTrack({ publicKey: "pub_x", geo })).toThrow(TrackerError);
    }
  });
});
