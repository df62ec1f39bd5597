import { readFileSync } from "node:fs";
import type { JsonObject } from "@oncewire/protocol";
import { afterEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import { TrackerError } from "../../errors.js";
import type { EventHandle, EventResult } from "../../handle.js";
import { APIError } from "./api-error.js";
import { createRudderStack, type RudderStack } from "./client.js";
import { defaults, type RudderStackClientOptions } from "./client-options.js";
import {
  answerInTurn,
  answerWith,
  startRecordingServer,
  type Answer,
  type RecordingServer,
} from "./recording-server.fixture.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

type Options = Omit<RudderStackClientOptions, "writeKey" | "dataPlaneUrl" | "syncMode">;

async function serve(answer?: Answer): Promise<RecordingServer> {
  const server = await startRecordingServer(answer);
  closers.push(() => server[Symbol.asyncDispose]());
  return server;
}

/** Retries come fast; all else is as the options say. */
const quick = { retryBaseMs: 1, retryCapMs: 5, uploadIntervalMs: 5 } as const;

function open(server: RecordingServer, options: Options = {}): RudderStack {
  const client = createRudderStack({ writeKey: "WRITEKEY", dataPlaneUrl: server.url, ...quick, ...options });
  closers.push(() => client.close({ timeoutMs: 0 }));
  return client;
}

function openSync(server: RecordingServer, options: Options = {}): RudderStack<Promise<EventResult>> {
  const base = { writeKey: "WRITEKEY", dataPlaneUrl: server.url } as const;
  const client = createRudderStack({ ...base, ...quick, ...options, syncMode: true });
  closers.push(() => client.close({ timeoutMs: 0 }));
  return client;
}

interface Told {
  readonly error: APIError;
  readonly events: readonly JsonObject[];
}

function listen(): {
  readonly told: Told[];
  readonly onError: (error: APIError, events: readonly JsonObject[]) => void;
} {
  const told: Told[] = [];
  return { told, onError: (error, events) => void told.push({ error, events }) };
}

const everyField = {
  userId: "u1",
  anonymousId: "an1",
  context: { ip: "1.2.3.4" },
  integrations: { All: false, Amplitude: true },
  messageId: "mid-1",
};

describe("the six calls", () => {
  it("send every field that the SDK's tables name", async () => {
    const server = await serve();
    const client = open(server);
    const timestamp = new Date("2024-01-02T03:04:05.678Z");
    client.identify({ ...everyField, traits: { email: "a@b.c" }, timestamp });
    client.track({
      ...everyField,
      messageId: "mid-2",
      event: "Ev",
      properties: { p: 1 },
      timestamp: "2024-01-02T03:04:05.678901+05:30",
    });
    client.page({ ...everyField, messageId: "mid-3", name: "nm", category: "cat", properties: { p: 1 } });
    client.screen({ ...everyField, messageId: "mid-4", name: "nm", category: "cat", properties: { p: 1 } });
    client.group({ ...everyField, messageId: "mid-5", groupId: "g1", traits: { t: 1 } });
    client.alias({ ...everyField, messageId: "mid-6", previousId: "prev" });
    expect(await client.flush()).toMatchObject({ accepted: 6, delivered: 6 });
    const common = {
      userId: "u1",
      anonymousId: "an1",
      integrations: { All: false, Amplitude: true },
      channel: "server",
      originalTimestamp: expect.stringMatching(/^20.*Z$/),
      sentAt: expect.stringMatching(/^20.*Z$/),
    };
    const context = { ip: "1.2.3.4", library: { name: "oncewire", version: expect.any(String) } };
    expect(server.requests[0]?.batch).toEqual([
      {
        ...common,
        type: "identify",
        messageId: "mid-1",
        context: { ...context, traits: { email: "a@b.c" } },
        timestamp: "2024-01-02T03:04:05.678Z",
      },
      {
        ...common,
        type: "track",
        messageId: "mid-2",
        context,
        event: "Ev",
        properties: { p: 1 },
        timestamp: "2024-01-02T03:04:05.678901+05:30",
      },
      { ...common, type: "page", messageId: "mid-3", context, name: "nm", category: "cat", properties: { p: 1 } },
      { ...common, type: "screen", messageId: "mid-4", context, name: "nm", category: "cat", properties: { p: 1 } },
      { ...common, type: "group", messageId: "mid-5", context, groupId: "g1", traits: { t: 1 } },
      { ...common, type: "alias", messageId: "mid-6", context, previousId: "prev" },
    ]);
  });

  it("take an anonymousId in place of a userId, and make the message id", async () => {
    const server = await serve();
    const client = open(server);
    const { id } = client.track({ anonymousId: "an1", event: "Ev" });
    await client.flush();
    expect(server.requests[0]?.batch[0]).toMatchObject({ anonymousId: "an1", messageId: id });
    expect(server.requests[0]?.batch[0]).not.toHaveProperty("userId");
  });

  it("post to /v1/batch with the key as user name", async () => {
    const server = await serve();
    const client = open(server);
    client.track({ userId: "u", event: "Ev" });
    await client.flush();
    const [request] = server.requests;
    expect([request?.method, request?.path]).toEqual(["POST", "/v1/batch"]);
    expect(request?.headers).toMatchObject({ authorization: "Basic V1JJVEVLRVk6", "content-type": "application/json" });
  });

  it("send what the message was at the call", async () => {
    const server = await serve();
    const client = open(server);
    const properties = { list: [1] };
    client.track({ userId: "u", event: "Ev", properties });
    properties.list.push(2);
    await client.flush();
    expect(server.requests[0]?.batch[0]).toMatchObject({ properties: { list: [1] } });
  });

  it("leave the caller's objects as they are", async () => {
    const server = await serve();
    const client = open(server);
    const context = Object.freeze({ ip: "1.2.3.4" });
    client.identify(Object.freeze({ userId: "alice", traits: Object.freeze({ a: 1 }), context }));
    client.track(Object.freeze({ userId: "bob", event: "Ev", context }));
    await client.flush();
    expect(server.requests[0]?.batch[1]?.["context"]).not.toHaveProperty("traits");
  });

  it.each([
    ["neither id", { event: "Ev" }, /userId or an anonymousId/],
    ["no event", { userId: "u" }, /event's name/],
    ["a list for properties", { userId: "u", event: "Ev", properties: [1] }, /object with fields, got a list/],
    ["an invalid Date", { userId: "u", event: "Ev", timestamp: new Date(Number.NaN) }, /valid Date/],
    ["no message", undefined, /object/],
    [
      "a message that throws",
      {
        get userId() {
          throw new Error("mine");
        },
      },
      /throws/,
    ],
  ])("with %s are a counted rejection, and nothing is sent", async (_name, message, detail) => {
    const server = await serve();
    const { told, onError } = listen();
    const client = open(server, { onError });
    const handle = client.track(message as never);
    expect(await handle.delivered).toMatchObject({
      destinations: { rudderstack: { kind: "rejected", reason: "invalid", detail: expect.stringMatching(detail) } },
    });
    expect(await client.flush()).toMatchObject({ accepted: 1, rejected: 1 });
    expect([server.requests, told]).toEqual([[], []]);
  });

  it("throw an error that names the field, where that is asked for", async () => {
    const client = open(await serve(), { onInvalid: "throw" });
    let thrown: unknown;
    try {
      client.track({ event: "Ev" });
    } catch (error) {
      thrown = error;
    }
    expect(TrackerError.is(thrown) && thrown.code).toBe("E_EVENT");
    expect(thrown).toMatchObject({ field: "userId" });
  });

  it("reject an event over maxEventBytes alone, with its bytes and its largest field named", async () => {
    const server = await serve();
    const client = open(server);
    const large = client.track({ userId: "u", event: "Large", properties: { html: "x".repeat(33 * 1024) } });
    client.track({ userId: "u", event: "Small" });
    expect((await large.delivered).destinations["rudderstack"]).toMatchObject({
      reason: "too-large",
      detail: expect.stringMatching(/at most 32768 bytes, got \d+ .*properties\.html/),
    });
    expect(await client.flush()).toMatchObject({ delivered: 1, rejected: 1 });
  });
});

describe("the options", () => {
  it("have the defaults that their documentation says", () => {
    const source = readFileSync(new URL("client-options.ts", import.meta.url), "utf8");
    const documented = [...source.matchAll(/@default (.+)\n\s+\*\/\n\s+readonly (\w+)\?/g)].map(
      ([, value = "", name = ""]) => [name, JSON.parse(value) as unknown],
    );
    expect(Object.fromEntries(documented)).toEqual(defaults);
  });

  it("have the defaults of RudderStack's Python SDK", () => {
    expect(defaults).toMatchObject({
      onError: null,
      debug: false,
      send: true,
      syncMode: false,
      maxQueueSize: 10_000,
      gzip: true,
      timeout: 15,
      maxRetries: 10,
      uploadInterval: 0.5,
      uploadSize: 100,
    });
  });

  it.each([
    [{ timeout: "15" }, "timeout", /from 0.01 to 3600, got a string/],
    [{ timeout: 15_000 }, "timeout", /from 0.01 to 3600, got 15000/],
    [{ timeoutMs: 5 }, "timeoutMs", /from 10 to 3600000, got 5/],
    [{ timeout: 5, timeoutMs: 7000 }, "timeout", /`timeoutMs` are two names for one option/],
    [{ uploadInterval: 1, uploadIntervalMs: 2 }, "uploadInterval", /two names/],
    [{ uploadSize: 5, maxBatchEvents: 6 }, "uploadSize", /two names/],
    [{ maxQueueSize: 5, maxQueueEvents: 6 }, "maxQueueSize", /two names/],
    [{ uploadInterval: -1 }, "uploadInterval", /from 0 to 3600, got -1/],
    [{ uploadSize: 0 }, "uploadSize", /from 1 to 100000, got 0/],
    [{ uploadSize: 1.5 }, "uploadSize", /got 1.5/],
    [{ maxQueueSize: Number.NaN }, "maxQueueSize", /got NaN/],
    [{ maxRetries: -1 }, "maxRetries", /≥ 0 or Infinity/],
    [{ onError: "log" }, "onError", /function/],
    [{ gzip: 1 }, "gzip", /true or false/],
    [{ debug: "yes" }, "debug", /true or false/],
    [{ syncMode: 1 }, "syncMode", /true or false/],
    [{ send: 0 }, "send", /true, false/],
    [{ proxy: "ftp://proxy" }, "proxy", /http or https address/],
    [{ path: "v1" }, "path", /slash/],
    [{ identifyTraits: "head" }, "identifyTraits", /one of context, root, both/],
    [{ maxBatchBytes: 0 }, "maxBatchBytes", /from 1 to 4096000/],
    [{ writeKey: "" }, "writeKey", /write key/],
    [{ dataPlaneUrl: "hosted.rudderlabs.com" }, "dataPlaneUrl", /http or https/],
    [{ maxEventBytes: 5_000_000 }, "maxEventBytes", /whole number/],
    [{ flushInterval: 5 }, "flushInterval", /is not an option/],
    [{ requestTimeoutMs: 5 }, "requestTimeoutMs", /is not an option; there are .*timeoutMs/],
  ])("%j is refused with the option's name", (given, field, message) => {
    let thrown: unknown;
    try {
      createRudderStack({ writeKey: "k", dataPlaneUrl: "http://127.0.0.1:1", ...(given as object) });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      name: "TrackerError",
      code: "E_OPTION",
      field,
      message: expect.stringMatching(message),
    });
  });

  it("may be given by both names where both say the same", async () => {
    const client = createRudderStack({
      writeKey: "k",
      dataPlaneUrl: (await serve()).url,
      timeout: 5,
      timeoutMs: 5000,
      uploadInterval: 0.25,
      uploadIntervalMs: 250,
    });
    expect(await client.close()).toMatchObject({ accepted: 0 });
  });

  it("uploadSize: so many events are a request, and trigger it", async () => {
    const server = await serve();
    const client = open(server, { uploadSize: 5, uploadIntervalMs: 60_000 });
    const handles = Array.from({ length: 12 }, (_, index) => client.track({ userId: `u${index}`, event: "Ev" }));
    await Promise.all(handles.slice(0, 10).map(({ delivered }) => delivered));
    expect(server.requests.map(({ batch }) => batch.length)).toEqual([5, 5]);
    expect(await client.flush()).toMatchObject({ delivered: 12 });
    expect(server.requests.map(({ batch }) => batch.length)).toEqual([5, 5, 2]);
  });

  it("uploadSize: more than 100 events fit one request", async () => {
    const server = await serve();
    const client = open(server, { uploadSize: 250, uploadIntervalMs: 60_000 });
    for (let index = 0; index < 250; index += 1) client.track({ userId: `u${index}`, event: "Ev" });
    await client.flush();
    expect(server.requests.map(({ batch }) => batch.length)).toEqual([250]);
  });

  it("uploadInterval: a lone event leaves without a flush", async () => {
    const server = await serve();
    const client = open(server, { uploadInterval: 0.01, uploadIntervalMs: undefined });
    expect(await client.track({ userId: "u", event: "Ev" }).delivered).toMatchObject({ delivered: true });
  });

  it("maxQueueSize: the event that is one too many is dropped, and said to be", async () => {
    const server = await serve(() => undefined);
    const client = open(server, { maxQueueSize: 2 });
    const accepted = [1, 2, 3].map((index) => client.track({ userId: `u${index}`, event: "Ev" }).accepted);
    expect(accepted).toEqual([true, true, false]);
    expect(client.stats()).toMatchObject({ pending: 2, droppedBy: { "queue-full": 1 } });
  });

  it.each([
    [undefined, "gzip"],
    [true, "gzip"],
    [false, undefined],
  ])("gzip: %s sends content-encoding %s", async (gzip, encoding) => {
    const server = await serve();
    const client = open(server, { gzip });
    client.track({ userId: "u", event: "Ev", properties: { text: "x".repeat(2000) } });
    await client.flush();
    expect(server.requests[0]?.headers["content-encoding"]).toBe(encoding);
  });

  it("timeout: an attempt ends after so many seconds, and another one follows", async () => {
    const server = await serve((response, _request, count) => {
      if (count > 1) response.end("ok");
    });
    const client = open(server, { timeout: 0.05 });
    client.track({ userId: "u", event: "Ev" });
    expect(await client.flush()).toMatchObject({ delivered: 1 });
    expect(server.requests).toHaveLength(2);
  });

  it("send: false checks and counts, and makes no connection", async () => {
    const server = await serve();
    const client = open(server, { send: false });
    client.track({ userId: "u", event: "Ev" });
    client.track({ event: "Ev" });
    expect(await client.close()).toMatchObject({
      accepted: 2,
      droppedBy: { disabled: 1 },
      rejectedBy: { invalid: 1 },
      pending: 0,
    });
    expect(server.requests).toEqual([]);
  });

  it("debug: writes what happens to the logger, and nothing without it", async () => {
    const server = await serve(answerInTurn(503, 200));
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const logger = { debug: write, warn: write, error: write };
    const quiet = open(server, { logger });
    quiet.track({ userId: "u", event: "Ev" });
    await quiet.flush();
    expect(lines).toEqual([]);
    server.answer = answerInTurn(0, 0, 503, 200);
    const client = open(server, { debug: true, logger });
    const { id } = client.track({ userId: "u", event: "Ev" });
    await client.flush();
    expect(lines).toEqual([
      `oncewire: track ${id}`,
      expect.stringMatching(/1 event\(s\) again in \d+ ms, failure 1: HTTP 503/),
      "oncewire: rudderstack takes events again",
      "oncewire: delivered 1 event(s) to rudderstack",
    ]);
  });

  it("debug: writes to the console where there is no logger", async () => {
    const write = vi.spyOn(console, "debug").mockImplementation(() => undefined);
    const client = open(await serve(), { debug: true });
    const { id } = client.track({ userId: "u", event: "Ev" });
    await client.flush();
    const lines = write.mock.calls.map(([line]: unknown[]) => line);
    write.mockRestore();
    expect(lines).toEqual([`oncewire: track ${id}`, "oncewire: delivered 1 event(s) to rudderstack"]);
  });

  it("path and a path in dataPlaneUrl are joined", async () => {
    const server = await serve();
    const client = createRudderStack({ writeKey: "k", dataPlaneUrl: `${server.url}/pre//`, path: "/v2/x" });
    client.track({ userId: "u", event: "Ev" });
    await client.close();
    expect(server.requests[0]?.path).toBe("/pre/v2/x");
  });
});

describe("onError", () => {
  it.each([
    [401, "invalid write key\n", "invalid write key"],
    [404, "source is disabled\n", "source is disabled"],
    [403, "", "HTTP 403"],
  ])("is told of %i at once, with the events as they were sent", async (status, text, message) => {
    const server = await serve(answerWith(status, text));
    const { told, onError } = listen();
    const client = open(server, { onError });
    client.track({ userId: "u", event: "Ev", properties: { p: 1 }, messageId: "m1" });
    client.track({ userId: "v", event: "Ev", messageId: "m2" });
    expect(await client.flush()).toMatchObject({ rejectedBy: { refused: 2 }, pending: 0 });
    expect(server.requests).toHaveLength(1);
    expect(told).toHaveLength(1);
    expect(told[0]?.error).toBeInstanceOf(APIError);
    expect(told[0]?.error).toMatchObject({ name: "APIError", status, code: "unknown", message });
    const sent = server.requests[0]?.batch.map(({ sentAt: _sentAt, ...event }) => event);
    expect(told[0]?.events).toEqual(sent);
  });

  it("is told of every batch, and the next one is not kept waiting", async () => {
    const server = await serve(answerWith(401, "invalid write key\n"));
    const { told, onError } = listen();
    const client = open(server, { onError, uploadSize: 2 });
    for (let index = 0; index < 6; index += 1) client.track({ userId: "u", event: "Ev" });
    await client.flush();
    expect(told.map(({ events }) => events.length)).toEqual([2, 2, 2]);
  });

  it("is told of the one event that spoils a batch, and the others arrive", async () => {
    const refused = "request neither has anonymousId nor userId\n";
    const server = await serve((response, { batch }) => {
      const isBad = batch.some(({ event }) => event === "Bad");
      response.writeHead(isBad ? 400 : 200).end(isBad ? refused : "ok");
    });
    const { told, onError } = listen();
    const client = open(server, { onError });
    for (const event of ["A", "B", "Bad", "C", "D"]) client.track({ userId: "u", event });
    expect(await client.flush()).toMatchObject({ delivered: 4, rejected: 1 });
    expect(told).toHaveLength(1);
    expect(told[0]?.error).toMatchObject({ status: 400, message: refused.trim() });
    expect(told[0]?.events.map(({ event }) => event)).toEqual(["Bad"]);
  });

  it("is told of the one event that is too large for the data plane", async () => {
    const server = await serve((response, { batch }) => {
      response.writeHead(batch.some(({ event }) => event === "Big") ? 413 : 200).end();
    });
    const { told, onError } = listen();
    const client = open(server, { onError });
    for (const event of ["A", "Big", "B"]) client.track({ userId: "u", event });
    expect(await client.flush()).toMatchObject({ delivered: 2, rejectedBy: { "too-large": 1 } });
    expect(told.map(({ error, events }) => [error.status, events.length])).toEqual([[413, 1]]);
  });

  it("is told after maxRetries, once, and the events are dropped as exhausted", async () => {
    const server = await serve(answerWith(503, "down"));
    const { told, onError } = listen();
    const client = open(server, { onError, maxRetries: 2 });
    client.track({ userId: "u", event: "Ev", messageId: "m1" });
    expect(await client.flush()).toMatchObject({ droppedBy: { exhausted: 1 }, pending: 0 });
    expect(server.requests).toHaveLength(3);
    expect(new Set(server.requests.map(({ batch }) => batch[0]?.["messageId"]))).toEqual(new Set(["m1"]));
    expect(told.map(({ error }) => [error.status, error.message])).toEqual([[503, "down"]]);
  });

  it("is not told of what a retry delivers, with 10 retries by default", async () => {
    const server = await serve(answerInTurn(500, 502, 503, 504, 429, 408, 500, 500, 500, 500, 200));
    const { told, onError } = listen();
    const client = open(server, { onError });
    client.track({ userId: "u", event: "Ev" });
    expect(await client.flush()).toMatchObject({ delivered: 1 });
    expect([server.requests.length, told]).toEqual([11, []]);
  });

  it("counts the attempts of what is left of a batch anew", async () => {
    let failures = 0;
    const server = await serve((response, { batch }) => {
      const isBad = batch.some(({ event }) => event === "Bad");
      // The first part without the bad event meets a failure.
      const fails = !isBad && failures++ === 0;
      response.writeHead(isBad ? 400 : fails ? 503 : 200).end();
    });
    const client = open(server, { maxRetries: 1 });
    for (const event of ["A", "B", "C", "D", "E", "F", "G", "Bad"]) client.track({ userId: "u", event });
    expect(await client.flush()).toMatchObject({ delivered: 7, rejectedBy: { refused: 1 }, dropped: 0 });
  });

  it("is told of the twelfth failure with no further attempt", async () => {
    const server = await serve(answerWith(500));
    const { told, onError } = listen();
    const client = open(server, { onError });
    client.track({ userId: "u", event: "Ev" });
    await client.flush();
    expect([server.requests.length, told.length]).toEqual([11, 1]);
  });

  it("is told of a network that fails", async () => {
    const server = await serve();
    const { told, onError } = listen();
    const client = createRudderStack({
      writeKey: "k",
      dataPlaneUrl: "http://127.0.0.1:1",
      ...quick,
      maxRetries: 1,
      onError,
    });
    closers.push(() => client.close({ timeoutMs: 0 }));
    client.track({ userId: "u", event: "Ev" });
    await client.flush();
    expect(told.map(({ error }) => [error.status, error.code])).toEqual([[0, "refused"]]);
    expect(server.requests).toEqual([]);
  });

  it("reads code and message of an answer in JSON", async () => {
    const server = await serve(answerWith(400, JSON.stringify({ code: "bad_event", message: "no" })));
    const { told, onError } = listen();
    const client = open(server, { onError });
    client.track({ userId: "u", event: "Ev" });
    await client.flush();
    expect(told[0]?.error).toMatchObject({ status: 400, code: "bad_event", message: "no" });
  });

  it("may throw or reject, and harms nothing", async () => {
    const server = await serve(answerInTurn(401, 401, 200));
    let calls = 0;
    const client = open(server, {
      onError: () => {
        calls += 1;
        if (calls === 1) throw new Error("mine");
        return Promise.reject(new Error("mine, later"));
      },
    });
    for (const event of ["A", "B", "C"]) {
      client.track({ userId: "u", event });
      await client.flush();
    }
    expect([calls, client.stats().delivered]).toEqual([2, 1]);
  });

  it("follows no redirect", async () => {
    const server = await serve(answerWith(302, "", { location: "/elsewhere" }));
    const { told, onError } = listen();
    const client = open(server, { onError });
    client.track({ userId: "u", event: "Ev" });
    await client.flush();
    expect(server.requests.map(({ path }) => path)).toEqual(["/v1/batch"]);
    expect(told[0]?.error.status).toBe(302);
  });
});

describe("syncMode", () => {
  it("resolves each call after its own request", async () => {
    const server = await serve();
    const client = openSync(server);
    expectTypeOf(client).toEqualTypeOf<RudderStack<Promise<EventResult>>>();
    for (const event of ["A", "B"]) {
      expect(await client.track({ userId: "u", event })).toMatchObject({ delivered: true });
      expect(server.requests.at(-1)?.batch.map((each) => each["event"])).toEqual([event]);
    }
    expect(server.requests).toHaveLength(2);
  });

  it("gives calls that are made together a request each", async () => {
    const server = await serve();
    const client = openSync(server);
    await Promise.all(["u", "v", "w"].map((userId) => client.track({ userId, event: "A" })));
    expect(server.requests.map(({ batch }) => batch.length)).toEqual([1, 1, 1]);
  });

  it("retries, calls onError, and does not reject", async () => {
    const server = await serve(answerWith(503));
    const { told, onError } = listen();
    const client = openSync(server, { onError, maxRetries: 2 });
    expect(await client.track({ userId: "u", event: "Ev" })).toMatchObject({
      delivered: false,
      destinations: { rudderstack: { kind: "dropped", reason: "exhausted" } },
    });
    expect([server.requests.length, told.length]).toEqual([3, 1]);
  });

  it("closes like any other client", async () => {
    const client = openSync(await serve());
    await client.track({ userId: "u", event: "Ev" });
    expect(await client.close()).toMatchObject({ accepted: 1, delivered: 1 });
  });
});

describe("flush and close", () => {
  it("gives a handle where there is no syncMode", async () => {
    const handle = open(await serve()).track({ userId: "u", event: "Ev" });
    expectTypeOf(handle).toEqualTypeOf<EventHandle>();
    expect(handle.accepted).toBe(true);
  });

  it("flush sends at once, however long the interval", async () => {
    const server = await serve();
    const client = open(server, { uploadIntervalMs: 600_000 });
    for (let index = 0; index < 45; index += 1) client.track({ userId: "u", event: "Ev" });
    expect(await client.flush()).toMatchObject({ delivered: 45, pending: 0 });
  });

  it("close delivers, and drops what comes after it by name", async () => {
    const server = await serve();
    const client = open(server);
    client.track({ userId: "u", event: "Ev" });
    expect(await client.close()).toMatchObject({ delivered: 1 });
    expect(client.track({ userId: "u", event: "Late" }).accepted).toBe(false);
    expect(client.stats()).toMatchObject({ droppedBy: { closed: 1 } });
  });
});
