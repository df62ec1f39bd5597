/**
 * The calls that were recorded from @rudderstack/rudder-sdk-node, made through its drop-in: what goes over the wire is the
 * same, but for the differences that are listed with their reasons. Then what its callers rely on, and its bugs.
 */
import { AssertionError } from "node:assert";
import { createRequire } from "node:module";
import type { JsonObject } from "@oncewire/protocol";
import { afterEach, describe, expect, it, vi } from "vitest";
import { testRecordedCalls } from "../clients/rudderstack/recorded-calls.contract.js";
import {
  commonDifferences,
  impatientRuntime,
  without,
  type Difference,
  type RecordedCall,
} from "../clients/rudderstack/recorded-requests.fixture.js";
import {
  answerInTurn,
  answerWith,
  startRecordingServer,
  type Answer,
  type RecordingServer,
} from "../clients/rudderstack/recording-server.fixture.js";
import RudderAnalytics from "./rudder-sdk-node.js";
import type { RudderAnalyticsOptions, RudderMessage } from "./rudder-sdk-node.js";

/** Cases that cannot be compared, and why. */
const notCompared: Readonly<Record<string, string>> = {
  "values.lone_surrogate":
    "half a character is no text in most languages; ours sends U+FFFD in its place (docs/values.md)",
  "validate.props_str": "properties that are no object are refused: their event's callback is told",
  "validate.messageId_num":
    "a bug of the original: the gateway makes another id of a number at every retry; ours is text",
  "size.33KB_sent": "recorded shortened; here: sends events over 32 KB",
  "batch.first_event_alone_then_flushAt": "a bug of the original: the first event goes alone; here: flushAt",
  mutation_after_enqueue: "no single call; here: sends what the message was at the call",
  "pqueue.basic": "there is no queue in Redis; here: createPersistenceQueue",
  "pqueue.retry_503": "as above",
  "pqueue.retry_503_many": "as above",
  "pqueue.400_goes_to_failed": "as above",
};

/** Cases that lead to more or fewer requests, and why. */
const otherCounts: Readonly<Record<string, readonly [number, string]>> = {
  "noretry.408": [2, "408 says that another attempt may pass"],
  "redirect.307": [1, "redirects are not followed: neither events nor the key go where nobody sent them"],
  "redirect.302": [1, "a bug of the original: it becomes a GET, whose success loses the events"],
};

const differences: readonly Difference[] = [
  ...commonDifferences,
  {
    reason: "the version of Node, and the time of the call where none is given, vary by run",
    apply: (event, given) => {
      const metadata = without(event["_metadata"] as JsonObject, "nodeVersion");
      const kept = without(event, ...(given.has("originalTimestamp") ? [] : ["originalTimestamp"]));
      return { ...kept, _metadata: metadata };
    },
  },
];

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serve(answer?: Answer): Promise<RecordingServer> {
  const server = await startRecordingServer(answer);
  closers.push(() => server[Symbol.asyncDispose]());
  return server;
}

function open({ url }: Pick<RecordingServer, "url">, options: RudderAnalyticsOptions = {}): RudderAnalytics {
  const quick = { flushInterval: 5, runtime: impatientRuntime, logLevel: "none" } as const;
  return new RudderAnalytics("WRITEKEY", { ...quick, dataPlaneUrl: url, ...options });
}

/** Dates were recorded as JSON texts. */
function messageOf({ args }: RecordedCall): RudderMessage {
  const message = args[0] as JsonObject;
  const { timestamp } = message;
  return typeof timestamp === "string" ? { ...message, timestamp: new Date(timestamp) } : message;
}

