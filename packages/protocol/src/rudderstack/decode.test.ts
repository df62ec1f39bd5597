import { describe, expect, it } from "vitest";
import type { Arrival } from "../codec.js";
import type { JsonObject } from "../event.js";
import { createRudderStackReceiver } from "./receiver.js";

const receiver = createRudderStackReceiver();
const receivedAtMs = Date.parse("2026-11-20T15:00:00.000Z");

function decodeText(body: string, arrival: Partial<Arrival> = {}) {
  const request = { method: "POST", path: "/v1/batch", query: "", headers: {}, body: new TextEncoder().encode(body) };
  return receiver.decode(request, {
    route: "batch",
    project: "p",
    receivedAtMs,
    remoteAddress: "192.0.2.1",
    requestId: "0197c2c8-5e0f-7000-8000-000000000001",
    ...arrival,
  });
}

function decodeEvent(message: JsonObject, root: JsonObject = {}) {
  const [event] = decodeText(JSON.stringify({ batch: [message], ...root })).events;
  if (event === undefined) throw new Error("no event");
  return event;
}

describe("decode", () => {
  it("takes a wrong clock out of the time", () => {
    const message = { userId: "u", originalTimestamp: "2001-01-01T00:00:00.000Z", sentAt: "2001-01-01T00:00:10.000Z" };
    expect(decodeEvent(message)).toMatchObject({
      occurredAt: "2001-01-01T00:00:00.000Z",
      sentAt: "2001-01-01T00:00:10.000Z",
      receivedAt: "2026-11-20T15:00:00.000Z",
      time: "2026-11-20T14:59:50.000Z",
    });
  });

  it("takes sentAt from the request where the event has none, and timestamp before originalTimestamp", () => {
    const message = { userId: "u", timestamp: "2026-11-20T14:00:00+00:00", originalTimestamp: "2020-01-01" };
    const event = decodeEvent(message, { sentAt: "2026-11-20T14:00:01.500000+00:00" });
    expect(event).toMatchObject({ occurredAt: "2026-11-20T14:00:00.000Z", time: "2026-11-20T14:59:58.500Z" });
  });

  it.each([
    [{}, null, "2026-11-20T15:00:00.000Z"],
    [{ timestamp: "nonsense" }, null, "2026-11-20T15:00:00.000Z"],
    [{ timestamp: "2024-01-02T03:04:05.678901+05:30" }, "2024-01-01T21:34:05.678Z", "2024-01-01T21:34:05.678Z"],
    [{ timestamp: "2024-01-02", sentAt: 5 }, "2024-01-02T00:00:00.000Z", "2024-01-02T00:00:00.000Z"],
    [
      { timestamp: "9999-12-31T23:59:59.999Z", sentAt: "0000-01-01T00:00:00.000Z" },
      "9999-12-31T23:59:59.999Z",
      "9999-12-31T23:59:59.999Z",
    ],
  ])("reads the times %j", (times, occurredAt, time) => {
    expect(decodeEvent({ userId: "u", ...times })).toMatchObject({ occurredAt, time });
  });

  it("makes an id for an event without one, the same at every reading and another for each event", () => {
    const body = JSON.stringify({
      batch: [{ userId: "a" }, { userId: "b", messageId: 5 }, { userId: "c", messageId: " " }],
    });
    const ids = decodeText(body).events.map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    expect(decodeText(body).events.map(({ id }) => id)).toEqual(ids);
    const another = { requestId: "0197c2c8-5e0f-7000-8000-000000000002" };
    expect(decodeText(body, another).events[0]?.id).not.toBe(ids[0]);
    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-3[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(
      true,
    );
  });

  it.each([
    ["batch", '{"batch":[ {"userId":"a","n":1.50},{"userId":"é" }]}', ['{"userId":"a","n":1.50}', '{"userId":"é" }']],
    ["track", ' {"userId":"a","event":"x"}\n', ['{"userId":"a","event":"x"}']],
    ["batch", '{"x":[{}],"batch":[{"userId":"a"}]}', null],
    ["batch", '{"x":[{"userId":"b"}],"batch":{"userId":"a"}}', null],
    ["batch", '{"x":[{}],"batch":[{"userId":"a"},5]}', null],
  ])("says on %s how the events of %s came", (route, text, wires) => {
    const { texts, events } = decodeText(text, { route });
    expect(texts?.map(({ wire }) => wire) ?? null).toEqual(wires);
    expect(events.length).toBeGreaterThan(0);
    for (const [at, { wire }] of (texts ?? []).entries()) expect(JSON.parse(wire)).toEqual(events[at]?.wire);
  });

  it.each([
    ["track", '{"userId":"a","properties":{"n":1.5}}', '{"n":1.5}'],
    ["track", '{"userId":"a","properties":{"n":1.50}}', null],
    ["identify", '{"userId":"a","traits":{"n":1},"properties":{"m":2}}', null],
    ["page", '{"userId":"a","category":"c","properties":{"n":1}}', null],
    ["page", '{"userId":"a","category":"c","properties":{"n":1,"category":2}}', '{"n":1,"category":2}'],
    ["track", '{"userId":"a","properties":[1]}', null],
    ["track", '{"userId":"a"}', null],
  ])("says on %s how the properties of %s came, where they are the event's", (route, text, properties) => {
    const { texts, events } = decodeText(text, { route });
    expect(texts).toEqual([{ wire: text, properties }]);
    if (properties !== null) expect(JSON.parse(properties)).toEqual(events[0]?.properties);
  });

  it("reads ids as the gateway does", () => {
    const ids = { userId: 0, anonymousId: " \u200ba\u00a0b ", groupId: { a: 1 }, previousId: false };
    expect(decodeEvent(ids)).toMatchObject({ userId: "0", anonymousId: "ab", groupId: '{"a":1}', previousId: "false" });
  });

  it("takes a type that is none of the six calls for a track, by the name it has", () => {
    expect(decodeEvent({ userId: "u", type: "merge" })).toMatchObject({ kind: "track", name: "merge" });
    expect(decodeEvent({ userId: "u", type: "constructor", event: "E" })).toMatchObject({ kind: "track", name: "E" });
    expect(decodeEvent({ userId: "u" })).toMatchObject({ kind: "track", name: null });
  });

  it("takes traits from where the SDKs put them", () => {
    const context = { traits: { a: 1 }, ip: "x" };
    expect(decodeEvent({ userId: "u", type: "identify", context })).toMatchObject({ properties: { a: 1 } });
    expect(decodeEvent({ userId: "u", type: "identify", traits: { b: 1 } }).properties).toEqual({ b: 1 });
    expect(decodeEvent({ userId: "u", type: "group", groupId: "g", traits: { c: 1 } }).properties).toEqual({ c: 1 });
    expect(decodeEvent({ userId: "u", type: "track", context }).context).toEqual({
      ...context,
      request_ip: "192.0.2.1",
    });
  });

  it("keeps a page's category among its properties", () => {
    const page = { userId: "u", type: "page", name: "Home", category: "Docs", properties: { url: "x" } };
    expect(decodeEvent(page)).toMatchObject({ name: "Home", properties: { url: "x", category: "Docs" } });
    expect(decodeEvent({ ...page, properties: { category: "own" } }).properties).toEqual({ category: "own" });
  });

  it("keeps an event that is nested too deep, or has too many keys, as a bad one beside its neighbours", () => {
    const deep = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;
    const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 10_001 }, (_, key) => [`k${key}`, key])));
    const one = (properties: string) => `{"userId":"u","properties":${properties}}`;
    const { events, bad, reply } = decodeText(`{"batch":[${one("{}")},${one(deep)},${one(wide)},${one("{}")}]}`);
    expect(events.length).toBe(2);
    expect(bad.map(({ code }) => code)).toEqual(["too-deep", "too-many-keys"]);
    expect([reply.status, new TextDecoder().decode(reply.body)]).toEqual([400, "event is not a valid rudder event\n"]);
    expect(bad.map(({ wire }) => wire)).toEqual([
      { userId: "u", properties: "[…]" },
      { userId: "u", properties: "[…]" },
    ]);
  });

  it("keeps a deep event of 198 levels", () => {
    const levels = (count: number) => `${'{"a":'.repeat(count)}1${"}".repeat(count)}`;
    expect(decodeText(`{"batch":[{"userId":"u","properties":${levels(197)}}]}`).events.length).toBe(1);
    expect(decodeText(`{"batch":[{"userId":"u","properties":${levels(198)}}]}`).events.length).toBe(0);
  });

  it("keeps the whole text of a body that is not JSON", () => {
    const { bad } = decodeText('{"batch":[{"userId":"u","n":NaN}]}');
    expect(bad).toMatchObject([{ code: "invalid-json", wire: '{"batch":[{"userId":"u","n":NaN}]}', project: "p" }]);
  });

  it("carries __proto__ in a context as data", () => {
    const context = decodeText('{"batch":[{"userId":"u","context":{"__proto__":{"x":1},"a":1}}]}').events[0]?.context;
    expect(Object.keys(context ?? {})).toEqual(["__proto__", "a", "request_ip"]);
    expect(Reflect.get(context ?? {}, "x")).toBeUndefined();
  });

  it("stores the good events of an import beside the bad ones", () => {
    const body = '{"batch":[{"userId":"a"},{},{"userId":"b"}]}';
    const { events, bad, reply } = decodeText(body, { route: "import" });
    expect([events.length, bad.length, reply.status]).toEqual([2, 1, 400]);
  });

  it("believes no kind that a sender of another call claims", () => {
    const context = { oncewire: { kind: "session", sessionId: 5, entities: "x", name: 7 } };
    expect(decodeEvent({ userId: "u", type: "identify", context })).toMatchObject({ kind: "identify", name: null });
    expect(decodeEvent({ userId: "u", type: "track", event: "E", context })).toMatchObject({
      kind: "session",
      name: "E",
      sessionId: null,
      entities: [],
    });
  });
});

