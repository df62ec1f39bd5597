/**
 * The official SDKs of RudderStack and Segment, pointed at the collector as it is built: every call and the main options,
 * and every event in the store, right in every field. Our drop-ins for two of them are driven by the same calls.
 */
import type { StoredEvent } from "@oncewire/collector";
import RudderDropIn from "oncewire/compat/rudder-sdk-node";
import { Analytics as SegmentDropIn } from "oncewire/compat/segment";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  hasNpmClients,
  hasPythonClients,
  requireClient,
  runPython,
  startBuiltCollector,
  type ClientCollector,
} from "./official-clients.js";

const key = "write-key";
const keys = { [key]: "shop" };
const disabledKeys = ["disabled-key"];

const isoWhen = "2024-01-02T03:04:05.678Z";
const when = new Date(isoWhen);

/** What all calls are given; those of alias have no anonymousId. */
const common = {
  userId: "user",
  anonymousId: "anon",
  context: { ip: "1.2.3.4" },
  integrations: { Amplitude: true },
  timestamp: when,
};

/** Each call with all its fields, and what must be in the store for it. */
const calls = [
  ["identify", { traits: { email: "a@b.c", friends: 16 } }, { properties: { email: "a@b.c", friends: 16 } }],
  [
    "track",
    { event: "Article Read", properties: { title: "The Independence" } },
    { name: "Article Read", properties: { title: "The Independence" } },
  ],
  [
    "page",
    { name: "Sample", category: "Docs", properties: { url: "http://x" } },
    { name: "Sample", properties: { url: "http://x", category: "Docs" } },
  ],
  [
    "screen",
    { name: "Brightness", category: "Settings", properties: { from: "x" } },
    { name: "Brightness", properties: { from: "x", category: "Settings" } },
  ],
  ["group", { groupId: "12", traits: { name: "Company" } }, { groupId: "12", properties: { name: "Company" } }],
  ["alias", { previousId: "previous", anonymousId: undefined }, { previousId: "previous", anonymousId: null }],
] as const;

/** The stored event of a call, but for what only the SDK knows. */
function stored(kind: string, fields: object): object {
  return {
    protocol: "rudderstack",
    project: "shop",
    kind,
    userId: "user",
    anonymousId: "anon",
    occurredAt: isoWhen,
    context: expect.objectContaining({ ip: "1.2.3.4" }),
    wire: expect.objectContaining({ integrations: { Amplitude: true } }),
    ...fields,
  };
}

/** The event with this id; fails with the ids that are there. */
function eventOf(events: ReadonlyMap<string, StoredEvent>, id: string): StoredEvent {
  const event = events.get(id);
  if (event === undefined) throw new Error(`expected an event ${id}, found ${[...events.keys()].join(", ")}`);
  return event;
}

let collector: ClientCollector;