describe("the drop-in and the official SDK", () => {
  testRecordedCalls({
    recording: "node-3.0.13",
    notCompared,
    otherCounts,
    differences,
    least: 25,
    messageOf,
    send: async (recorded, url) => {
      const { dataPlaneUrl, ...options } = recorded.client;
      const address = typeof dataPlaneUrl === "string" ? url + new URL(dataPlaneUrl).pathname : url;
      const client = open({ url: address }, options);
      await client[recorded.method as "track"](messageOf(recorded)).flush();
    },
  });

  it("send events over 32 KB", async () => {
    const server = await serve();
    const client = open(server);
    client.track({ userId: "u", event: "E", properties: { s: "x".repeat(33 * 1024) } });
    await client.flush();
    expect(JSON.stringify(server.requests[0]?.batch[0]).length).toBeGreaterThan(33 * 1024);
  });

  it("send what the message was at the call", async () => {
    const server = await serve();
    const client = open(server);
    const message = { userId: "u", event: "E", properties: { a: { b: 1 } } };
    client.track(message);
    message.properties.a.b = 2;
    await client.flush();
    expect(server.requests[0]?.batch[0]).toMatchObject({ properties: { a: { b: 1 } } });
  });
});

describe("what the official SDK refuses, the drop-in refuses with the same words", () => {
  const either = 'You must pass either an "anonymousId" or a "userId".';
  it.each([
    ["track", undefined, "You must pass a message object."],
    ["track", [], "You must pass a message object."],
    ["track", { event: "E" }, either],
    ["track", { userId: 0, event: "E" }, either],
    ["track", { userId: "", event: "E" }, either],
    ["identify", {}, either],
    ["page", { name: "n" }, either],
    ["screen", { name: "n" }, either],
    ["group", { groupId: "g" }, either],
    ["track", { userId: {}, event: "E" }, '"userId" must be a string or number.'],
    ["track", { userId: "u" }, 'You must pass an "event".'],
    ["track", { userId: "u", event: "" }, 'You must pass an "event".'],
    ["track", { userId: "u", event: 5 }, '"event" must be a string.'],
    ["track", { userId: "u", event: "E", context: "x" }, '"context" must be an object.'],
    ["track", { userId: "u", event: "E", integrations: [] }, '"integrations" must be an object.'],
    ["track", { userId: "u", event: "E", timestamp: "soon" }, '"timestamp" must be a date.'],
    ["group", { userId: "u" }, 'You must pass a "groupId".'],
    ["alias", { userId: "u" }, 'You must pass a "previousId".'],
    ["alias", { anonymousId: "a", previousId: "p" }, 'You must pass a "userId".'],
    ["page", { userId: "u", name: 5 }, '"name" must be a string.'],
    ["page", { userId: "u", category: 5 }, '"category" must be a string.'],
  ] as const)("%s(%j)", (method, message, words) => {
    const client = open({ url: "http://127.0.0.1:1" }, { enable: false });
    let thrown: unknown;
    try {
      client[method](message as never);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AssertionError);
    expect(thrown).toMatchObject({ message: words });
  });

  it.each([undefined, "", 0, null])("the write key %j", (writeKey) => {
    expect(() => new RudderAnalytics(writeKey as never)).toThrow("You must pass your RudderStack project's write key.");
  });
});

