import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { createManualRuntime } from "../../testing/manual-runtime.js";
import {
  Emitter,
  InMemoryEventStore,
  PageView,
  StructuredEvent,
  Tracker,
  type EmitterOptions,
  type EventHandle,
  type EventStore,
  type RequestFailure,
} from "../snowplow.js";
import { defaults } from "./emitter-options.js";
import {
  answerInTurn,
  answerOk,
  startRecordingCollector,
  type CollectorAnswer,
  type Pairs,
  type RecordingCollector,
} from "./recording-collector.fixture.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Retries come fast; all else is as the options say. */
const quick = { protocol: "http", retryBaseMs: 1, flushIntervalMs: 5, pauseBaseMs: 1, pauseCapMs: 5 } as const;

async function serve(answer?: CollectorAnswer): Promise<RecordingCollector> {
  const collector = await startRecordingCollector(answer);
  closers.push(() => collector[Symbol.asyncDispose]());
  return collector;
}

function emit({ host }: RecordingCollector, options: EmitterOptions = {}): Emitter {
  const emitter = new Emitter(host, { ...quick, ...options });
  closers.push(() => emitter.close({ timeoutMs: 0 }));
  return emitter;
}

function trackMany(emitters: Emitter, count: number): Tracker {
  const tracker = new Tracker({ namespace: "ns", emitters });
  for (let index = 0; index < count; index += 1) {
    tracker.track(new StructuredEvent({ category: "c", action: `a${index}` }));
  }
  return tracker;
}

function actions(payloads: readonly Pairs[]): readonly (string | undefined)[] {
  return payloads.map(({ se_ac }) => se_ac);
}