describe("key", () => {
  const batch = receiver.routes.find(({ name }) => name === "batch");
  const keyOf = (authorization: string) => {
    if (batch === undefined) throw new Error("no route");
    const key = receiver.key({ method: "POST", path: "/v1/batch", query: "", headers: { authorization } }, batch);
    return key.ok ? key.value : null;
  };

  it.each([
    ["Basic V1JJVEVLRVk6", "WRITEKEY"],
    ["bAsIc V1JJVEVLRVk6cGFzcw==", "WRITEKEY"],
    [`Basic ${Buffer.from("clé:").toString("base64")}`, "clé"],
    ["Basic V1JJVEVLRVk=", null],
    ["Basic Og==", null],
    ["Basic V1JJVEVLRVk6\n", null],
    ["Bearer V1JJVEVLRVk6", null],
    ["Basic", null],
  ])("of %j is %j", (authorization, key) => {
    expect(keyOf(authorization)).toBe(key);
  });
});

describe("refuse", () => {
  const refuse = (kind: "rate-limited" | "unavailable") => {
    const [route] = receiver.routes;
    if (route === undefined) throw new Error("no route");
    return receiver.refuse({ kind, retryAfterSeconds: 1.2 }, route);
  };

  it("says when to come back, in whole seconds", () => {
    expect([refuse("rate-limited").status, refuse("rate-limited").headers["retry-after"]]).toEqual([429, "2"]);
    expect([refuse("unavailable").status, refuse("unavailable").headers["retry-after"]]).toEqual([503, "2"]);
  });

  it("answers a pixel with its image whatever is wrong, but for its method", () => {
    const pixel = receiver.routes.find(({ name }) => name === "pixel-track");
    if (pixel === undefined) throw new Error("no route");
    expect(receiver.refuse({ kind: "disabled-key" }, pixel).headers["content-type"]).toBe("image/gif");
    expect(receiver.refuse({ kind: "method-not-allowed", allow: ["GET"] }, pixel)).toMatchObject({
      status: 405,
      headers: { allow: "GET" },
    });
  });
});

describe("headers", () => {
  const head = { method: "OPTIONS", path: "/v1/batch", query: "" };

  it("lets any page send, as the gateway does", () => {
    const headers = {
      origin: "https://shop.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization, anonymousid",
    };
    expect(receiver.headers({ ...head, headers })).toEqual({
      vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
      "access-control-allow-origin": "https://shop.example",
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "authorization, anonymousid",
      "access-control-max-age": "900",
    });
  });
});