describe("the options", () => {
  it("flushAt: so many events are a request, from the first on", async () => {
    const server = await serve();
    const client = open(server, { flushAt: 5, flushInterval: 60_000 });
    for (let index = 0; index < 12; index += 1) client.track({ userId: "u", event: "E", properties: { index } });
    await client.flush();
    expect(server.requests.map(({ batch }) => batch.length)).toEqual([5, 5, 2]);
  });

  it("maxQueueSize: a request has no more bytes than that", async () => {
    const server = await serve();
    const client = open(server, { maxQueueSize: 10_000, flushInterval: 60_000 });
    for (let index = 0; index < 9; index += 1) {
      client.track({ userId: `u${index}`, event: "E", properties: { s: "x".repeat(3000) } });
    }
    await client.flush();
    expect(server.requests.map(({ batch }) => batch.length)).toEqual([2, 2, 2, 2, 1]);
  });

  it("maxInternalQueueSize: the callback of the event that is one too many is called", async () => {
    const server = await serve(() => undefined);
    const client = open(server, { maxInternalQueueSize: 1 });
    client.track({ userId: "u", event: "E" });
    const error = await new Promise<Error | undefined>((resolve) => {
      client.track({ userId: "u", event: "E" }, resolve);
    });
    expect(error?.message).toBe("the event was dropped: queue-full");
  });

  it("enable: false checks, calls back and sends nothing", async () => {
    const server = await serve();
    const client = open(server, { enable: false });
    const error = await new Promise<Error | undefined>((resolve) => {
      client.track({ userId: "u", event: "E" }, resolve);
    });
    await client.flush();
    expect([error, server.requests]).toEqual([undefined, []]);
    expect(() => client.track({ userId: "u" })).toThrow("event");
  });

  it("retryCount: so many attempts after the first", async () => {
    const server = await serve(answerWith(503));
    const client = open(server, { retryCount: 1 });
    client.track({ userId: "u", event: "E" });
    await client.flush();
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    { flushAt: 0, flushInterval: 0, maxQueueSize: 0, maxInternalQueueSize: 0, timeout: 1 },
    { flushAt: -5, flushInterval: -1, retryCount: -1, timeout: "3 days" },
    { flushAt: Number.NaN, flushInterval: 86_400_000, maxQueueSize: 1e9, retryCount: 1.5 },
  ])("are none that the original takes and the drop-in refuses: %j", async (options) => {
    const server = await serve();
    const client = open(server, { ...options, timeout: undefined });
    client.track({ userId: "u", event: "E" });
    await client.flush();
    expect(server.requests).toHaveLength(1);
    expect(() => open(server, options)).not.toThrow();
  });

  it("host, where there is no dataPlaneUrl", async () => {
    const server = await serve();
    const client = open(server, { dataPlaneUrl: undefined, host: `${server.url}/` });
    client.track({ userId: "u", event: "E" });
    await client.flush();
    expect(server.requests).toHaveLength(1);
    expect(client.host).toBe(server.url);
  });

  it.each([200, "200", "0.2s"])("timeout: %j ends an attempt, and another one follows", async (timeout) => {
    const server = await serve((response, _request, count) => {
      if (count > 1) response.end("ok");
    });
    const client = open(server, { timeout });
    const errors: unknown[] = [];
    client.track({ userId: "u", event: "E" }, (error) => errors.push(error));
    await client.flush();
    expect([server.requests.length, errors]).toEqual([2, [undefined]]);
  });

  it("axiosConfig.proxy is used", async () => {
    const proxy = await serve();
    const options = { axiosConfig: { proxy: { host: "127.0.0.1", port: proxy.port } } };
    const client = open({ url: "http://data-plane.invalid" }, options);
    client.track({ userId: "u", event: "E" });
    await client.flush();
    expect(proxy.requests.map(({ path }) => path)).toEqual(["http://data-plane.invalid/v1/batch"]);
  });
});

describe("callbacks", () => {
  it("are called once each, without an error when the event is delivered", async () => {
    const server = await serve();
    const client = open(server);
    const errors: unknown[] = [];
    for (let index = 0; index < 45; index += 1)
      client.track({ userId: "u", event: "E" }, (error) => errors.push(error));
    await client.flush();
    expect(errors).toEqual(Array.from({ length: 45 }, () => undefined));
  });

  it("are told why the event could not be delivered", async () => {
    const client = open(await serve(answerWith(401, "invalid write key\n")));
    const error = await new Promise<Error | undefined>((resolve) => {
      client.identify({ userId: "u" }, resolve);
    });
    expect(error?.message).toContain("invalid write key");
  });

  it("may throw or reject, and harm nothing", async () => {
    const server = await serve();
    const client = open(server);
    client.track({ userId: "u", event: "E" }, () => {
      throw new Error("mine");
    });
    client.track({ userId: "u", event: "E" }, () => Promise.reject(new Error("mine, later")));
    await client.flush(() => {
      throw new Error("mine, too");
    });
    expect(server.requests[0]?.batch).toHaveLength(2);
  });

  it("of flush get the error there was", async () => {
    const server = await serve(answerInTurn(401, 200));
    const told: unknown[] = [];
    const client = open(server, { errorHandler: (error) => told.push(error.message) });
    const flushed: (string | undefined)[] = [];
    client.track({ userId: "u", event: "E" });
    await client.flush((error) => flushed.push(error?.message));
    client.track({ userId: "u", event: "E" });
    await client.flush((error) => flushed.push(error?.message));
    expect([told, flushed]).toEqual([["HTTP 401"], ["HTTP 401", undefined]]);
  });
});