describe.skipIf(!hasNpmClients && !hasPythonClients)("official clients", () => {
  beforeAll(async () => {
    collector = await startBuiltCollector({ keys, disabledKeys });
  });
  afterAll(() => collector[Symbol.asyncDispose]());

  type RudderConstructor = typeof RudderDropIn;

  describe.skipIf(!hasNpmClients).each([
    [
      "@rudderstack/rudder-sdk-node",
      "analytics-node",
      () => requireClient("@rudderstack/rudder-sdk-node") as RudderConstructor,
    ],
    ["oncewire/compat/rudder-sdk-node", "oncewire", () => RudderDropIn],
  ] as const)("%s", (name, library, load) => {
    const Rudder = (): RudderConstructor => load();
    const id = (suffix: string): string => `${name} ${suffix}`;
    const open = (options: object = {}): InstanceType<RudderConstructor> =>
      new (Rudder())(key, { dataPlaneUrl: collector.url, flushInterval: 20, logLevel: "none", ...options });

    it.each(calls)("%s arrives with every field", async (call, given, expected) => {
      const client = open();
      await new Promise((resolve) => client[call]({ ...common, ...given, messageId: id(call) }, resolve));
      const event = eventOf(await collector.events(), id(call));
      expect(event).toMatchObject(stored(call, expected));
      expect(event.library?.name).toBe(library);
    });

    it.each([
      ["gzip: false", () => ({ gzip: false })],
      ["gzip: true", () => ({ gzip: true })],
      ["flushAt: 5", () => ({ flushAt: 5 })],
      ["path: /v1/batch/", () => ({ path: "/v1/batch/" })],
      ["dataPlaneUrl with slashes", (url: string) => ({ dataPlaneUrl: `${url}//` })],
      ["host", (url: string) => ({ dataPlaneUrl: undefined, host: url })],
      ["retryCount: 0", () => ({ retryCount: 0 })],
    ])("%s: 12 events arrive, each once", async (title, optionsFor) => {
      const client = open(optionsFor(collector.url));
      const delivered = Array.from(
        { length: 12 },
        (_, index) =>
          new Promise((resolve) =>
            client.track(
              { userId: `user ${index}`, event: "Batched", properties: { index }, messageId: id(`${title} ${index}`) },
              resolve,
            ),
          ),
      );
      await client.flush();
      await Promise.all(delivered);
      const events = await collector.events();
      for (let index = 0; index < 12; index += 1) {
        expect(eventOf(events, id(`${title} ${index}`))).toMatchObject({
          userId: `user ${index}`,
          properties: { index },
        });
      }
    });

    it("takes an anonymousId alone, numbers for ids, and the time of the call", async () => {
      const client = open();
      const calledAtMs = Date.now();
      client.track({ anonymousId: "anon", event: "Anonymous", messageId: id("anonymous") });
      await new Promise((resolve) => client.track({ userId: 42, event: "Numeric", messageId: id("numeric") }, resolve));
      await client.flush();
      const events = await collector.events();
      expect(eventOf(events, id("anonymous"))).toMatchObject({ userId: null, anonymousId: "anon" });
      const numeric = eventOf(events, id("numeric"));
      expect(numeric).toMatchObject({ userId: "42", anonymousId: null });
      expect(Math.abs(Date.parse(numeric.occurredAt ?? "") - calledAtMs)).toBeLessThan(5000);
    });

    it("enable: false sends nothing", async () => {
      const client = open({ enable: false });
      await new Promise((resolve) => client.track({ userId: "u", event: "Off", messageId: id("off") }, resolve));
      expect((await collector.events()).has(id("off"))).toBe(false);
    });

    it.each([
      ["an unknown key", "wrong-key"],
      ["a disabled key", "disabled-key"],
    ])("tells errorHandler and callback of %s, and nothing is stored", async (title, writeKey) => {
      const errors: unknown[] = [];
      const options = {
        dataPlaneUrl: collector.url,
        flushInterval: 20,
        logLevel: "none",
        errorHandler: (error: unknown) => errors.push(error),
      };
      const client = new (Rudder())(writeKey, options);
      const error = await new Promise((resolve) =>
        client.track({ userId: "u", event: "E", messageId: id(title) }, resolve),
      );
      expect(error).toBeInstanceOf(Error);
      await client.flush();
      expect(errors).toHaveLength(1);
      expect((await collector.events()).has(id(title))).toBe(false);
    });
  });

  type SegmentConstructor = typeof SegmentDropIn;

  describe.skipIf(!hasNpmClients).each([
    [
      "@segment/analytics-node",
      "@segment/analytics-node",
      () => (requireClient("@segment/analytics-node") as { Analytics: SegmentConstructor }).Analytics,
    ],
    ["oncewire/compat/segment", "oncewire", () => SegmentDropIn],
  ] as const)("%s", (name, library, load) => {
    const id = (suffix: string): string => `${name} ${suffix}`;
    const open = (settings: object = {}): InstanceType<SegmentConstructor> =>
      new (load())({ writeKey: key, host: collector.url, flushInterval: 20, ...settings });

    it.each(calls)("%s arrives with every field", async (call, given, expected) => {
      const analytics = open();
      const error = await new Promise((resolve) => {
        analytics[call]({ ...common, ...given, messageId: id(call) } as never, resolve);
      });
      await analytics.closeAndFlush();
      expect(error).toBeUndefined();
      const event = eventOf(await collector.events(), id(call));
      expect(event).toMatchObject(stored(call, expected));
      expect(event.library?.name).toBe(library);
    });

    it.each([
      ["flushAt: 5", { flushAt: 5 }],
      ["maxEventsInBatch: 5", { maxEventsInBatch: 5 }],
      ["path: v1/batch", { path: "v1/batch" }],
      ["maxRetries: 0", { maxRetries: 0 }],
      ["httpClient: fetch", { httpClient: (url: string, init: RequestInit) => fetch(url, init) }],
    ])("%s: 12 events arrive, each once", async (title, settings) => {
      const analytics = open(settings);
      for (let index = 0; index < 12; index += 1) {
        analytics.track({
          userId: `user ${index}`,
          event: "Batched",
          properties: { index },
          messageId: id(`${title} ${index}`),
        });
      }
      await analytics.closeAndFlush();
      const events = await collector.events();
      for (let index = 0; index < 12; index += 1) {
        expect(eventOf(events, id(`${title} ${index}`))).toMatchObject({
          userId: `user ${index}`,
          properties: { index },
        });
      }
    });

    it("disable: true sends nothing", async () => {
      const analytics = open({ disable: true });
      analytics.track({ userId: "u", event: "Off", messageId: id("off") });
      await analytics.closeAndFlush();
      expect((await collector.events()).has(id("off"))).toBe(false);
    });

    it("tells listeners and callback of an unknown key, and nothing is stored", async () => {
      const analytics = open({ writeKey: "wrong-key" });
      const codes: string[] = [];
      analytics.on("error", ({ code }) => codes.push(code));
      const error = await new Promise((resolve) => {
        analytics.track({ userId: "u", event: "E", messageId: id("wrong") }, resolve);
      });
      await analytics.closeAndFlush();
      expect(error).toBeInstanceOf(Error);
      expect(codes).toEqual(["delivery_failure"]);
      expect((await collector.events()).has(id("wrong"))).toBe(false);
    });
  });

  describe.skipIf(!hasPythonClients)("rudder-sdk-python", () => {
    let told: { readonly errors: readonly object[]; readonly sync: object; readonly silent: boolean };

    beforeAll(async () => {
      told = (await runPython("rudder-sdk-python.py", [collector.url, key])) as typeof told;
    });

    it.each(calls)("%s arrives with every field", async (call, _given, expected) => {
      const event = eventOf(await collector.events(), `py-${call}`);
      expect(event).toMatchObject({ ...stored(call, expected), occurredAt: "2024-01-02T03:04:05.678Z" });
      expect(event.library?.name).toBe("analytics-python");
    });

    it("takes an anonymous_id alone", async () => {
      expect(eventOf(await collector.events(), "py-anonymous")).toMatchObject({
        userId: null,
        anonymousId: "anon-only",
      });
    });

    it("gzip, upload_size and upload_interval: 12 events arrive, each once", async () => {
      const events = await collector.events();
      for (let index = 0; index < 12; index += 1) {
        expect(eventOf(events, `py-batched-${index}`)).toMatchObject({
          userId: `user-${index}`,
          properties: { index },
        });
      }
    });

    it("sync_mode sends, send=False does not", async () => {
      const events = await collector.events();
      expect(eventOf(events, "py-sync")).toMatchObject({ name: "Sync" });
      expect([events.has("py-silent"), told.silent]).toEqual([false, true]);
    });

    it("tells on_error and the caller of a wrong key as the gateway does", async () => {
      const refusal = { status: 401, message: "invalid write key\n" };
      expect(told.errors).toEqual([{ ...refusal, ids: ["py-wrong"] }]);
      expect(told.sync).toEqual(refusal);
      expect((await collector.events()).has("py-wrong")).toBe(false);
    });
  });
});
