import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { JsonObject } from "../event.js";
import { createRudderStackEncoder } from "./encoder.js";
import type { Group, RudderStackEvent, Track } from "./event.js";

const encoder = createRudderStackEncoder({ writeKey: "WRITEKEY" });
const stamp = { id: "generated", nowMs: Date.parse("2026-11-20T14:28:12.741Z") };
const track = { type: "track", userId: "u1", event: "Ev" } as const;

function message(event: unknown): JsonObject {
  const encoded = encoder.encode(event as RudderStackEvent, stamp);
  if (!encoded.ok) throw new Error(encoded.problems[0].message);
  return JSON.parse(new TextDecoder().decode(encoded.value.bytes));
}

function codes(event: unknown): readonly string[] {
  const encoded = encoder.encode(event as RudderStackEvent, stamp);
  return encoded.ok ? [] : encoded.problems.map(({ path, code }) => `${path}: ${code}`);
}

describe("encode", () => {
  it.each([
    [undefined, ": not-an-event"],
    ["track", ": not-an-event"],
    [{ type: "bananas", userId: "u" }, "type: unknown-type"],
    [{ type: "track", event: "E" }, "userId: no-identity"],
    [{ type: "track", event: "E", userId: " \u200b " }, "userId: no-identity"],
    [{ type: "track", userId: "u" }, "event: no-event-name"],
    [{ type: "track", userId: "u", event: 5 }, "event: wrong-type"],
    [{ type: "group", userId: "u" }, "groupId: no-group-id"],
    [{ type: "alias", userId: "u" }, "previousId: no-previous-id"],
    [{ type: "alias", anonymousId: "a", previousId: "p" }, "userId: no-identity"],
    [{ ...track, userId: Number("157963456373623802") }, "userId: unsafe-number"],
    [{ ...track, userId: Number.NaN }, "userId: unsafe-number"],
    [{ ...track, userId: {} }, "userId: wrong-type"],
    [{ ...track, userId: "x".repeat(4097) }, "userId: too-large"],
    [{ ...track, properties: ["list"] }, "properties: wrong-type"],
    [{ ...track, properties: Promise.resolve({}) }, "properties: wrong-type"],
    [{ ...track, context: "text" }, "context: wrong-type"],
    [{ ...track, timestamp: new Date(Number.NaN) }, "timestamp: invalid-timestamp"],
    [{ ...track, timestamp: "yesterday" }, "timestamp: invalid-timestamp"],
  ])("refuses %j with %j", (event, code) => {
    expect(codes(event)).toEqual([code]);
  });

  it("names everything that is wrong at once", () => {
    expect(codes({ type: "track", userId: true, event: 5, properties: 1 })).toEqual([
      "userId: wrong-type",
      "event: wrong-type",
      "properties: wrong-type",
    ]);
  });

  it("refuses an event whose fields throw, and does not throw itself", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(codes(proxy)).toEqual([": not-an-event"]);
    expect(
      codes({
        ...track,
        get userId() {
          throw new Error("no");
        },
      }),
    ).toEqual([": not-an-event"]);
  });

  it("takes the ids as text: numbers, BigInts and what is around them", () => {
    const ids = { userId: 3.5, anonymousId: 157963456373623802n, messageId: 42 };
    expect(message({ ...track, ...ids })).toMatchObject({
      userId: "3.5",
      anonymousId: "157963456373623802",
      messageId: "42",
    });
    expect(message({ ...track, userId: " u\u200b1 " })["userId"]).toBe("u1");
  });

  it("takes the id of the stamp where the event has none, or an invisible one", () => {
    expect(message(track)["messageId"]).toBe("generated");
    expect(message({ ...track, messageId: "" })["messageId"]).toBe("generated");
  });

  it.each([
    [new Date("2024-01-02T03:04:05.678Z"), "2024-01-02T03:04:05.678Z"],
    [1_704_164_645_678, "2024-01-02T03:04:05.678Z"],
    ["2024-01-02T03:04:05.678901+05:30", "2024-01-02T03:04:05.678901+05:30"],
    ["2024-01-02T03:04:05", "2024-01-02T03:04:05.000Z"],
    ["2024-01-02", "2024-01-02T00:00:00.000Z"],
  ])("takes %j as a timestamp", (timestamp, sent) => {
    expect(message({ ...track, timestamp })["timestamp"]).toBe(sent);
  });

  it("keeps an event of exactly the limit, and refuses one byte more, in bytes of UTF-8", () => {
    const empty = message({ ...track, properties: { text: "" } });
    const room = 32 * 1024 - JSON.stringify(empty).length;
    for (const [letter, width] of [
      ["x", 1],
      ["ü", 2],
      ["€", 3],
    ] as const) {
      const text = letter.repeat(Math.floor(room / width)) + "x".repeat(room % width);
      expect(codes({ ...track, properties: { text } })).toEqual([]);
      expect(codes({ ...track, properties: { text: `${text}x` } })).toEqual(["properties.text: too-large"]);
    }
  });

  it("names the bytes and the largest field of an event that is too large", () => {
    const encoded = encoder.encode({ ...track, properties: { html: "x".repeat(40_000), price: 1 } }, stamp);
    expect(encoded).toMatchObject({ ok: false, problems: [{ path: "properties.html", code: "too-large" }] });
    expect(encoded.ok ? "" : encoded.problems[0].message).toMatch(/at most 32768 bytes.*properties\.html with 40000/);
  });

  it("keeps what surrounds a value that JSON cannot carry, and names it", () => {
    const context = Object.defineProperty({ ip: "1.2.3.4" }, "bad", {
      enumerable: true,
      get() {
        throw new Error("no");
      },
    });
    const encoded = encoder.encode({ ...track, properties: { price: 1n, list: [Number.NaN, 2] }, context }, stamp);
    if (!encoded.ok) throw new Error("refused");
    const sent: JsonObject = JSON.parse(new TextDecoder().decode(encoded.value.bytes));
    expect(sent).toMatchObject({
      properties: { price: "1", list: [null, 2] },
      context: { ip: "1.2.3.4", bad: "[threw]" },
    });
    expect(encoded.value.replaced?.map(({ path, code }) => `${path}: ${code}`)).toEqual([
      "properties.price: bigint",
      "properties.list.0: not-finite",
      "context.bad: threw",
    ]);
  });

  it("sends no half of a surrogate pair, not even as an escape, and names where one was", () => {
    const encoded = encoder.encode({ ...track, event: "a\ud800", properties: { "\udc00": "😀" } }, stamp);
    if (!encoded.ok) throw new Error("refused");
    const text = new TextDecoder().decode(encoded.value.bytes);
    expect(text).toContain('"event":"a\ufffd","properties":{"\ufffd":"😀"}');
    expect(text).not.toContain("\\ud");
    expect(encoded.value.replaced?.map(({ code }) => code)).toEqual(["lone-surrogate", "lone-surrogate"]);
  });

  it("never touches the caller's objects", () => {
    const context = Object.freeze({ ip: "1.2.3.4", library: Object.freeze({ name: "mine" }) });
    const event = Object.freeze({ type: "identify", userId: "u", traits: Object.freeze({ a: 1 }), context } as const);
    expect(message(event)["context"]).toEqual({
      ip: "1.2.3.4",
      traits: { a: 1 },
      library: { name: "oncewire", version: "0.1.0" },
    });
  });

  it("takes a Map or an instance of a class for an object", () => {
    class Order {
      readonly total = 5;
    }
    const properties = new Map<string, unknown>([["order", new Order()]]);
    expect(message({ ...track, properties, context: new Map([["ip", "x"]]) })).toMatchObject({
      properties: { order: { total: 5 } },
      context: { ip: "x", library: { name: "oncewire" } },
    });
  });

  it("sends root fields that it does not know, but none that are ours", () => {
    const extra = { foo: "bar", sentAt: "x", channel: "web", 'quote"': 1 };
    expect(message({ ...track, ...extra })).toMatchObject({ foo: "bar", channel: "server", 'quote"': 1 });
    expect(message({ ...track, ...extra })["sentAt"]).toBeUndefined();
  });

  it("puts the events of one user in one lane", () => {
    const lane = (event: RudderStackEvent) => {
      const encoded = encoder.encode(event, stamp);
      return encoded.ok ? encoded.value.lane : null;
    };
    expect(lane({ ...track, userId: 7, anonymousId: "a" })).toBe("7");
    expect(lane({ type: "track", event: "E", anonymousId: "a" })).toBe("a");
  });

  it("encodes what JSON can carry as JSON.stringify does", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (properties) => {
        expect(message({ ...track, properties })["properties"]).toEqual(JSON.parse(JSON.stringify(properties)));
      }),
      { numRuns: 300 },
    );
  });

  it("asks in its types for what a call needs", () => {
    expectTypeOf<{ type: "track"; userId: "u" }>().not.toExtend<Track>();
    expectTypeOf<{ type: "group"; userId: "u" }>().not.toExtend<Group>();
    expectTypeOf<{ type: "track"; userId: 5; event: "E"; timestamp: Date }>().toExtend<Track>();
  });
});

