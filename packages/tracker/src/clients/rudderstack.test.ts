/**
 * The tracker as applications use it, against real servers that misbehave as those did which made other SDKs lose
 * events, hang, or take their host down.
 */
import { once } from "node:events";
import * as http from "node:http";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createTracker, type Tracker } from "../tracker.js";
import type { TrackerOptions } from "../options.js";
import { rudderStack } from "./rudderstack.js";

interface Received {
  readonly messageId: string;
  readonly userId: string;
  readonly properties: { readonly index: number };
}

type Answer = (response: http.ServerResponse, batch: readonly Received[]) => void;

interface Server {
  readonly url: string;
  readonly requests: { readonly atMs: number; readonly batch: readonly Received[]; readonly path: string }[];
  /** Distinct events that were answered with success. */
  readonly kept: Set<string>;
  answer: Answer;
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const succeed: Answer = (response) => void response.end("OK");

async function serve(answer: Answer = succeed): Promise<Server> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const raw = Buffer.concat(chunks);
      const text = request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
      const { batch } = JSON.parse(text.toString()) as { readonly batch: readonly Received[] };
      self.requests.push({ atMs: performance.now(), batch, path: request.url ?? "" });
      self.answer(response, batch);
      if (response.writableEnded && response.statusCode === 200)
        for (const { messageId } of batch) self.kept.add(messageId);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const self: Server = { url: `http://127.0.0.1:${port}`, requests: [], kept: new Set(), answer };
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return self;
}

const quick = { flushIntervalMs: 5, retryBaseMs: 10, retryCapMs: 40, pauseBaseMs: 10, pauseCapMs: 40 } as const;

function open({ url }: Server, options: TrackerOptions = {}): Tracker {
  const tracker = createTracker({
    destinations: [rudderStack({ writeKey: "k", dataPlaneUrl: url })],
    ...quick,
    ...options,
  });
  closers.unshift(() => tracker.close({ timeoutMs: 0 }));
  return tracker;
}

function trackMany(tracker: Tracker, count: number): void {
  for (let index = 0; index < count; index += 1) {
    tracker.track({ userId: `user-${index % 10}`, event: "Counted", properties: { index } });
  }
}