/** Tracks one event in a process of its own, which then ends by itself; gives what it printed. */
async function runToItsEnd(host: string, store: string): Promise<string> {
  const program = fileURLToPath(new URL("../../../test-children/snowplow-track-and-end.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, host, store], { timeout: 10_000 });
  return stdout;
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("an emitter's options", () => {
  it("have the defaults that their documentation says", () => {
    const source = readFileSync(new URL("emitter-options.ts", import.meta.url), "utf8");
    const documented = [...source.matchAll(/@default (.+)\n\s+\*\/\n\s+readonly (\w+)\?/g)].map(
      ([, value = "", name = ""]) => [name, JSON.parse(value) as unknown],
    );
    expect(Object.fromEntries(documented)).toEqual(defaults);
  });

  it.each([
    [{ walrus: 1 }, "walrus"],
    [{ requestTimeoutMs: 1 }, "requestTimeoutMs"],
    [{ batchSize: 0 }, "batchSize"],
    [{ byteLimit: 1.5 }, "byteLimit"],
    [{ bufferCapacity: "many" }, "bufferCapacity"],
    [{ onSuccess: 1 }, "onSuccess"],
    [{ onFailure: "x" }, "onFailure"],
    [{ requestTimeout: 0 }, "requestTimeout"],
    [{ requestTimeout: [1, "2"] }, "requestTimeout"],
    [{ maxRetryDelay: -1 }, "maxRetryDelay"],
    [{ customRetryCodes: { 200: true } }, "customRetryCodes"],
    [{ customRetryCodes: { 500: "yes" } }, "customRetryCodes"],
    [{ retryFailedRequests: 1 }, "retryFailedRequests"],
    [{ eventStore: { addEvent: () => true } }, "eventStore"],
    [{ logger: {} }, "logger"],
    [{ logLevel: "loud" }, "logLevel"],
    [{ method: "put" }, "method"],
    [{ protocol: "ftp" }, "protocol"],
    [{ port: 70_000 }, "port"],
    [{ flushIntervalMs: -1 }, "flushIntervalMs"],
  ])("are refused by name: %j", (options, field) => {
    expect(thrownBy(() => new Emitter("collector.acme.com", options as never))).toMatchObject({
      name: "TrackerError",
      code: "E_OPTION",
      field,
    });
  });

  it.each([
    ["collector.acme.com", {}, "https://collector.acme.com"],
    ["collector.acme.com///", { protocol: "http", port: 9090 }, "http://collector.acme.com:9090"],
    ["HTTP://collector.acme.com/pre/", { port: 9090 }, "http://collector.acme.com:9090/pre"],
    ["https://collector.acme.com:444", { protocol: "http", port: 9090 }, "https://collector.acme.com:444"],
  ] as const)("make an address: %s %j", (endpoint, options, expected) => {
    expect(new Emitter(endpoint, options).endpoint).toBe(expected);
  });
});

describe("requests", () => {
  it("hold up to batchSize events, in the order in which they were tracked", async () => {
    const collector = await serve();
    await trackMany(emit(collector, { maxInFlight: 1 }), 25).flush();
    expect(collector.requests.map(({ payloads }) => payloads.length)).toEqual([10, 10, 5]);
    expect(actions(collector.payloads)).toEqual(Array.from({ length: 25 }, (_, index) => `a${index}`));
  });

  it("are made when batchSize events wait, and for fewer after flushIntervalMs", async () => {
    const collector = await serve();
    const emitter = emit(collector, { batchSize: 3, flushIntervalMs: 30 });
    trackMany(emitter, 4);
    await expect.poll(() => collector.requests.map(({ payloads }) => payloads.length)).toEqual([3, 1]);
  });

  it("hold no more bytes than byteLimit, and an event of more goes alone", async () => {
    const collector = await serve();
    const emitter = emit(collector, { byteLimit: 480, maxInFlight: 1 });
    const tracker = trackMany(emitter, 4);
    tracker.track(new PageView({ pageUrl: `https://acme.com/${"x".repeat(900)}` }));
    expect(await tracker.flush()).toMatchObject({ delivered: 5 });
    expect(collector.requests.map(({ payloads }) => payloads.length)).toEqual([2, 2, 1]);
  });

  it("are made one for each event with GET, on the path of the pixel", async () => {
    const collector = await serve();
    const emitter = new Emitter(`http://${collector.host}/pre/`, { method: "get" });
    closers.push(() => emitter.close({ timeoutMs: 0 }));
    await trackMany(emitter, 3).flush();
    expect(collector.requests.map(({ method, path }) => [method, path])).toEqual(
      Array.from({ length: 3 }, () => ["GET", "/pre/i"]),
    );
    expect(new Set(actions(collector.payloads))).toEqual(new Set(["a0", "a1", "a2"]));
  });

  it("carry headers of one's own, and go to a path of one's own", async () => {
    const collector = await serve();
    const emitter = emit(collector, { headers: { "SP-Anonymous": "*" }, postPath: "/com.acme/track" });
    await trackMany(emitter, 1).flush();
    expect(collector.requests[0]).toMatchObject({ path: "/com.acme/track", headers: { "sp-anonymous": "*" } });
    expect(collector.requests[0]?.headers["content-type"]).toBe("application/json; charset=utf-8");
  });

  it("are given up after requestTimeout, and made again", async () => {
    const collector = await serve((response, count) => void (count > 1 && response.end("ok")));
    const emitter = emit(collector, { requestTimeout: [0.02, 0.03] });
    expect(await trackMany(emitter, 1).flush()).toMatchObject({ delivered: 1 });
    expect(collector.requests).toHaveLength(2);
  });

  it("are made every so often with a flush timer, until it is cancelled", async () => {
    const runtime = createManualRuntime();
    const sent: number[] = [];
    const emitter = new Emitter("collector.acme.com", {
      flushIntervalMs: 3_600_000,
      runtime,
      transport: () => ({
        send: async ({ body }) => {
          sent.push((JSON.parse(Buffer.from(body).toString()) as { data: unknown[] }).data.length);
          return { kind: "answered", response: { status: 200, headers: {}, body: new Uint8Array() } };
        },
        abort: () => undefined,
      }),
    });
    emitter.setFlushTimer(5);
    trackMany(emitter, 2);
    await runtime.advance(4999);
    expect(sent).toEqual([]);
    await runtime.advance(1);
    trackMany(emitter, 3);
    await runtime.advance(5000);
    expect(sent).toEqual([2, 3]);
    emitter.cancelFlushTimer();
    trackMany(emitter, 1);
    await runtime.advance(60_000);
    expect(sent).toEqual([2, 3]);
    expect(thrownBy(() => emitter.setFlushTimer(0))).toMatchObject({ field: "intervalSeconds" });
  });
});

describe("failures", () => {
  it("lose nothing that another attempt can deliver, with the same ids", async () => {
    const collector = await serve(answerInTurn(503, 500, 429, 200));
    expect(await trackMany(emit(collector), 3).flush()).toMatchObject({ delivered: 3, pending: 0 });
    const ids = collector.requests.map(({ payloads }) => payloads.map(({ eid }) => eid));
    expect(new Set(ids.map((each) => each.join())).size).toBe(1);
    expect(ids).toHaveLength(4);
  });

  it.each([401, 403, 404, 302])("lose nothing when the collector refuses us: %i", async (status) => {
    const collector = await serve(answerInTurn(status, 200));
    expect(await trackMany(emit(collector), 3).flush()).toMatchObject({ delivered: 3 });
  });

  it("split a batch that is too large", async () => {
    const collector = await serve((response) => {
      const { length } = collector.requests.at(-1)?.payloads ?? [];
      response.writeHead((length ?? 0) > 2 ? 413 : 200).end();
    });
    expect(await trackMany(emit(collector), 8).flush()).toMatchObject({ delivered: 8 });
  });

  it("of a status that is not to be tried again end its events and no others", async () => {
    const collector = await serve(answerInTurn(404, 200));
    const emitter = emit(collector, { customRetryCodes: { 404: false }, batchSize: 2, maxInFlight: 1 });
    expect(await trackMany(emitter, 4).flush()).toMatchObject({ delivered: 2, rejectedBy: { refused: 2 } });
    expect(collector.requests).toHaveLength(2);
  });

  it("of a status that is to be tried again are tried again", async () => {
    const collector = await serve(answerInTurn(400, 400, 200));
    const emitter = emit(collector, { customRetryCodes: { 400: true } });
    expect(await trackMany(emitter, 2).flush()).toMatchObject({ delivered: 2 });
    expect(collector.requests.map(({ payloads }) => payloads.length)).toEqual([2, 2, 2]);
  });

  it("are told to onFailure each time, successes to onSuccess; what both throw harms nobody", async () => {
    const collector = await serve(answerInTurn(503, 200));
    const failures: [number, readonly Pairs[], RequestFailure][] = [];
    const successes: (readonly Pairs[])[] = [];
    const emitter = emit(collector, {
      onFailure: (sentEvents, events, failure) => {
        failures.push([sentEvents, events, failure]);
        throw new Error("mine");
      },
      onSuccess: async (events) => {
        successes.push(events);
        throw new Error("mine");
      },
    });
    expect(await trackMany(emitter, 2).flush()).toMatchObject({ delivered: 2 });
    expect(failures).toMatchObject([[0, [{ se_ac: "a0" }, { se_ac: "a1" }], { status: 503, willRetry: true }]]);
    expect(successes).toMatchObject([[{ se_ac: "a0", stm: expect.any(String) }, { se_ac: "a1" }]]);
  });

  it("of a collector that is not there are told without a status", async () => {
    const failures: RequestFailure[] = [];
    const emitter = new Emitter("127.0.0.1:1", {
      ...quick,
      onFailure: (_sent, _events, failure) => failures.push(failure),
    });
    trackMany(emitter, 1);
    await expect
      .poll(() => failures[0])
      .toMatchObject({ status: 0, willRetry: true, reason: expect.stringContaining("refused") });
    expect(await emitter.close({ timeoutMs: 0 })).toMatchObject({ dropped: 1, pending: 0 });
  });

  it("leave no more waiting than bufferCapacity; what comes then is dropped and counted", async () => {
    const collector = await serve(answerInTurn(503));
    const emitter = emit(collector, { bufferCapacity: 5 });
    trackMany(emitter, 8);
    expect(emitter.stats()).toMatchObject({ pending: 5, droppedBy: { "queue-full": 3 } });
    collector.answer = answerOk;
    expect(await emitter.flush()).toMatchObject({ delivered: 5 });
  });
});

describe("an event store", () => {
  it("holds what waits, and is told of what was sent", async () => {
    const collector = await serve();
    const eventStore = new InMemoryEventStore();
    const emitter = emit(collector, { eventStore, flushIntervalMs: 3_600_000 });
    const tracker = trackMany(emitter, 3);
    await expect.poll(() => eventStore.size()).toBe(3);
    expect(collector.requests).toHaveLength(0);
    expect(await tracker.flush()).toMatchObject({ delivered: 3 });
    expect(eventStore.size()).toBe(0);
    expect(actions(collector.payloads)).toEqual(["a0", "a1", "a2"]);
  });

  it("sends when batchSize events wait, and tells each handle how its event ended", async () => {
    const collector = await serve();
    const emitter = emit(collector, { eventStore: new InMemoryEventStore(), batchSize: 2, flushIntervalMs: 3_600_000 });
    const tracker = new Tracker({ namespace: "ns", emitters: emitter });
    const handles = ["a", "b"].map((action) => tracker.track(new StructuredEvent({ category: "c", action })));
    const results = await Promise.all(handles.map(({ delivered }) => delivered));
    expect(results.map(({ delivered }) => delivered)).toEqual([true, true]);
    expect(await handles[0]?.durable).toBe(true);
  });

  it("that is full drops the event, which is counted", async () => {
    const collector = await serve(answerInTurn(503));
    const emitter = emit(collector, {
      eventStore: new InMemoryEventStore({ bufferCapacity: 1 }),
      flushIntervalMs: 3_600_000,
    });
    const tracker = new Tracker({ namespace: "ns", emitters: emitter });
    tracker.track(new StructuredEvent({ category: "c", action: "kept" }));
    const dropped = tracker.track(new StructuredEvent({ category: "c", action: "dropped" }));
    expect(await dropped.delivered).toMatchObject({
      destinations: { snowplow: { kind: "dropped", reason: "queue-full" } },
    });
    expect(dropped.accepted).toBe(false);
    expect(emitter.stats()).toMatchObject({ droppedBy: { "queue-full": 1 } });
  });

  it("keeps what a failing collector did not take, and gives it out again after close", async () => {
    const collector = await serve(answerInTurn(503));
    const eventStore = new InMemoryEventStore();
    const first = emit(collector, { eventStore });
    const tracker = trackMany(first, 3);
    await expect.poll(() => collector.requests.length).toBeGreaterThan(1);
    const late = tracker.track(new StructuredEvent({ category: "c", action: "late" }));
    await first.close({ timeoutMs: 20 });
    expect(await late.delivered).toMatchObject({ delivered: false });
    expect(eventStore.size()).toBe(4);
    // Another collector: a request that was given up may still reach the one before.
    const healthy = await serve();
    const second = emit(healthy, { eventStore });
    expect(await second.flush()).toMatchObject({ delivered: 4 });
    const later = healthy.requests.flatMap(({ payloads }) => payloads);
    expect(actions(later)).toEqual(["a0", "a1", "a2", "late"]);
    expect(later.every(({ tna }) => tna === "ns")).toBe(true);
  });

  it("is sent in full where the engine has room for less, later where not now", async () => {
    const collector = await serve();
    const emitter = emit(collector, { eventStore: new InMemoryEventStore(), bufferCapacity: 2 });
    const tracker = trackMany(emitter, 5);
    await expect.poll(() => collector.payloads.length, { timeout: 5000 }).toBe(5);
    expect(new Set(collector.payloads.map(({ eid }) => eid)).size).toBe(5);
    expect(await tracker.flush()).toMatchObject({ pending: 0 });
  });

  it.each(["none", "memory"])("is sent at the natural end of the process: %s", async (store) => {
    const collector = await serve();
    expect(await runToItsEnd(collector.host, store)).toEqual("");
    expect(collector.payloads).toMatchObject([{ se_ac: "last" }]);
  });

  it.each(["none", "memory"])(
    "holds the process no longer than exitTimeoutMs for a collector that is down: %s",
    async (store) => {
      expect(await runToItsEnd("127.0.0.1:1", store)).toEqual("dropped 1 as exit\n");
    },
  );

  it("may answer with promises, throw, or reject, and harms nobody", async () => {
    const collector = await serve();
    const kept: Pairs[] = [];
    let calls = 0;
    const eventStore: EventStore = {
      addEvent: async (payload) => {
        calls += 1;
        if (calls === 2) throw new Error("mine");
        kept.push(payload);
        return true;
      },
      getEventsBatch: () => {
        calls += 1;
        if (calls === 4) throw new Error("mine");
        return kept.splice(0);
      },
      cleanup: () => Promise.reject(new Error("mine")),
      size: async () => kept.length,
    };
    const emitter = emit(collector, { eventStore, flushIntervalMs: 3_600_000 });
    const tracker = trackMany(emitter, 3);
    await tracker.flush();
    expect(await tracker.flush()).toMatchObject({ delivered: 2, droppedBy: { "queue-full": 1 } });
    expect(actions(collector.payloads)).toEqual(["a0", "a2"]);
  });

  it("that loses events without a word costs no memory without bounds", async () => {
    const collector = await serve();
    const eventStore: EventStore = {
      addEvent: () => true,
      getEventsBatch: () => [],
      cleanup: () => undefined,
      size: () => 0,
    };
    const emitter = emit(collector, { eventStore });
    const input = (eid: string): EventHandle => emitter.input({ e: "pv", p: "pc", tv: "x", eid });
    const first = input("first");
    for (let index = 0; index < 100_000; index += 1) input(String(index));
    expect(await first.delivered).toEqual({ delivered: false, destinations: { store: { kind: "forgotten" } } });
  });

  it("refuses what cannot be sent before it is stored", async () => {
    const collector = await serve();
    const eventStore = new InMemoryEventStore();
    const emitter = emit(collector, { eventStore });
    const tracker = new Tracker({ namespace: "ns", emitters: emitter });
    tracker.track(new PageView({ pageUrl: "u", eventId: "no uuid" }));
    expect(await tracker.flush()).toMatchObject({ rejectedBy: { invalid: 1 } });
    expect(eventStore.size()).toBe(0);
  });
});

describe("a spool", () => {
  it("keeps what one process could not deliver for the next", async () => {
    const collector = await serve(answerInTurn(503));
    const folder = mkdtempSync(join(tmpdir(), "oncewire-snowplow-"));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const first = new Emitter(collector.host, { ...quick, spool: folder });
    trackMany(first, 3);
    await expect.poll(() => collector.requests.length).toBeGreaterThan(0);
    await first.close({ timeoutMs: 50 });
    collector.answer = answerOk;
    const before = collector.requests.length;
    const second = emit(collector, { spool: folder });
    await expect.poll(() => second.stats().delivered).toBe(3);
    const later = collector.requests.slice(before).flatMap(({ payloads }) => payloads);
    // One that the first had given up may come in late, too.
    expect([...new Set(actions(later))]).toEqual(["a0", "a1", "a2"]);
  });
});

describe("logging", () => {
  interface Lines {
    readonly lines: string[];
    readonly logger: Required<NonNullable<EmitterOptions["logger"]>>;
  }

  function listen(): Lines {
    const lines: string[] = [];
    const writer =
      (level: string) =>
      (line: string): void =>
        void lines.push(`${level} ${line}`);
    return {
      lines,
      logger: { debug: writer("debug"), info: writer("info"), warn: writer("warn"), error: writer("error") },
    };
  }

  it.each([
    ["debug", ["debug", "error", "info", "warn"]],
    ["info", ["error", "info", "warn"]],
    ["warn", ["error", "warn"]],
    ["error", ["error"]],
    ["none", []],
  ] as const)("writes from a level on: %s", async (logLevel, expected) => {
    const collector = await serve(answerInTurn(503, 200));
    const { lines, logger } = listen();
    const emitter = emit(collector, { logger, logLevel });
    await trackMany(emitter, 1).flush();
    new Tracker({ namespace: "ns", emitters: emitter }).track(new PageView({ pageUrl: "u", eventId: "no uuid" }));
    await emitter.close();
    await expect.poll(() => [...new Set(lines.map((line) => line.split(" ")[0]))].toSorted()).toEqual(expected);
  });

  it("says where events go and what came of them, and never what is in them", async () => {
    const collector = await serve();
    const { lines, logger } = listen();
    const emitter = emit(collector, { logger });
    await trackMany(emitter, 2).flush();
    expect(lines).toEqual([
      `info oncewire: events go to http://${collector.host} by POST`,
      "info oncewire: delivered 2 event(s) to snowplow",
    ]);
  });

  it("uses what a logger has, and survives one that throws", async () => {
    const collector = await serve();
    const lines: string[] = [];
    const logger = { warn: (line: string) => lines.push(line), error: () => undefined };
    await trackMany(emit(collector, { logger, logLevel: "debug" }), 1).flush();
    expect(lines).toHaveLength(3);
    const angry = (): never => {
      throw new Error("mine");
    };
    const other = emit(collector, { logger: { info: angry, warn: angry, error: angry } });
    expect(await trackMany(other, 1).flush()).toMatchObject({ delivered: 1 });
  });
});
