import { describe, expect, expectTypeOf, it } from "vitest";
import type { EncodedEvent, Encoder, Result } from "../index.js";
import { createSnowplowEncoder, createSnowplowReceiver, transactionEvents } from "./index.js";
import type { SnowplowEncoderOptions, SnowplowEvent } from "./index.js";

const stamp = { id: "0B4E2F6C-5A5E-4C09-8A53-3E2F3AD0E2A1", nowMs: 1_795_185_143_054 };
const id = stamp.id.toLowerCase();

function encoderOf(options: Partial<SnowplowEncoderOptions> = {}): Encoder<SnowplowEvent> {
  return createSnowplowEncoder({ namespace: "ns", ...options });
}

function encode(event: unknown, options: Partial<SnowplowEncoderOptions> = {}): Result<EncodedEvent> {
  return encoderOf(options).encode(event as SnowplowEvent, stamp);
}

function encoded(event: unknown, options: Partial<SnowplowEncoderOptions> = {}): EncodedEvent {
  const result = encode(event, options);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function textOf({ bytes }: EncodedEvent): string {
  return Buffer.from(bytes).toString();
}

function pairsOf(event: unknown, options: Partial<SnowplowEncoderOptions> = {}): unknown {
  return JSON.parse(textOf(encoded(event, options)));
}

describe("an event's pairs", () => {
  it("say what sends it, on what, which and when", () => {
    expect(pairsOf({ type: "page_view", pageUrl: "https://x.y/" }, { appId: "shop" })).toEqual({
      e: "pv",
      url: "https://x.y/",
      p: "srv",
      eid: id,
      dtm: "1795185143054",
      tv: "oncewire-0.1.0",
      tna: "ns",
      aid: "shop",
    });
  });

  it("are those of the subject", () => {
    const subject = {
      platform: "web",
      userId: 7,
      screenResolution: { width: 1366, height: 768 },
      viewport: "300x200",
      colorDepth: 32,
      timezone: "UTC",
      language: "en",
      domainUserId: "d",
      domainSessionId: id,
      domainSessionIndex: 4,
      ipAddress: "1.2.3.4",
      userAgent: "ua",
      networkUserId: "n",
    };
    expect(pairsOf({ type: "page_view", subject })).toMatchObject({
      p: "web",
      uid: "7",
      res: "1366x768",
      vp: "300x200",
      cd: "32",
      tz: "UTC",
      lang: "en",
      duid: "d",
      sid: id,
      vid: "4",
      ip: "1.2.3.4",
      ua: "ua",
      tnuid: "n",
    });
  });

  it("leave out what is absent or empty, and keep zero", () => {
    const event = {
      type: "structured",
      category: "",
      action: null,
      label: undefined,
      value: 0,
      subject: { userId: "" },
    };
    const pairs = pairsOf(event);
    expect(pairs).toMatchObject({ e: "se", se_va: "0" });
    for (const key of ["se_ca", "se_ac", "se_la", "uid"]) expect(pairs).not.toHaveProperty(key);
  });

  it.each([
    [new Date(1_399_021_242_030), "1399021242030"],
    ["2014-05-02T09:00:42.030Z", "1399021242030"],
    ["2014-05-02T11:00:42+02:00", "1399021242000"],
    [1_399_021_242_030.9, "1399021242030"],
    ["1399021242030", "1399021242030"],
    [0, "0"],
  ])("hold the time %s in milliseconds", (trueTimestamp, ttm) => {
    expect(pairsOf({ type: "page_view", trueTimestamp, deviceTimestamp: trueTimestamp })).toMatchObject({
      ttm,
      dtm: ttm,
    });
  });

  it("take those of the protocol that the caller names, after the event's own", () => {
    const payload = { ds: { width: 1, height: 2 }, f_pdf: true, cookie: false, url: "other", nuid: "n" };
    expect(pairsOf({ type: "page_view", pageUrl: "own", payload })).toMatchObject({
      ds: "1x2",
      f_pdf: "1",
      cookie: "0",
      url: "own",
      nuid: "n",
    });
  });

  it("name the tracker that sends them, once, whatever the caller says", () => {
    const event = { type: "page_view", payload: { tna: "other", tv: "other", aid: "own" } };
    const text = textOf(encoded(event));
    expect(text.match(/"tna"|"tv"/g)).toHaveLength(2);
    expect(JSON.parse(text)).toMatchObject({ tna: "ns", tv: "oncewire-0.1.0", aid: "own" });
  });

  it("keep decimals as they are written", () => {
    expect(pairsOf({ type: "structured", value: "12.50" })).toMatchObject({ se_va: "12.50" });
    expect(pairsOf({ type: "structured", value: 1e22 })).toMatchObject({ se_va: "1e+22" });
    expect(pairsOf({ type: "structured", value: 12345678901234567890n })).toMatchObject({
      se_va: "12345678901234567890",
    });
  });

  it("are well-formed text, whatever the caller's is", () => {
    expect(pairsOf({ type: "page_view", pageTitle: "a\uD800b" })).toMatchObject({ page: "a\uFFFDb" });
    expect(textOf(encoded({ type: "page_view", pageTitle: "a\uD800b" }, { method: "get" }))).toContain(
      "page=a%EF%BF%BDb",
    );
  });
});

describe("what a pipeline would lose is refused before sending:", () => {
  const entity = { schema: "iglu:com.acme/x/jsonschema/1-0-0", data: {} };

  it.each([
    ["no object", "pv", "", "not-an-event"],
    ["a type that is unknown", { type: "pageview" }, "type", "unknown-type"],
    ["an id that is no UUID", { type: "page_view", eventId: "7" }, "eventId", "wrong-format"],
    [
      "a session that is no UUID",
      { type: "page_view", subject: { domainSessionId: "7" } },
      "subject.domainSessionId",
      "wrong-format",
    ],
    [
      "a platform that is unknown",
      { type: "page_view", subject: { platform: "PC" } },
      "subject.platform",
      "wrong-format",
    ],
    [
      "an index that is no integer",
      { type: "page_view", subject: { domainSessionIndex: 1.5 } },
      "subject.domainSessionIndex",
      "wrong-format",
    ],
    [
      "a size without a height",
      { type: "page_view", subject: { viewport: { width: 1 } } },
      "subject.viewport",
      "wrong-format",
    ],
    ["a subject that is a text", { type: "page_view", subject: "u" }, "subject", "wrong-type"],
    ["an offset with a fraction", { type: "page_ping", minX: 10.5 }, "minX", "wrong-format"],
    [
      "a quantity of true",
      { type: "transaction_item", orderId: 1, sku: "a", quantity: true },
      "quantity",
      "wrong-format",
    ],
    ["a currency of four letters", { type: "transaction", orderId: 1, currency: "EURO" }, "currency", "too-long"],
    ["an order without an id", { type: "transaction" }, "orderId", "missing-field"],
    ["a value that is not finite", { type: "structured", value: NaN }, "value", "wrong-type"],
    [
      "an id that has been rounded",
      { type: "page_view", subject: { userId: 2 ** 53 } },
      "subject.userId",
      "wrong-type",
    ],
    ["a time that is none", { type: "page_view", trueTimestamp: "soon" }, "trueTimestamp", "wrong-type"],
    [
      "a time that is no time any more",
      { type: "page_view", deviceTimestamp: new Date(NaN) },
      "deviceTimestamp",
      "wrong-type",
    ],
    ["a title that is a list", { type: "page_view", pageTitle: ["x"] }, "pageTitle", "wrong-type"],
    ["a url that is too long", { type: "page_view", pageUrl: "x".repeat(10_001) }, "pageUrl", "too-long"],
    ["a key that is unknown", { type: "raw", payload: { e: "pv", custom: 1 } }, "payload.custom", "unknown-key"],
    ["a time of sending", { type: "raw", payload: { e: "pv", stm: 1 } }, "payload.stm", "unknown-key"],
    ["an event code that is unknown", { type: "raw", payload: { e: "sv" } }, "payload.e", "wrong-format"],
    ["no event code", { type: "raw", payload: {} }, "payload.e", "missing-field"],
    [
      "a schema that is no Iglu URI",
      { type: "self_describing", schema: "acme/x", data: {} },
      "schema",
      "invalid-schema",
    ],
    ["no data", { type: "self_describing", schema: entity.schema }, "data", "missing-field"],
    ["entities that are no list", { type: "page_view", entities: entity }, "entities", "wrong-type"],
    [
      "an entity without data",
      { type: "page_view", entities: [entity, { schema: entity.schema }] },
      "entities[1].data",
      "missing-field",
    ],
    ["an entity that is a text", { type: "page_view", entities: ["x"] }, "entities[0]", "wrong-type"],
    [
      "a form's field without a value",
      { type: "change_form", formId: "f", elementId: "e", nodeName: "INPUT" },
      "value",
      "missing-field",
    ],
    [
      "a form's field of no node that there is",
      { type: "change_form", formId: "f", elementId: "e", nodeName: "input", value: "v" },
      "nodeName",
      "wrong-type",
    ],
    ["a link without a target", { type: "link_click" }, "targetUrl", "missing-field"],
    ["an empty target", { type: "ad_click", targetUrl: "" }, "targetUrl", "wrong-type"],
    ["an ad without anything", { type: "ad_impression" }, expect.stringMatching(/^impressionId or /), "missing-field"],
    ["a cost of no kind", { type: "ad_impression", cost: 1 }, "costModel", "missing-field"],
    ["a cost below zero", { type: "ad_click", targetUrl: "u", costModel: "cpc", cost: -1 }, "cost", "wrong-type"],
    [
      "a cost of an unknown kind",
      { type: "ad_conversion", category: "c", costModel: "cpx" },
      "costModel",
      "wrong-type",
    ],
    ["a share on no network", { type: "social_interaction", action: "share" }, "network", "missing-field"],
    ["consent until no time", { type: "consent_granted", expiry: "soon" }, "expiry", "wrong-type"],
    ["consent until an invalid Date", { type: "consent_granted", expiry: new Date(NaN) }, "expiry", "wrong-type"],
    ["consent withdrawn from nothing", { type: "consent_withdrawn" }, "all", "missing-field"],
    ["a cart without a quantity", { type: "add_to_cart", sku: "a" }, "quantity", "missing-field"],
    ["a search without terms", { type: "site_search", terms: [] }, "terms", "missing-field"],
    [
      "results that are counted in halves",
      { type: "site_search", terms: ["a"], totalResults: 0.5 },
      "totalResults",
      "wrong-type",
    ],
    ["a screen without a name or an id", { type: "screen_view" }, "name or id", "missing-field"],
    ["a screen's id that is no UUID", { type: "mobile_screen_view", name: "a", id: "7" }, "id", "wrong-type"],
  ])("%s", (_, event, path, code) => {
    expect(encode(event)).toMatchObject({ ok: false, problems: [{ path, code }] });
  });

  it("everything that is wrong at once", () => {
    const result = encode({ type: "page_ping", minX: "x", eventId: "y", subject: { platform: "z" } });
    expect(result.ok ? [] : result.problems.map(({ path }) => path)).toEqual(["minX", "eventId", "subject.platform"]);
  });

  it("an object that throws when it is read", () => {
    const event = {
      get type(): string {
        throw new Error("no");
      },
    };
    expect(encode(event)).toMatchObject({ ok: false, problems: [{ code: "not-an-event" }] });
  });
});

describe("self-describing data", () => {
  const event = { type: "self_describing", schema: "iglu:com.acme/x/jsonschema/1-0-0", data: { text: "ü>>>???" } };
  const entities = [{ schema: "iglu:com.acme/y/jsonschema/1-0-0", data: 1 }];
  const json =
    '{"schema":"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0","data":{"schema":"iglu:com.acme/x/jsonschema/1-0-0","data":{"text":"ü>>>???"}}}';
  const contexts =
    '{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1","data":[{"schema":"iglu:com.acme/y/jsonschema/1-0-0","data":1}]}';

  it("travels in base64 that may stand in a URL, without padding", () => {
    expect(pairsOf({ ...event, entities })).toMatchObject({
      e: "ue",
      ue_px: Buffer.from(json).toString("base64url"),
      cx: Buffer.from(contexts).toString("base64url"),
    });
  });

  it("goes before what the caller put under its keys", () => {
    const text = textOf(encoded({ ...event, entities, payload: { ue_px: "mine", cx: "mine" } }));
    expect(text.match(/"(?:ue_px|cx)":/g)).toEqual(['"ue_px":', '"cx":']);
    expect(text).not.toContain("mine");
  });

  it("travels as JSON when base64 is off", () => {
    expect(pairsOf({ ...event, entities }, { encodeBase64: false })).toMatchObject({ ue_pr: json, co: contexts });
  });

  it("replaces what JSON cannot carry, and says where", () => {
    const cycle: Record<string, unknown> = { big: 1n };
    cycle["self"] = cycle;
    const { replaced, bytes } = encoded({ ...event, data: cycle }, { encodeBase64: false });
    expect(replaced?.map(({ code }) => code)).toEqual(["bigint", "circular"]);
    expect(JSON.parse(JSON.parse(Buffer.from(bytes).toString()).ue_pr).data.data).toEqual({
      big: "1",
      self: "[circular]",
    });
  });

  it("is never nested deeper than a pipeline reads", () => {
    let data: unknown = "bottom";
    for (let depth = 0; depth < 60; depth += 1) data = [data];
    const one = encoded({ ...event, data });
    expect(one.replaced?.map(({ code }) => code)).toEqual(["too-deep"]);
    const request = encoderOf().frame([one], 0);
    const arrival = { route: "tracker", project: "p", receivedAtMs: 0, remoteAddress: "", requestId: id };
    expect(createSnowplowReceiver().decode(request, arrival)).toMatchObject({ events: [{ id }], bad: [] });
  });

  it("holds only the fields of its schema that are there", () => {
    const text = textOf(encoded({ type: "submit_form", formId: "f", elements: [], other: 1 }, { encodeBase64: false }));
    expect(JSON.parse(JSON.parse(text).ue_pr).data.data).toEqual({ formId: "f" });
  });

  it("keeps a null that means that a form's field holds nothing", () => {
    const change = { type: "change_form", formId: "f", elementId: "e", nodeName: "INPUT", value: null };
    expect(JSON.parse(JSON.parse(textOf(encoded(change, { encodeBase64: false }))).ue_pr).data.data).toHaveProperty(
      "value",
      null,
    );
  });
});

describe("an order", () => {
  it("is one event, and one for each item with the order's id, currency, time and subject", () => {
    const order = {
      type: "transaction",
      orderId: "1",
      total: 9,
      currency: "EUR",
      trueTimestamp: 1,
      subject: { userId: "u" },
    } as const;
    const items = [
      { sku: "a", price: 4 },
      { sku: "b", currency: "GBP" },
    ] as const;
    const events = transactionEvents(order, items);
    expect(events.map((event) => pairsOf(event))).toMatchObject([
      { e: "tr", tr_id: "1", tr_tt: "9", tr_cu: "EUR" },
      { e: "ti", ti_id: "1", ti_sk: "a", ti_pr: "4", ti_cu: "EUR", ttm: "1", uid: "u" },
      { e: "ti", ti_id: "1", ti_sk: "b", ti_cu: "GBP" },
    ]);
    expect(items).toEqual([
      { sku: "a", price: 4 },
      { sku: "b", currency: "GBP" },
    ]);
  });
});

describe("a request", () => {
  const event = { type: "page_view", pageUrl: "https://x.y/ü" };

  it("by POST is a list with the time of sending in each event", () => {
    const encoder = encoderOf();
    const one = encoded(event);
    const request = encoder.frame([one, one], 1_795_185_143_060);
    expect(request).toMatchObject({
      method: "POST",
      path: "/com.snowplowanalytics.snowplow/tp2",
      query: "",
      headers: { "content-type": "application/json; charset=utf-8" },
    });
    const withTime = { ...JSON.parse(textOf(one)), stm: "1795185143060" };
    expect(JSON.parse(Buffer.from(request.body).toString())).toEqual({
      schema: "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4",
      data: [withTime, withTime],
    });
  });

  it("by POST goes where it is told", () => {
    expect(encoderOf({ postPath: "/com.acme/track" }).frame([encoded(event)], 0).path).toBe("/com.acme/track");
  });

  it("by GET is one event, with the time of sending before it", () => {
    const encoder = encoderOf({ method: "get" });
    const one = encoded(event, { method: "get" });
    const request = encoder.frame([one], 1_795_185_143_060);
    expect([request.method, request.path, request.body.length]).toEqual(["GET", "/i", 0]);
    expect(request.query).toBe(`stm=1795185143060&${textOf(one)}`);
    expect(Object.fromEntries(new URLSearchParams(request.query))).toMatchObject({ url: "https://x.y/ü", eid: id });
    expect(encoder.limits.maxBatchEvents).toBe(1);
  });

  it("says nothing of the time of sending where it is told so", () => {
    const [posted, asked] = [encoderOf({ stm: false }), encoderOf({ method: "get", stm: false })];
    const one = encoded(event);
    const { body } = posted.frame([one, one], 1_795_185_143_060);
    expect(JSON.parse(Buffer.from(body).toString()).data).toEqual([JSON.parse(textOf(one)), JSON.parse(textOf(one))]);
    const query = encoded(event, { method: "get" });
    expect(asked.frame([query], 1_795_185_143_060).query).toBe(textOf(query));
  });

  it("holds as many events as its limits say, and no byte more than they say", () => {
    const encoder = encoderOf({ maxBatchBytes: 2000 });
    const one = encoded(event);
    const count = Math.floor((2000 - encoder.overheadBytes(0)) / (one.bytes.length + 30));
    expect(
      encoder.frame(
        Array.from({ length: count }, () => one),
        253_402_300_799_999,
      ).body.length,
    ).toBeLessThanOrEqual(count * one.bytes.length + encoder.overheadBytes(count));
  });
});

describe("an event that is too large", () => {
  it("is refused with the largest of its pairs", () => {
    const result = encode({ type: "page_view", pageUrl: "x".repeat(5000) }, { maxEventBytes: 4000 });
    expect(result).toMatchObject({ ok: false, problems: [{ path: "payload.url", code: "too-large" }] });
  });

  it("is refused as soon as its data cannot fit", () => {
    const data = { list: Array.from({ length: 100_000 }, () => "x".repeat(1000)) };
    const result = encode({ type: "self_describing", schema: "iglu:com.acme/x/jsonschema/1-0-0", data });
    expect(result).toMatchObject({ ok: false, problems: [{ path: "data", code: "too-large" }] });
  });

  it("by GET has the room of a request line", () => {
    expect(
      encode({ type: "page_view", pageUrl: "x".repeat(9000), referrer: "x".repeat(9000) }, { method: "get" }).ok,
    ).toBe(false);
  });
});

describe("a lane", () => {
  it.each([
    [{ userId: "u", domainUserId: "d", domainSessionId: id }, "u"],
    [{ domainUserId: "d", domainSessionId: id }, "d"],
    [
      { domainSessionId: "c6ef3124-b53a-4b13-a233-0088f79dcbcb", networkUserId: "n" },
      "c6ef3124-b53a-4b13-a233-0088f79dcbcb",
    ],
    [{ networkUserId: "n" }, "n"],
    [{}, "0b4e2f6c-5a5e-4c09-8a53-3e2f3ad0e2a1"],
  ])("is the user of %o, or its own", (subject, lane) => {
    expect(encoded({ type: "page_view", subject }).lane).toBe(lane);
  });
});

describe("an answer", () => {
  const outcome = (status: number, headers = {}): unknown =>
    encoderOf().classify({ status, headers, body: new Uint8Array() }, 0).kind;

  it.each([
    [200, "delivered"],
    [204, "delivered"],
    [413, "split"],
    [408, "retry"],
    [425, "retry"],
    [429, "retry"],
    [500, "retry"],
    [503, "retry"],
    [301, "denied"],
    [302, "denied"],
    [401, "denied"],
    [403, "denied"],
    [404, "denied"],
    [410, "denied"],
    [400, "rejected"],
    [422, "rejected"],
  ])("of %i means %s", (status, kind) => {
    expect(outcome(status)).toBe(kind);
  });

  it("may say when to come back", () => {
    const answer = { status: 503, headers: { "retry-after": "7" }, body: new Uint8Array() };
    expect(encoderOf().classify(answer, 0)).toMatchObject({ kind: "retry", afterMs: 7000 });
  });
});

describe("options", () => {
  it.each([
    ["namespace", { namespace: "" }],
    ["appId", { appId: "" }],
    ["appId", { appId: "x".repeat(256) }],
    ["method", { method: "put" }],
    ["platform", { platform: "toaster" }],
    ["postPath", { postPath: "/one" }],
    ["postPath", { postPath: "/a/b?c" }],
    ["trackerVersion", { trackerVersion: "" }],
    ["maxEventBytes", { maxEventBytes: 0 }],
    ["maxEventBytes", { method: "get", maxEventBytes: 20_001 }],
    ["maxBatchEvents", { maxBatchEvents: 1.5 }],
    ["maxBatchBytes", { maxBatchBytes: 2_097_153 }],
  ])("out of their bounds are refused by name: %s", (name, options) => {
    expect(() => encoderOf(options as Partial<SnowplowEncoderOptions>)).toThrow(`\`${name}\``);
  });
});

describe("types", () => {
  it("tell what an event needs", () => {
    expectTypeOf<Encoder<SnowplowEvent>["encode"]>().parameter(0).toEqualTypeOf<SnowplowEvent>();
    // @ts-expect-error -- a link has a target
    expect(encode({ type: "link_click" } satisfies SnowplowEvent).ok).toBe(false);
  });
});