const status =
  (code: number, headers: http.OutgoingHttpHeaders = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end("no");

describe("the tracker", () => {
  it("delivers a burst of 5,000 in full, each user's in order", async () => {
    const server = await serve();
    const tracker = open(server);
    trackMany(tracker, 5000);
    expect(await tracker.flush()).toMatchObject({ accepted: 5000, delivered: 5000, pending: 0 });
    expect(server.kept.size).toBe(5000);
    expect(server.requests.every(({ path, batch }) => path === "/v1/batch" && batch.length <= 100)).toBe(true);
    const events = server.requests.flatMap(({ batch }) => batch);
    for (let user = 0; user < 10; user += 1) {
      const mine = events.filter(({ userId }) => userId === `user-${user}`).map(({ properties }) => properties.index);
      expect(mine).toEqual(mine.toSorted((a, b) => a - b));
    }
  });

  it("survives 500 for ever, and loses nothing when that ends", async () => {
    const server = await serve(status(500));
    const tracker = open(server);
    trackMany(tracker, 51);
    expect(await tracker.flush({ timeoutMs: 300 })).toMatchObject({ pending: 51 });
    server.answer = succeed;
    expect(await tracker.flush()).toMatchObject({ delivered: 51, pending: 0 });
  });

  it("delivers all that was tracked while connections were refused, also after a flush meanwhile", async () => {
    const server = await serve();
    const dead = createTracker({
      destinations: [rudderStack({ writeKey: "k", dataPlaneUrl: "http://127.0.0.1:1" })],
      ...quick,
    });
    trackMany(dead, 100);
    expect(await dead.flush({ timeoutMs: 100 })).toMatchObject({ pending: 100 });
    expect(await dead.close({ timeoutMs: 0 })).toMatchObject({ dropped: 100, pending: 0 });
    const tracker = open(server);
    trackMany(tracker, 20);
    expect(await tracker.close()).toMatchObject({ delivered: 20 });
  });

  it("sends nothing within a Retry-After, with many batches in flight", async () => {
    let refusals = 0;
    const server = await serve((response) => {
      refusals += 1;
      return refusals <= 4 ? status(429, { "retry-after": "1" })(response, []) : succeed(response, []);
    });
    const tracker = open(server);
    trackMany(tracker, 1000);
    expect(await tracker.flush()).toMatchObject({ delivered: 1000 });
    const [first] = server.requests;
    const early = server.requests.slice(4).filter(({ atMs }) => atMs - (first?.atMs ?? 0) < 990);
    expect(early).toEqual([]);
  });

  it("sends the same ids again when the connection is reset after the events were taken", async () => {
    let resets = 0;
    const server = await serve((response) => {
      resets += 1;
      if (resets <= 2) response.socket?.resetAndDestroy();
      else response.end("OK");
    });
    const tracker = open(server);
    trackMany(tracker, 20);
    expect(await tracker.flush()).toMatchObject({ delivered: 20 });
    const ids = new Set(server.requests.flatMap(({ batch }) => batch.map(({ messageId }) => messageId)));
    expect(ids.size).toBe(20);
  });

  it("comes out of flush and close in time when the server never answers", async () => {
    const server = await serve(() => undefined);
    const tracker = open(server);
    trackMany(tracker, 20);
    const startedMs = performance.now();
    expect(await tracker.flush({ timeoutMs: 100 })).toMatchObject({ pending: 20 });
    expect(await tracker.close({ timeoutMs: 100 })).toMatchObject({ dropped: 20, droppedBy: { closed: 20 } });
    expect(performance.now() - startedMs).toBeLessThan(1500);
  });

  it("tries again after an attempt timed out", async () => {
    let requests = 0;
    const server = await serve((response) => {
      requests += 1;
      if (requests > 1) response.end("OK");
    });
    const tracker = open(server, { requestTimeoutMs: 50 });
    trackMany(tracker, 20);
    expect(await tracker.flush()).toMatchObject({ delivered: 20 });
  });

  it("does not let one hostile value harm its neighbours", async () => {
    const server = await serve();
    const tracker = open(server);
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    const hostile = [
      1n,
      cycle,
      new Date(Number.NaN),
      Symbol("s"),
      {
        toJSON: () => {
          throw new Error("mine");
        },
      },
    ];
    for (const [index, value] of hostile.entries()) {
      tracker.track({ userId: "u", event: "Good", properties: { index } });
      tracker.track({ userId: "u", event: "Hostile", properties: { index: 100 + index, value } });
    }
    const { accepted, delivered, rejected } = await tracker.flush();
    expect([accepted, delivered + rejected]).toEqual([10, 10]);
    const good = server.requests.flatMap(({ batch }) => batch).map(({ properties }) => properties.index);
    expect(good).toEqual(expect.arrayContaining([0, 1, 2, 3, 4]));
  });

  it("pauses when the key is refused, and goes on when it is accepted", async () => {
    const server = await serve(status(401));
    const tracker = open(server);
    let pauses = 0;
    tracker.on("paused", () => (pauses += 1));
    trackMany(tracker, 20);
    expect(await tracker.flush({ timeoutMs: 200 })).toMatchObject({ pending: 20, rejected: 0 });
    server.answer = succeed;
    expect(await tracker.flush()).toMatchObject({ delivered: 20 });
    expect(pauses).toBe(1);
  });

  it("writes nothing to the console, and says no key in what it reports", async () => {
    const server = await serve(status(400));
    const tracker = open(server);
    const told: unknown[] = [];
    for (const kind of ["rejected", "dropped", "retrying", "paused"] as const)
      tracker.on(kind, (report) => told.push(report));
    trackMany(tracker, 3);
    await tracker.flush();
    expect(told.length).toBeGreaterThan(0);
    expect(JSON.stringify(told)).not.toContain(Buffer.from("k:").toString("base64"));
  });
});

describe("rudderStack()", () => {
  it.each([
    [{ writeKey: "", dataPlaneUrl: "http://localhost" }, "writeKey"],
    [{ writeKey: undefined, dataPlaneUrl: "http://localhost" }, "writeKey"],
    [{ writeKey: "k", dataPlaneUrl: "hosted.rudderlabs.com" }, "dataPlaneUrl"],
    [{ writeKey: "k", dataPlaneUrl: "ftp://hosted.rudderlabs.com" }, "dataPlaneUrl"],
    [{ writeKey: "k", dataPlaneUrl: "http://localhost", maxEventBytes: 0 }, "maxEventBytes"],
  ])("refuses %j", (options, field) => {
    let thrown: unknown;
    try {
      rudderStack(options as never);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: "TrackerError", code: "E_OPTION", field });
  });
});
