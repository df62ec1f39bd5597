/**
 * What other SDKs lose events by, one after the other, against real servers: an outage, a rate limit, a reset, a hang, a
 * burst, one bad value. How a process ends has its own tests, in packages/tracker/src/endings.test.ts.
 */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { createTracker, rudderStack } from "oncewire";
import type { Tracker, TrackerOptions } from "oncewire";
import { afterEach, describe, expect, it } from "vitest";

type Answer = (response: ServerResponse, requests: number) => void;

interface DataPlane {
  readonly port: number;
  /** Ids in the order they came, those of answered and unanswered requests alike. */
  readonly ids: string[];
  readonly bodies: string[];
  /** When each request came, in milliseconds. */
  readonly times: number[];
  answer: Answer;
}

const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

const accept: Answer = (response) => void response.end("ok");
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end();

async function startDataPlane(answer: Answer, port = 0): Promise<DataPlane> {
  const plane = { port: 0, ids: [] as string[], bodies: [] as string[], times: [] as number[], answer };
  const server = createServer((request, response) => {
    plane.times.push(performance.now());
    void take(request, response);
  });
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await read(request);
    plane.bodies.push(body);
    plane.ids.push(...idsIn(body));
    plane.answer(response, plane.times.length);
  };
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  plane.port = (server.address() as AddressInfo).port;
  open.push(() => stop(server));
  return plane;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return String(request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body);
}

function idsIn(body: string): string[] {
  return (JSON.parse(body) as { batch: { messageId: string }[] }).batch.map(({ messageId }) => messageId);
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await stop(server);
  return port;
}

function startTracker(port: number, options: TrackerOptions = {}): Tracker {
  const tracker = createTracker({
    destinations: [rudderStack({ writeKey: "key", dataPlaneUrl: `http://127.0.0.1:${port}` })],
    flushIntervalMs: 5,
    retryBaseMs: 20,
    retryCapMs: 100,
    ...options,
  });
  open.push(() => tracker.close({ timeoutMs: 0 }));
  return tracker;
}

function trackMany(tracker: Tracker, count: number, prefix = "e"): string[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `${prefix}-${index}`;
    tracker.track({ id, userId: `user-${index % 7}`, event: "Seen", properties: { i: index } });
    return id;
  });
}

const sorted = (ids: Iterable<string>): string[] => [...new Set(ids)].toSorted();