describe("what is a bug in the original", () => {
  it("flush resolves when all that was tracked before has been delivered, also where flushes overlap", async () => {
    const server = await serve();
    const client = open(server, { flushAt: 20, flushInterval: 60_000 });
    for (let index = 0; index < 45; index += 1) client.track({ userId: "u", event: "E" });
    await Promise.all([client.flush(), client.flush()]);
    expect(server.requests.flatMap(({ batch }) => batch)).toHaveLength(45);
  });

  it("a refused key ends neither the process nor the promise of flush", async () => {
    const client = open(await serve(answerWith(401)));
    client.track({ userId: "u", event: "E" });
    await expect(client.flush()).resolves.toBeUndefined();
  });

  it("values that JSON cannot carry do not throw, and spoil nothing", async () => {
    const server = await serve();
    const client = open(server);
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    client.track({ userId: "u", event: "E", properties: { big: 1n, cycle } });
    client.track({ userId: "u", event: "F" });
    await client.flush();
    expect(server.requests[0]?.batch.map(({ event }) => event)).toEqual(["E", "F"]);
  });

  it("identify and track may share a context", async () => {
    const server = await serve();
    const client = open(server);
    const context = { ip: "1.2.3.4" };
    client.identify({ userId: "alice", traits: { a: 1 }, context }).track({ userId: "bob", event: "E", context });
    await client.flush();
    expect(server.requests[0]?.batch[1]?.["context"]).not.toHaveProperty("traits");
    expect(context).toEqual({ ip: "1.2.3.4" });
  });

  it("an ISO text is a timestamp", async () => {
    const server = await serve();
    const client = open(server);
    client.track({ userId: "u", event: "E", timestamp: "2024-01-02T03:04:05.678Z" });
    await client.flush();
    expect(server.requests[0]?.batch[0]).toMatchObject({ timestamp: "2024-01-02T03:04:05.678Z" });
  });
});

describe("createPersistenceQueue", () => {
  it("throws without redisOpts, as the original does", () => {
    const client = open({ url: "http://127.0.0.1:1" });
    expect(() => client.createPersistenceQueue({}, () => undefined)).toThrow("redis connection parameters not present");
  });

  it("tells its callback that there is none", async () => {
    const client = open({ url: "http://127.0.0.1:1" });
    const error = await new Promise<Error | undefined>((resolve) => {
      client.createPersistenceQueue({ redisOpts: {} }, resolve);
    });
    expect(error?.message).toContain("spool");
  });
});

it("logs what is lost from logLevel on, and names options that have no meaning", async () => {
  const lines: string[] = [];
  const warn = vi.spyOn(console, "warn").mockImplementation((line) => void lines.push(String(line)));
  const error = vi.spyOn(console, "error").mockImplementation((line) => void lines.push(String(line)));
  try {
    const client = open(await serve(answerWith(400)), {
      logLevel: "warn",
      axiosInstance: {},
      axiosRetryConfig: { retries: 0 },
    });
    client.track({ userId: "u", event: "E" });
    await client.flush();
    await new Promise(setImmediate);
  } finally {
    warn.mockRestore();
    error.mockRestore();
  }
  expect(lines).toEqual([
    "oncewire: axiosInstance has no meaning here and is not used; see docs/compat.md",
    expect.stringMatching(/rejected 1 event\(s\) for rudderstack: refused/),
  ]);
});

it("is the class itself to CommonJS", () => {
  const loaded: unknown = createRequire(import.meta.url)("../../dist/compat/rudder-sdk-node.js");
  expect(typeof loaded === "function" && loaded.name).toBe("RudderAnalytics");
});
