import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  isFields,
  payloadsRecorded,
  readCases,
  saidIn,
  type RecordedCase,
} from "../clients/snowplow/captures.fixture.js";
import {
  answerInTurn,
  answerOk,
  entitiesOf,
  startRecordingCollector,
  type CollectorAnswer,
  type RecordingCollector,
} from "../clients/snowplow/recording-collector.fixture.js";
import * as nodeTracker from "./snowplow-node-tracker.js";
import {
  buildPagePing,
  buildPageView,
  buildSelfDescribingEvent,
  buildStructEvent,
  newInMemoryEventStore,
  newTracker,
  version,
  type EmitterConfiguration,
  type EventPayloadAndContext as Described,
  type Payload,
  type PayloadBuilder,
  type RequestFailure,
  type SelfDescribingJson,
  type Tracker,
} from "./snowplow-node-tracker.js";
import packageJson from "../../package.json" with { type: "json" };

const closers: (() => unknown)[] = [];
const lines: string[] = [];
const warnings: string[] = [];
beforeEach(() => {
  lines.length = 0;
  warnings.length = 0;
  vi.spyOn(console, "warn").mockImplementation((line) => void warnings.push(String(line)));
  vi.spyOn(console, "error").mockImplementation((line) => void lines.push(String(line)));
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serve(answer?: CollectorAnswer): Promise<RecordingCollector> {
  const collector = await startRecordingCollector(answer);
  closers.push(() => collector[Symbol.asyncDispose]());
  return collector;
}

function open(collector: RecordingCollector, options: Partial<EmitterConfiguration> = {}): Tracker {
  return newTracker(
    { namespace: "ns", appId: "app" },
    { endpoint: "127.0.0.1", protocol: "http", port: collector.port, bufferSize: 1, ...options },
  );
}

const user = { schema: "iglu:com.acme/user/jsonschema/1-0-0", data: { kind: "tester" } };

describe("what node-tracker 4.8.0 was recorded to send", () => {
  /** Cases in which we send something else, and why. */
  const different: readonly (readonly [name: RegExp, reason: string])[] = [
    [/^page_ping\.full/, "an offset of zero is a position: the original drops it"],
  ];
  const cases = readCases("node-4.8.0").filter(
    ({ name, setup }) => (setup.responses ?? []).length === 0 && !/^(retry|flush|batch|options\.cookie)/.test(name),
  );

  async function replay({ setup, call }: RecordedCase, collector: RecordingCollector): Promise<void> {
    const { namespace, appId, encodeBase64 } = { ...setup.tracker } as never;
    const configuration = { ...setup.emitter, port: collector.port } as unknown as EmitterConfiguration;
    const tracker = newTracker({ namespace, appId, encodeBase64 }, configuration);
    const calls = Array.isArray(call.args["calls"]) ? (call.args["calls"] as RecordedCase["call"][]) : [call];
    for (const each of calls) make(tracker, each);
    await tracker.flush();
  }

  function make(tracker: Tracker, { method, args }: RecordedCase["call"]): void {
    if (Array.isArray(args["positional"])) {
      (Reflect.get(tracker, method) as (...given: unknown[]) => unknown).apply(tracker, args["positional"]);
      return;
    }
    const build = Reflect.get(nodeTracker, String(args["build"])) as (event: unknown) => PayloadBuilder | Described;
    const built = build(args["event"]);
    const { event, context } = "event" in built ? built : { event: built, context: [] };
    const given = (args["context"] ?? []) as SelfDescribingJson[];
    tracker.track(event, [...context, ...given], args["timestamp"] as never);
  }

  it.each(cases.map((each) => ({ name: each.name, recorded: each })))(
    "is sent by the drop-in: $name",
    async ({ recorded }) => {
      const collector = await serve();
      const isDifferent = different.some(([name]) => name.test(recorded.name));
      const expected = payloadsRecorded(recorded).map(saidIn);
      expect(expected.length).toBeGreaterThan(0);
      await replay(recorded, collector);
      const sent = collector.payloads.map(saidIn);
      if (isDifferent) expect(sent).not.toEqual(expected);
      else expect(sent).toEqual(expected);
      const [request] = recorded.requests;
      if (!isDifferent) expect(collector.requests[0]).toMatchObject({ method: request?.method, path: request?.path });
    },
  );

  it("covers every builder", () => {
    const built = new Set(cases.map(({ call }) => call.args["build"]).filter((build) => build !== undefined));
    const builders = Object.keys(nodeTracker).filter((name) => name.startsWith("build"));
    expect(builders.filter((name) => !built.has(name))).toEqual([]);
  });
});

describe("track", () => {
  it("gives the pairs that are sent, with the event's id", async () => {
    const collector = await serve();
    const tracker = open(collector);
    const payload = tracker.track(buildPageView({ pageUrl: "https://a.b/" }), [user]);
    await tracker.flush();
    const { stm: _, ...sent } = collector.payloads[0] ?? {};
    expect(sent).toEqual(Object.fromEntries(Object.entries(payload ?? {}).map(([key, value]) => [key, String(value)])));
    expect(sent).toMatchObject({
      e: "pv",
      url: "https://a.b/",
      p: "srv",
      tv: `oncewire-${version}`,
      tna: "ns",
      aid: "app",
    });
  });

  it("takes an id that stands in the payload pairs", async () => {
    const eid = "0b4e2f6c-5a5e-4c09-8a53-3e2f3ad0e2a1";
    const collector = await serve();
    const tracker = open(collector);
    const builder = buildPageView({ pageUrl: "https://a.b/" });
    builder.add("eid", eid);
    expect(tracker.track(builder)).toMatchObject({ eid });
    await tracker.flush();
    expect(collector.payloads).toMatchObject([{ eid }]);
  });

  it("sends a page ping's zeros", async () => {
    const collector = await serve();
    const tracker = open(collector);
    tracker.track(
      buildPagePing({ pageUrl: "https://a.b/", minXOffset: 0, maxXOffset: 1, minYOffset: 0, maxYOffset: 2 }),
    );
    await tracker.flush();
    expect(collector.payloads).toMatchObject([{ pp_mix: "0", pp_max: "1", pp_miy: "0", pp_may: "2" }]);
  });

  it("does nothing after deactivate; what was tracked before is sent", async () => {
    const collector = await serve();
    const tracker = open(collector, { bufferSize: 10 });
    tracker.track(buildPageView({ pageUrl: "https://a.b/" }));
    tracker.deactivate();
    expect(tracker.track(buildPageView({ pageUrl: "https://a.b/2" }))).toBeUndefined();
    await tracker.flush();
    expect(collector.payloads).toMatchObject([{ url: "https://a.b/" }]);
  });
});

describe("contexts and plugins", () => {
  it("add entities to every event, or to those that a filter or a rule lets through", async () => {
    const collector = await serve();
    const tracker = open(collector);
    const entity = (name: string): typeof user => ({ ...user, data: { kind: name } });
    const failing = (): never => {
      throw new Error("mine");
    };
    tracker.addGlobalContexts([
      entity("always"),
      failing,
      ({ eventType }) => entity(`of ${eventType}`),
      [({ eventType }) => eventType === "pv", [entity("page")]],
      [{ accept: "iglu:com.acme/*/jsonschema/*" }, entity("acme")],
      [{ reject: ["iglu:com.acme/*/jsonschema/*"] }, entity("not acme")],
    ]);
    tracker.removeGlobalContexts([entity("always")]);
    tracker.addPlugin({ plugin: { contexts: () => [entity("plugin")] } });
    tracker.track(buildPageView({ pageUrl: "https://a.b/" }));
    tracker.track(buildSelfDescribingEvent({ event: user }));
    tracker.clearGlobalContexts();
    tracker.track(buildPageView({ pageUrl: "https://a.b/" }), [entity("own")]);
    await tracker.flush();
    const kinds = collector.payloads.map((payload) =>
      (entitiesOf(payload) as (typeof user)[]).map(({ data }) => data.kind),
    );
    expect(kinds).toEqual([
      ["plugin", "of pv", "page", "not acme"],
      ["plugin", "of ue", "acme"],
      ["own", "plugin"],
    ]);
  });

  it("let a plugin change an event, keep it from being sent, and see what was sent", async () => {
    const collector = await serve();
    const tracker = open(collector);
    const seen: Payload[] = [];
    tracker.addPlugin({
      plugin: {
        activateCorePlugin: (core) => core.setUserId("from plugin"),
        beforeTrack: (builder) => builder.add("lang", "en"),
        filter: ({ se_ca }) => se_ca !== "secret",
        afterTrack: (payload) => seen.push(payload),
      },
    });
    expect(tracker.track(buildStructEvent({ category: "secret", action: "a" }))).toBeUndefined();
    tracker.track(buildStructEvent({ category: "open", action: "a" }));
    await tracker.flush();
    expect(collector.payloads).toMatchObject([{ se_ca: "open", uid: "from plugin", lang: "en" }]);
    expect(seen).toHaveLength(1);
  });
});

describe("emitters", () => {
  it("send each request with the custom headers, anonymously where asked for", async () => {
    const collector = await serve();
    const tracker = open(collector, { customHeaders: { "X-Custom": "1" }, serverAnonymization: true });
    tracker.track(buildPageView({ pageUrl: "https://a.b/" }));
    await tracker.flush();
    expect(collector.requests[0]?.headers).toMatchObject({ "x-custom": "1", "sp-anonymous": "*" });
  });

  it("ask the id service once, before the first events, with the headers of all; what it answers holds nothing up", async () => {
    const [collector, service] = [await serve(), await serve(answerInTurn(500))];
    const order: string[] = [];
    const noted = (name: string, answer: CollectorAnswer) => (response: ServerResponse, count: number) => {
      order.push(name);
      answer(response, count);
    };
    collector.answer = noted("events", answerOk);
    service.answer = noted("service", answerInTurn(500));
    const idService = `http://127.0.0.1:${service.port}/ids?for=us`;
    const tracker = open(collector, { idService, customHeaders: { "X-Custom": "1" }, serverAnonymization: true });
    for (const url of ["https://a.b/1", "https://a.b/2"]) {
      tracker.track(buildPageView({ pageUrl: url }));
      await tracker.flush();
    }
    expect(order).toEqual(["service", "events", "events"]);
    expect(service.requests).toMatchObject([
      { method: "GET", path: "/ids", payloads: [{ for: "us" }], headers: { "x-custom": "1", "sp-anonymous": "*" } },
    ]);
    expect(collector.payloads.map(({ url }) => url)).toEqual(["https://a.b/1", "https://a.b/2"]);
    expect(lines).toEqual(["oncewire: the id service did not answer: status 500"]);
  });

  it("ask the id service by the caller's fetch, under its other name, and send though it cannot be reached", async () => {
    const asked: string[] = [];
    const customFetch = async ({ method, url }: Request): Promise<Response> => {
      asked.push(`${method} ${url}`);
      if (url.includes("ids.acme.com")) throw new Error("no such host");
      return new Response("ok");
    };
    const tracker = newTracker(
      { namespace: "ns" },
      { endpoint: "c.acme.com", customFetch, bufferSize: 1, cookieExtensionService: "https://ids.acme.com/" },
    );
    tracker.track(buildPageView({ pageUrl: "https://a.b/" }));
    await tracker.flush();
    expect(asked).toEqual(["GET https://ids.acme.com/", "POST https://c.acme.com/com.snowplowanalytics.snowplow/tp2"]);
    expect(lines).toMatchObject([expect.stringContaining("no such host")]);
  });

  it("refuse an id service without an address, and what else cannot be used", () => {
    const endpoint = "collector.acme.com";
    expect(() => newTracker({ namespace: "ns" }, { endpoint, idService: "ids" })).toThrow(/idService/);
    expect(() => newTracker({ namespace: "ns" }, { endpoint, credentials: "all" as never })).toThrow(/same-origin/);
    expect(() => newTracker({ namespace: "ns" }, { endpoint, eventMethod: "put" as never })).toThrow(/method/);
    expect(() => newTracker({ namespace: "ns" }, { endpoint, postPath: "one" })).toThrow(/postPath/);
  });

  it("take the method in letters of any size", async () => {
    const collector = await serve();
    const tracker = open(collector, { eventMethod: "GET" as never });
    tracker.track(buildPageView({ pageUrl: "https://a.b/" }));
    await tracker.flush();
    expect(collector.requests).toMatchObject([{ method: "GET" }]);
  });

  it.each([
    ["get", undefined, true],
    ["get", true, true],
    ["get", false, false],
    ["post", false, true],
  ] as const)("say by %s with useStm %s when they sent: %s", async (eventMethod, useStm, isSaid) => {
    const collector = await serve();
    const tracker = open(collector, { eventMethod, useStm });
    tracker.track(buildPageView({ pageUrl: "https://a.b/" }));
    await tracker.flush();
    expect(collector.payloads).toHaveLength(1);
    expect(Object.hasOwn(collector.payloads[0] ?? {}, "stm")).toBe(isSaid);
  });

  it("let a fetch of one's own know of credentials and keepalive", async () => {
    const requests: Request[] = [];
    const customFetch = async (request: Request): Promise<Response> => {
      requests.push(request);
      return new Response("ok");
    };
    for (const manners of [{}, { credentials: "include", keepalive: true } as const]) {
      const tracker = newTracker(
        { namespace: "ns" },
        { endpoint: "c.acme.com", customFetch, bufferSize: 1, ...manners },
      );
      tracker.track(buildPageView({ pageUrl: "https://a.b/" }));
      await tracker.flush();
    }
    expect(requests.map(({ credentials, keepalive }) => [credentials, keepalive])).toEqual([
      ["same-origin", false],
      ["include", true],
    ]);
  });

  it("say on the console which options have no effect", () => {
    const endpoint = "collector.acme.com";
    nodeTracker.newEmitter({ endpoint, credentials: "omit", keepalive: true, useStm: true });
    expect(warnings).toEqual([]);
    const more = { bufferSise: 5, credentials: "include", maxGetBytes: 100, useStm: false } as const;
    nodeTracker.newEmitter({ endpoint, ...more });
    expect(warnings).toEqual([
      "oncewire: `bufferSise` is no option of an emitter and is not used",
      "oncewire: `credentials` has no effect without `customFetch`: a server has no cookies to send",
      'oncewire: `maxGetBytes` has no effect but with `eventMethod: "get"`',
      'oncewire: `useStm` has no effect but with `eventMethod: "get"`',
    ]);
  });

  it("post what is too long for a query", async () => {
    const collector = await serve();
    const tracker = open(collector, { eventMethod: "get", maxGetBytes: 300 });
    tracker.track(buildPageView({ pageUrl: "https://a.b/" }));
    tracker.track(buildPageView({ pageUrl: `https://a.b/${"x".repeat(300)}` }));
    await tracker.flush();
    expect(collector.requests.map(({ method }) => method).toSorted()).toEqual(["GET", "POST"]);
  });

  it.each([
    ["POST", { eventMethod: "post" }],
    ["GET", { eventMethod: "get" }],
  ] as const)("carry %s by a fetch of one's own", async (method, options) => {
    const requests: Request[] = [];
    const customFetch = async (request: Request): Promise<Response> => {
      requests.push(request);
      return new Response("ok");
    };
    const tracker = newTracker(
      { namespace: "ns" },
      { endpoint: "collector.acme.com", customFetch, bufferSize: 1, ...options },
    );
    tracker.track(buildPageView({ pageUrl: "https://a.b/" }));
    await tracker.flush();
    expect(requests.map((request) => request.method)).toEqual([method]);
    const sent = method === "GET" ? requests[0]?.url : await requests[0]?.text();
    expect(sent).toMatch(method === "GET" ? /^https:\/\/collector.acme.com\/i\?.*e=pv/ : /"e":"pv"/);
  });

  it("tell of each request, and try no status again that is not to be tried", async () => {
    const collector = await serve(answerInTurn(503, 200, 404));
    const sent: (readonly Payload[])[] = [];
    const failed: RequestFailure[] = [];
    const tracker = open(collector, {
      dontRetryStatusCodes: [404],
      onRequestSuccess: (events) => sent.push(events),
      onRequestFailure: (failure) => failed.push(failure),
    });
    tracker.track(buildStructEvent({ category: "c", action: "first" }));
    await tracker.flush();
    tracker.track(buildStructEvent({ category: "c", action: "second" }));
    await tracker.flush();
    expect(collector.requests).toHaveLength(3);
    expect(sent).toMatchObject([[{ se_ac: "first" }]]);
    expect(failed).toMatchObject([
      { status: 503, willRetry: true, events: [{ se_ac: "first" }] },
      { status: 404, willRetry: false, events: [{ se_ac: "second" }] },
    ]);
  });

  it("make no request twice with retryFailedRequests off, whatever failed", async () => {
    const collector = await serve((response, count) => {
      if (count === 1) response.destroy();
      else response.writeHead(500).end();
    });
    const tracker = open(collector, { retryFailedRequests: false });
    for (const action of ["a", "b"]) {
      tracker.track(buildStructEvent({ category: "c", action }));
      await tracker.flush();
    }
    expect(collector.requests).toHaveLength(2);
    await expect.poll(() => lines.join()).toMatch(/dropped 1 event\(s\) for snowplow: exhausted/);
  });

  it("change where they send, without losing what was tracked before", async () => {
    const [one, two] = [await serve(), await serve()];
    const emitter = nodeTracker.newEmitter({ endpoint: one.host, protocol: "http", bufferSize: 10 });
    const tracker = newTracker({ namespace: "ns" }, { customEmitter: () => emitter });
    tracker.track(buildStructEvent({ category: "c", action: "one" }));
    emitter.setCollectorUrl(two.host);
    tracker.track(buildStructEvent({ category: "c", action: "two" }));
    await tracker.flush();
    await expect.poll(() => one.payloads).toMatchObject([{ se_ac: "one" }]);
    expect(two.payloads).toMatchObject([{ se_ac: "two" }]);
  });

  it("send what waits in an event store of one's own, and empty it", async () => {
    const collector = await serve();
    const eventStore = newInMemoryEventStore();
    await eventStore.add({ payload: { e: "pv", p: "srv", tv: "older", url: "https://left.over/" } });
    const tracker = open(collector, { eventStore, bufferSize: 10 });
    tracker.track(buildPageView({ pageUrl: "https://a.b/" }));
    await tracker.flush();
    expect(collector.payloads).toMatchObject([
      { tv: "older", url: "https://left.over/" },
      { tv: `oncewire-${version}`, url: "https://a.b/" },
    ]);
    expect(await eventStore.count()).toBe(0);
  });

  it("keep in the event store what could not be sent", async () => {
    const collector = await serve(answerInTurn(503));
    const eventStore = newInMemoryEventStore();
    const tracker = open(collector, { eventStore });
    tracker.track(buildPageView({ pageUrl: "https://a.b/" }));
    await expect.poll(() => collector.requests.length).toBeGreaterThan(0);
    expect(await eventStore.getAllPayloads()).toMatchObject([{ url: "https://a.b/" }]);
    collector.answer = answerOk;
    await tracker.flush();
    expect(await eventStore.count()).toBe(0);
  });

  it("let the oldest of an event store in memory go when it is full", async () => {
    const eventStore = newInMemoryEventStore({ maxSize: 2 });
    for (const url of ["1", "2", "3"]) await eventStore.add({ payload: { url } });
    expect(await eventStore.getAllPayloads()).toEqual([{ url: "2" }, { url: "3" }]);
    const iterator = eventStore.iterator();
    expect(await iterator.next()).toEqual({ value: { payload: { url: "2" } }, done: false });
    expect([await iterator.next(), await iterator.next()]).toMatchObject([
      { done: false },
      { value: undefined, done: true },
    ]);
    expect(await eventStore.getAll()).toHaveLength(2);
  });

  it("may be of one's own making", async () => {
    const taken: Payload[] = [];
    const customEmitter = () => ({
      input: async (payload: Payload) => void taken.push(payload),
      flush: () => Promise.reject(new Error("mine")),
    });
    const tracker = newTracker({ namespace: "ns", encodeBase64: false }, { customEmitter });
    tracker.track(buildSelfDescribingEvent({ event: user }));
    await tracker.flush();
    expect(taken).toMatchObject([{ e: "ue", tna: "ns", ue_pr: expect.stringContaining("tester") }]);
    expect(isFields(taken[0])).toBe(true);
  });
});

it("says the version of this package", () => {
  expect(version).toBe(packageJson.version);
});