describe("a destination that", () => {
  it("answers 500 for ever leaves every event pending, and at the end counted", async () => {
    const plane = await startDataPlane(status(500));
    const tracker = startTracker(plane.port);
    trackMany(tracker, 51);
    const waiting = await tracker.flush({ timeoutMs: 300 });
    expect(waiting).toMatchObject({ accepted: 51, pending: 51, delivered: 0 });
    const end = await tracker.close({ timeoutMs: 0 });
    expect(end).toMatchObject({ accepted: 51, dropped: 51, pending: 0 });
  });

  it.each([true, false])(
    "refuses connections and then comes up gets everything (flush while it is down: %s)",
    async (flushes) => {
      const port = await freePort();
      const tracker = startTracker(port);
      const ids = trackMany(tracker, 100, "before");
      if (flushes) expect(await tracker.flush({ timeoutMs: 150 })).toMatchObject({ pending: 100 });
      const plane = await startDataPlane(accept, port);
      ids.push(...trackMany(tracker, 20, "after"));
      expect(await tracker.close({ timeoutMs: 10_000 })).toMatchObject({ accepted: 120, delivered: 120 });
      expect(sorted(plane.ids)).toEqual(sorted(ids));
    },
  );

  it("answers 503 for a while gets everything, with few requests meanwhile", async () => {
    const plane = await startDataPlane((response, requests) =>
      (requests <= 5 ? status(503) : accept)(response, requests),
    );
    const tracker = startTracker(plane.port, { maxBatchEvents: 20 });
    const ids = trackMany(tracker, 200);
    expect(await tracker.close({ timeoutMs: 10_000 })).toMatchObject({ delivered: 200, dropped: 0 });
    expect(sorted(plane.ids)).toEqual(sorted(ids));
    // Ten full batches would be the least; what waits for a user's earlier events goes out in smaller ones.
    expect(plane.times.length).toBeLessThanOrEqual(5 + 20);
  });

  it("names a time with 429 is left alone until then, by every batch and user", async () => {
    const plane = await startDataPlane((response, requests) => {
      (requests === 1 ? status(429, { "retry-after": "1" }) : accept)(response, requests);
    });
    const tracker = startTracker(plane.port, { maxBatchEvents: 1, maxInFlight: 4 });
    tracker.track({ userId: "first", event: "Seen" });
    await tracker.flush({ timeoutMs: 200 });
    trackMany(tracker, 20);
    await tracker.close({ timeoutMs: 10_000 });
    const [first = 0, second = 0] = plane.times;
    expect(second - first).toBeGreaterThanOrEqual(990);
    expect(tracker.stats()).toMatchObject({ accepted: 21, delivered: 21 });
  });

  it("takes events and cuts the connection gets the same ids again, for its collector to drop", async () => {
    const plane = await startDataPlane((response, requests) => {
      if (requests <= 2) response.destroy();
      else accept(response, requests);
    });
    const tracker = startTracker(plane.port);
    const ids = trackMany(tracker, 20);
    expect(await tracker.close({ timeoutMs: 10_000 })).toMatchObject({ delivered: 20 });
    expect(plane.ids.length).toBeGreaterThan(20);
    expect(sorted(plane.ids)).toEqual(sorted(ids));
  });

  it("never answers holds nobody up: flush and close end at their timeout", async () => {
    const plane = await startDataPlane(() => {});
    const tracker = startTracker(plane.port);
    trackMany(tracker, 20);
    const startMs = performance.now();
    expect(await tracker.flush({ timeoutMs: 200 })).toMatchObject({ pending: 20 });
    expect(await tracker.close({ timeoutMs: 200 })).toMatchObject({ dropped: 20, pending: 0 });
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });
});

describe("a caller that", () => {
  it("tracks 50,000 events in one turn loses none of them", async () => {
    const plane = await startDataPlane(accept);
    const tracker = startTracker(plane.port);
    const ids = trackMany(tracker, 50_000);
    expect(await tracker.close({ timeoutMs: 15_000 })).toMatchObject({ accepted: 50_000, delivered: 50_000 });
    expect(new Set(plane.ids).size).toBe(ids.length);
  });

  it.each<[string, unknown]>([
    ["a BigInt", 1n],
    ["a cycle", cycle()],
    [
      "a throwing getter",
      {
        get broken() {
          throw new Error("no");
        },
      },
    ],
    [
      "a throwing toJSON",
      {
        toJSON() {
          throw new Error("no");
        },
      },
    ],
    ["NaN", Number.NaN],
    ["20,000 levels", nested(20_000)],
    ["a revoked proxy", revoked()],
  ])("tracks %s harms neither itself nor ten neighbours", async (_what, value) => {
    const plane = await startDataPlane(accept);
    const tracker = startTracker(plane.port);
    const ids = trackMany(tracker, 5, "before");
    tracker.track({ id: "odd", userId: "u", event: "Odd", properties: { value } });
    ids.push(...trackMany(tracker, 5, "after"));
    const { accepted, delivered, rejected, pending } = await tracker.close({ timeoutMs: 10_000 });
    expect({ accepted, pending, ended: delivered + rejected }).toEqual({ accepted: 11, pending: 0, ended: 11 });
    expect(plane.ids).toEqual(expect.arrayContaining(ids));
  });

  it("changes the properties afterwards has sent what they were", async () => {
    const plane = await startDataPlane(accept);
    const tracker = startTracker(plane.port);
    const properties = { nested: { state: "at the call" } };
    tracker.track({ userId: "u", event: "Seen", properties });
    properties.nested.state = "after it";
    await tracker.close({ timeoutMs: 10_000 });
    expect(plane.bodies.join("")).toContain("at the call");
    expect(plane.bodies.join("")).not.toContain("after it");
  });
});

function cycle(): object {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}

function nested(levels: number): object {
  let value = {};
  for (let level = 0; level < levels; level += 1) value = { value };
  return value;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
