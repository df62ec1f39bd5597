import { afterEach, describe, expect, expectTypeOf, it } from "vitest";
import type { EventHandle } from "../../handle.js";
import {
  disableContracts,
  Emitter,
  EmitterConfiguration,
  enableContracts,
  PagePing,
  PageView,
  ScreenView,
  SelfDescribing,
  SelfDescribingJson,
  snowplow,
  Snowplow,
  StructuredEvent,
  Subject,
  Tracker,
  TrackerConfiguration,
  type DataCheck,
  type EmitterOptions,
  type TrackerOptions,
} from "../snowplow.js";
import { createTracker } from "../../tracker.js";
import {
  describedOf,
  entitiesOf,
  startRecordingCollector,
  type CollectorAnswer,
  type RecordingCollector,
} from "./recording-collector.fixture.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  enableContracts();
  Snowplow.reset();
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

function open(collector: RecordingCollector, options: Partial<TrackerOptions> = {}): Tracker {
  return new Tracker({ namespace: "ns", appId: "app", emitters: emit(collector), ...options });
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

const uuid = "0b4e2f6c-5a5e-4c09-8a53-3e2f3ad0e2a1";
const article = new SelfDescribingJson("iglu:com.acme/article/jsonschema/1-0-0", { id: 7 });

describe("track", () => {
  it("sends each class of event with its fields, and gives the event's id", async () => {
    const collector = await serve();
    const tracker = open(collector);
    const events = [
      new PageView({ pageUrl: "https://acme.com/", pageTitle: "Acme", referrer: "https://x.y/" }),
      new PagePing({ pageUrl: "https://acme.com/", minX: 0, maxX: 100, minY: 0, maxY: 500 }),
      new StructuredEvent({ category: "shop", action: "add", label: "l", property: "pcs", value: 2.5 }),
      new ScreenView({ id: uuid, name: "HUD", previousName: "Menu" }),
      new SelfDescribing({ eventJson: article }),
    ];
    const handles = events.map((event) => tracker.track(event));
    expect(await tracker.flush()).toMatchObject({ accepted: 5, delivered: 5 });
    const payloads = collector.payloads;
    expect(payloads.map(({ eid }) => eid)).toEqual(handles.map(({ id }) => id));
    expect(payloads).toEqual([
      expect.objectContaining({ e: "pv", url: "https://acme.com/", page: "Acme", refr: "https://x.y/" }),
      expect.objectContaining({ e: "pp", pp_mix: "0", pp_max: "100", pp_miy: "0", pp_may: "500" }),
      expect.objectContaining({ e: "se", se_ca: "shop", se_ac: "add", se_la: "l", se_pr: "pcs", se_va: "2.5" }),
      expect.objectContaining({ e: "ue" }),
      expect.objectContaining({ e: "ue" }),
    ]);
    expect(payloads.slice(3).map(describedOf)).toEqual([
      {
        schema: "iglu:com.snowplowanalytics.mobile/screen_view/jsonschema/1-0-0",
        data: { id: uuid, name: "HUD", previousName: "Menu" },
      },
      { schema: article.schema, data: { id: 7 } },
    ]);
    expect(payloads.every(({ p, tna, aid, tv }) => p === "pc" && tna === "ns" && aid === "app" && tv !== "")).toBe(
      true,
    );
  });

  it("takes events as objects that name their type, with entities, a true timestamp and an id of one's own", async () => {
    const collector = await serve();
    const tracker = open(collector);
    const trueTimestamp = new Date("2024-01-02T03:04:05.678Z");
    tracker.track({ type: "link_click", targetUrl: "https://a.b/", context: [article], trueTimestamp, eventId: uuid });
    await tracker.flush();
    const [payload = {}] = collector.payloads;
    expect(payload).toMatchObject({ eid: uuid, ttm: "1704164645678" });
    expect(describedOf(payload)).toMatchObject({ data: { targetUrl: "https://a.b/" } });
    expect(entitiesOf(payload)).toEqual([{ schema: article.schema, data: { id: 7 } }]);
  });

  it("makes two events of one object that is tracked twice, and leaves the object as it is", async () => {
    const collector = await serve();
    const tracker = open(collector);
    tracker.setSubject(new Subject().setUserId("alexd"));
    const event = new PageView({ pageUrl: "https://acme.com/", pageTitle: "Acme" });
    const before = JSON.stringify(event);
    const first = tracker.track(event);
    tracker.setSubject(new Subject());
    event.pageTitle = null;
    const second = tracker.track(event);
    await tracker.flush();
    expect(first.id).not.toBe(second.id);
    expect(collector.payloads.map(({ uid, page }) => [uid, page])).toEqual([
      ["alexd", "Acme"],
      [undefined, undefined],
    ]);
    event.pageTitle = "Acme";
    expect(JSON.stringify(event)).toBe(before);
  });

  it("sends self-describing data and entities plain where base64 is off", async () => {
    const collector = await serve();
    const tracker = open(collector, { encodeBase64: false });
    tracker.track(new SelfDescribing({ eventJson: article, context: [article] }));
    await tracker.flush();
    expect(Object.keys(collector.payloads[0] ?? {})).toEqual(expect.arrayContaining(["ue_pr", "co"]));
  });

  it("asks the JSON encoder for values that JSON has no form for, and for no others", async () => {
    const collector = await serve();
    const asked: unknown[] = [];
    const jsonEncoder = (value: unknown): unknown => {
      asked.push(value);
      return value instanceof Set ? [...(value as Set<unknown>)] : String(value);
    };
    const tracker = open(collector, { jsonEncoder });
    const data = { tags: new Set(["a", 1n]), at: new Date(0), nested: [{ big: 2n }], plain: "x" };
    tracker.track(new SelfDescribing({ eventJson: { schema: article.schema, data } }));
    await tracker.flush();
    expect(describedOf(collector.payloads[0] ?? {})).toMatchObject({
      data: { tags: ["a", "1"], at: "1970-01-01T00:00:00.000Z", nested: [{ big: "2" }], plain: "x" },
    });
    expect(asked).toEqual([data.tags, 1n, 2n]);
  });

  it("rejects and counts what no collector would take, and keeps its neighbours", async () => {
    const collector = await serve();
    const tracker = open(collector);
    tracker.track(new PageView({ pageUrl: "https://acme.com/", eventId: "not-a-uuid" }));
    const good = tracker.track(new PageView({ pageUrl: "https://acme.com/" }));
    expect(await tracker.flush()).toMatchObject({ delivered: 1, rejectedBy: { invalid: 1 } });
    expect(collector.payloads.map(({ eid }) => eid)).toEqual([good.id]);
  });
});

describe("a subject", () => {
  it("says of every event what its setters were told", async () => {
    const collector = await serve();
    const subject = new Subject()
      .setPlatform("mob")
      .setUserId("u")
      .setScreenResolution(1366, 768)
      .setViewport(300, 200)
      .setColorDepth(32)
      .setTimezone("Europe/London")
      .setLang("en")
      .setDomainUserId("d")
      .setDomainSessionId(uuid)
      .setDomainSessionIndex(4)
      .setIpAddress("1.2.3.4")
      .setUseragent("agent")
      .setNetworkUserId("n");
    const tracker = open(collector, { subject });
    tracker.track(new PageView({ pageUrl: "https://acme.com/" }));
    await tracker.flush();
    expect(collector.payloads[0]).toMatchObject({
      p: "mob",
      uid: "u",
      res: "1366x768",
      vp: "300x200",
      cd: "32",
      tz: "Europe/London",
      lang: "en",
      duid: "d",
      sid: uuid,
      vid: "4",
      ip: "1.2.3.4",
      ua: "agent",
      tnuid: "n",
    });
  });

  it("of one event changes neither the platform nor any other event", async () => {
    const collector = await serve();
    const tracker = open(collector, { subject: new Subject().setPlatform("srv").setUserId("owner").setLang("en") });
    const pageUrl = "https://acme.com/";
    tracker.track(new PageView({ pageUrl, eventSubject: new Subject().setUserId("guest") }));
    tracker.track(new PageView({ pageUrl, eventSubject: { userId: null } }));
    tracker.track(new PageView({ pageUrl }));
    await tracker.flush();
    expect(collector.payloads.map(({ p, uid, lang }) => [p, uid, lang])).toEqual([
      ["srv", "guest", "en"],
      ["srv", undefined, "en"],
      ["srv", "owner", "en"],
    ]);
  });

  it("is combined with another, its own words first", () => {
    const other = new Subject().setUserId("other").setLang("en");
    expect(new Subject().setUserId("own").combineSubject(other)).toEqual({ userId: "own", language: "en" });
  });

  it("that is none leaves the platform, which every event needs", async () => {
    const collector = await serve();
    const tracker = open(collector, { subject: new Subject().setPlatform("tv") });
    tracker.setSubject(null).track(new PageView({ pageUrl: "https://acme.com/" }));
    await tracker.flush();
    expect(collector.payloads[0]).toMatchObject({ p: "pc" });
  });
});

describe("contracts", () => {
  const emitters = { input: () => undefined };

  it.each([
    [() => new PageView({ pageUrl: "" }), "pageUrl", '`pageUrl` must be a text that is not empty, got "".'],
    [() => new PageView({ pageUrl: 7 as never }), "pageUrl", /got 7/],
    [() => new ScreenView({ id: "", name: "x" }), "id", /got ""/],
    [() => new StructuredEvent({ category: "c", action: "" }), "action", /got ""/],
    [() => new SelfDescribing({ eventJson: undefined as never }), "schema", /got undefined/],
    [() => new SelfDescribingJson("", {}), "schema", /got ""/],
    [() => new PageView({ pageUrl: "u", context: {} as never }), "context", /a list of self-describing JSON/],
    [() => new PageView({ pageUrl: "u", context: [{} as never] }), "context[0]", /with schema and data/],
    [() => new Subject().setPlatform("walrus" as never), "platform", /one of "web", .*, got "walrus"/],
    [() => new Subject().setScreenResolution(0, 768), "width", /greater than 0, got 0/],
    [() => new Subject().setViewport(1, "2" as never), "height", /greater than 0, got "2"/],
  ])("name the argument and what it was: %s", (run, field, message) => {
    expect(thrownBy(run)).toMatchObject({ name: "TrackerError", code: "E_EVENT", field });
    expect(String(thrownBy(run))).toMatch(message);
  });

  it.each([
    [(t: Tracker) => t.trackLinkClick({ targetUrl: "" }), "targetUrl"],
    [(t: Tracker) => t.trackAddToCart({ sku: "", quantity: 1 }), "sku"],
    [(t: Tracker) => t.trackRemoveFromCart({ sku: "a", quantity: "2" as never }), "quantity"],
    [
      (t: Tracker) => t.trackFormChange({ formId: "f", elementId: "e", nodeName: "DIV" as never, value: null }),
      "nodeName",
    ],
    [
      (t: Tracker) => t.trackFormChange({ formId: "f", elementId: "e", nodeName: "INPUT", value: null, type: "x" }),
      "elementType",
    ],
    [(t: Tracker) => t.trackFormSubmit({ formId: "f", elements: [{ name: "n" } as never] }), "elements"],
    [(t: Tracker) => t.trackSiteSearch({ terms: [] }), "terms"],
    [(t: Tracker) => t.trackEcommerceTransaction({ orderId: "", totalValue: 1 }), "orderId"],
    [(t: Tracker) => t.track({ type: "walrus" } as never), "type"],
    [(t: Tracker) => t.track(undefined as never), "event"],
  ])("are asked by the tracker, too: %s", (run, field) => {
    const tracker = new Tracker({ namespace: "ns", emitters });
    expect(thrownBy(() => run(tracker))).toMatchObject({ code: "E_EVENT", field });
  });

  it("send nothing of an order of which one item is wrong", () => {
    const taken: unknown[] = [];
    const tracker = new Tracker({ namespace: "ns", emitters: { input: (payload) => taken.push(payload) } });
    const items = [
      { sku: "a", price: 1, quantity: 1 },
      { sku: "", price: 1, quantity: 1 },
    ];
    expect(() => tracker.trackEcommerceTransaction({ orderId: "o", totalValue: 2, items })).toThrow(/`sku`/);
    expect(taken).toEqual([]);
  });

  it("are not asked while they are off; what cannot be sent is then rejected and counted", async () => {
    const collector = await serve();
    const tracker = open(collector);
    disableContracts();
    tracker.track({ type: "add_to_cart", quantity: 1 } as never);
    tracker.track({ type: "walrus" } as never);
    tracker.track(null as never);
    tracker.track({
      get type(): never {
        throw new Error("mine");
      },
    });
    tracker.trackAddToCart({ sku: "a", quantity: 1 });
    expect(await tracker.flush()).toMatchObject({ delivered: 1, rejectedBy: { invalid: 4 } });
  });
});

describe("the deprecated methods", () => {
  it("give the tracker, and send what their successors do", async () => {
    const collector = await serve();
    const tracker = open(collector);
    const tstamp = 1_704_164_645_678;
    const chained = tracker
      .trackPageView({ pageUrl: "https://a.b/", tstamp })
      .trackFormChange({ formId: "f", elementId: "e", nodeName: "INPUT", value: null, type: "TEXT" })
      .trackMobileScreenView({ name: "HUD", type: "list" })
      .trackUnstructEvent({ eventJson: article });
    expect(chained).toBe(tracker);
    await tracker.flush();
    const [page = {}, ...described] = collector.payloads;
    expect(page).toMatchObject({ e: "pv", url: "https://a.b/", ttm: String(tstamp) });
    expect(described.map(describedOf)).toMatchObject([
      { data: { formId: "f", elementId: "e", nodeName: "INPUT", value: null, type: "text" } },
      { data: { name: "HUD", type: "list", id: expect.stringMatching(/^[0-9a-f-]{36}$/) } },
      { data: { id: 7 } },
    ]);
  });

  it("send an order and its items with the order's id, currency, entities, subject and time, and change none of them", async () => {
    const collector = await serve();
    const tracker = open(collector);
    const items = Object.freeze([
      Object.freeze({ sku: "a", price: 2.5, quantity: 2 }),
      { sku: "b", price: 1, quantity: 1 },
    ]);
    tracker.trackEcommerceTransaction({
      orderId: "o",
      totalValue: 6,
      taxValue: 1,
      currency: "EUR",
      items,
      tstamp: 1000,
      context: [article],
      eventSubject: new Subject().setUserId("u"),
    });
    await tracker.flush();
    const common = { uid: "u", ttm: "1000", cx: expect.any(String) };
    expect(collector.payloads).toMatchObject([
      { ...common, e: "tr", tr_id: "o", tr_tt: "6", tr_tx: "1", tr_cu: "EUR" },
      { ...common, e: "ti", ti_id: "o", ti_sk: "a", ti_pr: "2.5", ti_qu: "2", ti_cu: "EUR" },
      { ...common, e: "ti", ti_id: "o", ti_sk: "b", ti_pr: "1", ti_qu: "1", ti_cu: "EUR" },
    ]);
  });
});

describe("trackers and emitters", () => {
  it("hand an event to every emitter, with one id", async () => {
    const [one, two] = [await serve(), await serve()];
    const taken: Readonly<Record<string, string>>[] = [];
    const custom = { input: (payload: Readonly<Record<string, string>>) => taken.push(payload) };
    const tracker = new Tracker({ namespace: "ns", emitters: [emit(one), emit(two, { method: "get" })] });
    const handle = tracker.addEmitter(custom).track(new PageView({ pageUrl: "https://a.b/" }));
    await tracker.flush();
    expect(one.requests.map(({ method, path }) => [method, path])).toEqual([
      ["POST", "/com.snowplowanalytics.snowplow/tp2"],
    ]);
    expect(two.requests.map(({ method, path }) => [method, path])).toEqual([["GET", "/i"]]);
    expect([one.payloads[0]?.["eid"], two.payloads[0]?.["eid"], taken[0]?.["eid"]]).toEqual([
      handle.id,
      handle.id,
      handle.id,
    ]);
    expect(await handle.delivered).toEqual({
      delivered: true,
      destinations: {
        snowplow: { kind: "delivered" },
        "snowplow#2": { kind: "delivered" },
        custom: { kind: "delivered" },
      },
    });
    expect(tracker.stats()).toMatchObject({ accepted: 2, delivered: 2 });
  });

  it("share an emitter without sharing anything else", async () => {
    const collector = await serve();
    const emitters = emit(collector);
    const one = new Tracker({ namespace: "one", appId: "a", emitters, subject: new Subject().setUserId("u") });
    const two = new Tracker({ namespace: "two", emitters, encodeBase64: false });
    one.track(new SelfDescribing({ eventJson: article }));
    two.track(new SelfDescribing({ eventJson: article }));
    await two.flush();
    expect(collector.requests).toHaveLength(1);
    expect(collector.payloads).toMatchObject([
      { tna: "one", aid: "a", uid: "u", ue_px: expect.any(String) },
      { tna: "two", ue_pr: expect.any(String) },
    ]);
    expect(collector.payloads[1]).not.toHaveProperty("uid");
  });

  it("tell of a custom emitter that throws", async () => {
    const emitters = {
      input: () => {
        throw new Error("full");
      },
    };
    const other = { input: () => undefined };
    const tracker = new Tracker({ namespace: "ns", emitters: [other, emitters] });
    const handle = tracker.track(new PageView({ pageUrl: "https://a.b/" }));
    expect(await handle.delivered).toEqual({
      delivered: false,
      destinations: {
        custom: { kind: "delivered" },
        "custom#2": { kind: "rejected", reason: "refused", detail: "full" },
      },
    });
    expect([handle.accepted, await handle.durable]).toEqual([true, false]);
  });

  it("take events back as payloads, as a worker of a custom emitter would", async () => {
    const collector = await serve();
    const queue: Readonly<Record<string, string>>[] = [];
    const tracker = new Tracker({
      namespace: "ns",
      appId: "app",
      emitters: { input: (payload) => queue.push(payload) },
    });
    const { id } = tracker.track(new SelfDescribing({ eventJson: article, context: [article] }));
    const emitter = emit(collector);
    for (const payload of queue) emitter.input(payload);
    expect(await emitter.flush()).toMatchObject({ delivered: 1 });
    const { stm: _, ...sent } = collector.payloads[0] ?? {};
    expect(sent).toEqual(queue[0]);
    expect(sent).toMatchObject({ eid: id, tna: "ns", aid: "app" });
  });

  it("are refused where they cannot work", () => {
    expect(thrownBy(() => new Tracker({ namespace: "ns", emitters: [] }))).toMatchObject({ field: "emitters" });
    expect(thrownBy(() => new Tracker({ namespace: "ns", emitters: {} as never }))).toMatchObject({
      field: "emitters",
    });
    expect(thrownBy(() => new Tracker({ namespace: 1 as never, emitters: [] }))).toMatchObject({ code: "E_OPTION" });
  });
});

describe("the registry", () => {
  it("makes, finds and forgets trackers by their namespaces", async () => {
    const collector = await serve();
    const trackerConfig = new TrackerConfiguration({ encodeBase64: false });
    const emitterConfig = new EmitterConfiguration({ ...quick, batchSize: 5 });
    const tracker = Snowplow.createTracker({ namespace: "ns", endpoint: collector.host, trackerConfig, emitterConfig });
    closers.push(() => tracker.close({ timeoutMs: 0 }));
    expect(Snowplow.getTracker("ns")).toBe(tracker);
    expect(thrownBy(() => Snowplow.createTracker({ namespace: "ns", endpoint: "x.y" }))).toMatchObject({
      field: "namespace",
    });
    expect(thrownBy(() => Snowplow.createTracker({ namespace: "other", endpoint: "" }))).toMatchObject({
      field: "endpoint",
    });
    tracker.track(new SelfDescribing({ eventJson: article }));
    await tracker.flush();
    expect(collector.payloads[0]).toHaveProperty("ue_pr");
    Snowplow.removeTracker(tracker);
    expect(Snowplow.getTracker("ns")).toBeUndefined();
    expect(Snowplow.addTracker(tracker)).toBe(tracker);
    expect(Snowplow.removeTrackerByNamespace("ns")).toBe(true);
    expect(Snowplow.removeTrackerByNamespace("ns")).toBe(false);
  });

  it("keeps the retry codes of one configuration from every other", () => {
    const one = new EmitterConfiguration();
    expect(one.setRetryCode(404)).toBe(true);
    expect(one.setRetryCode(503, false)).toBe(true);
    expect(one.setRetryCode(200)).toBe(false);
    expect(one.options.customRetryCodes).toEqual({ 404: true, 503: false });
    expect(new EmitterConfiguration().options.customRetryCodes).toEqual({});
  });
});

describe("snowplow() in the one-call tracker", () => {
  it("carries canonical events", async () => {
    const collector = await serve();
    const destination = snowplow({ endpoint: collector.host, protocol: "http", namespace: "ns", appId: "app" });
    const tracker = createTracker({ destinations: [destination], flushIntervalMs: 5 });
    closers.push(() => tracker.close({ timeoutMs: 0 }));
    const page = tracker.page({ userId: "u", name: "Acme", properties: { url: "https://a.b/" } });
    const ordered = tracker.track({ userId: "u", event: "Order Completed", properties: { total: 5 } });
    expect(await tracker.flush()).toMatchObject({ delivered: 2 });
    expect(collector.payloads).toMatchObject([
      { e: "pv", eid: page.id, page: "Acme", url: "https://a.b/", uid: "u", p: "srv", tna: "ns", aid: "app" },
      { e: "ue", eid: ordered.id },
    ]);
    expect(describedOf(collector.payloads[1] ?? {})).toMatchObject({
      data: { kind: "track", name: "Order Completed" },
    });
  });

  it("carries an id that is no UUID as one that is made of it, and reports the event by its own", async () => {
    const collector = await serve();
    const tracker = createTracker({
      destinations: [snowplow({ endpoint: collector.host, protocol: "http" })],
      flushIntervalMs: 5,
    });
    closers.push(() => tracker.close({ timeoutMs: 0 }));
    const reported: string[] = [];
    tracker.on("delivered", ({ ids }) => reported.push(...ids));
    expect(tracker.track({ id: "order-17", userId: "u", event: "Ordered" }).id).toBe("order-17");
    await tracker.flush();
    expect(collector.payloads).toMatchObject([{ eid: "78894692-4b7e-38ce-8d2d-d50caf44e8df" }]);
    expect(reported).toEqual(["order-17"]);
  });

  it("asks checkData about an event's data and its entities, and rejects what it finds wrong", async () => {
    const collector = await serve();
    const asked: string[] = [];
    const checkData: DataCheck = ({ schema, data }) => {
      asked.push(schema);
      if (schema.includes("broken")) throw new Error("mine");
      const isBad = JSON.stringify(data).includes("bad");
      return isBad ? { code: "schema-violation", message: "Expected good data, got bad data." } : null;
    };
    const emitter = emit(collector, { checkData });
    const rejected: string[] = [];
    emitter.on("rejected", ({ detail }) => rejected.push(detail));
    const tracker = new Tracker({ namespace: "ns", emitters: emitter });
    const schema = "iglu:com.acme/thing/jsonschema/1-0-0";
    tracker.track({ type: "self_describing", schema, data: { is: "good" }, context: [article] });
    tracker.track({ type: "self_describing", schema, data: { is: "bad" } });
    tracker.track(new PageView({ pageUrl: "u", context: [{ schema, data: { is: "bad" } }] }));
    tracker.track({ type: "self_describing", schema: "iglu:com.acme/broken/jsonschema/1-0-0", data: { is: "bad" } });
    expect(await tracker.flush()).toMatchObject({ delivered: 2, rejectedBy: { invalid: 2 } });
    expect(asked).toEqual([schema, article.schema, schema, schema, "iglu:com.acme/broken/jsonschema/1-0-0"]);
    expect(rejected).toEqual(Array.from({ length: 2 }, () => "Expected good data, got bad data."));
    const direct = createTracker({
      destinations: [snowplow({ endpoint: collector.host, protocol: "http", checkData })],
    });
    closers.push(() => direct.close({ timeoutMs: 0 }));
    direct.selfDescribing({ schema, data: { is: "bad" } });
    expect(direct.stats()).toMatchObject({ rejectedBy: { invalid: 1 } });
  });

  it.each([
    [{ endpoint: "" }, "endpoint"],
    [{ endpoint: "https://x.y/?a=b" }, "endpoint"],
    [{ endpoint: "x.y", protocol: "ftp" }, "protocol"],
    [{ endpoint: "x.y", port: 0 }, "port"],
    [{ endpoint: "x.y", method: "put" }, "method"],
    [{ endpoint: "x.y", postPath: "/one" }, "postPath"],
    [{ endpoint: "x.y", namespace: "" }, "namespace"],
    [{ endpoint: "x.y", maxBatchBytes: 0 }, "maxBatchBytes"],
  ])("refuses %j", (options, field) => {
    expect(thrownBy(() => snowplow(options as never))).toMatchObject({ name: "TrackerError", code: "E_OPTION", field });
  });
});

describe("types", () => {
  it("say what a call takes and gives", () => {
    expectTypeOf<Tracker["track"]>().returns.toEqualTypeOf<EventHandle>();
    // @ts-expect-error a page view has a URL
    expect(() => new PageView({})).toThrow();
    // @ts-expect-error an order has a total
    const incomplete = (tracker: Tracker): unknown => tracker.trackEcommerceTransaction({ orderId: "o" });
    expect(incomplete).toBeTypeOf("function");
  });
});