describe("createRudderStackEncoder", () => {
  it.each([
    [{ writeKey: "" }, /`writeKey`/],
    [{ writeKey: "k", maxEventBytes: 0 }, /`maxEventBytes` must be a whole number from 1 to 4095/],
    [{ writeKey: "k", maxEventBytes: 5_000_000 }, /`maxEventBytes`/],
    [{ writeKey: "k", maxBatchEvents: 1.5 }, /`maxBatchEvents`/],
  ])("refuses %j", (options, message_) => {
    expect(() => createRudderStackEncoder(options)).toThrow(message_);
  });

  it("keeps one event of the largest size within one request", () => {
    const largest = 4_096_000 - encoder.overheadBytes(1);
    const { limits } = createRudderStackEncoder({ writeKey: "k", maxEventBytes: largest });
    expect(limits).toEqual({ maxEventBytes: largest, maxBatchEvents: 100, maxBatchBytes: 4_096_000 });
  });

  it("names itself in events by the version of its package", async () => {
    const { version } = (await import("../../package.json", { with: { type: "json" } })).default;
    expect(message(track)["context"]).toMatchObject({ library: { version } });
  });
});

describe("frame", () => {
  it("adds exactly the bytes it says, for any number of events", () => {
    for (const count of [1, 2, 3, 100]) {
      const events = Array.from({ length: count }, (_, index) => {
        const encoded = encoder.encode({ ...track, userId: index + 1 }, stamp);
        if (!encoded.ok) throw new Error("refused");
        return encoded.value;
      });
      const { body } = encoder.frame(events, stamp.nowMs);
      const own = events.reduce((total, { bytes }) => total + bytes.length, 0);
      expect(body.length).toBe(own + encoder.overheadBytes(count));
      const parsed: { readonly batch: readonly JsonObject[]; readonly sentAt: string } = JSON.parse(
        new TextDecoder().decode(body),
      );
      expect(parsed.batch.map((event) => event["userId"])).toEqual(events.map((_, index) => String(index + 1)));
      expect(new Set([parsed.sentAt, ...parsed.batch.map((event) => event["sentAt"])])).toEqual(
        new Set(["2026-11-20T14:28:12.741Z"]),
      );
    }
  });
});
