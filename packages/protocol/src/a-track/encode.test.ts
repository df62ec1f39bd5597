import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EncodedEvent } from "../encoded-event.js";
import type { Result } from "../problem.js";
import { createATrackEncoder } from "./encoder.js";
import type { ATrackEvent } from "./event.js";

const encoder = createATrackEncoder({ publicKey: "pub_xxxxx" });
const stamp = { id: "4f0e1c58-5b3e-4a0a-9d8e-0b6f3a7a1c22", nowMs: Date.UTC(2026, 3, 8, 12) };
const decoder = new TextDecoder();

interface Fixture {
  readonly request: { method: string; path: string; headers: Record<string, string>; body: object };
}

function fixture(name: string): Fixture["request"] {
  const file = new URL(`../../fixtures/a-track/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as Fixture).request;
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join(" "));
  return result.value;
}

function encoded(event: ATrackEvent): EncodedEvent {
  return valueOf(encoder.encode(event, stamp));
}

function bodyOf(event: ATrackEvent): Record<string, unknown> {
  return JSON.parse(decoder.decode(encoded(event).bytes)) as Record<string, unknown>;
}

/** As a caller without types would. */
function encodeAny(event: unknown): Result<EncodedEvent> {
  return encoder.encode(event as ATrackEvent, stamp);
}

function codesOf(event: unknown): readonly string[] {
  const result = encodeAny(event);
  return result.ok ? [] : result.problems.map(({ path, code }) => `${path}: ${code}`);
}

const calls: readonly (readonly [string, ATrackEvent])[] = [
  ["init", { kind: "init", uuid: "0d54...", isNewUser: true }],
  ["attributes", { kind: "attributes", uuid: "0d54...", attributes: { plan: "business" } }],
  ["event", { kind: "event", uuid: "0d54...", event: "invoice_paid" }],
];

describe("A42: the contract of the SDK's page", () => {
  it.each(calls)("A5, A6, A12–A14, A40, A43–A60: %s is the page's request, byte for byte in the body", (name, call) => {
    const expected = fixture(name);
    const request = encoder.frame([encoded(call)], 0);
    expect(decoder.decode(request.body)).toBe(JSON.stringify(expected.body));
    expect(request).toMatchObject({ method: "POST", path: expected.path, query: "" });
    expect(request.headers).toEqual({ ...expected.headers, "idempotency-key": stamp.id });
  });

  it("A43–A49: init has its seven fields, and its objects are never null", () => {
    const body = bodyOf({ kind: "init", uuid: "u", attributes: null, profile: undefined, context: null });
    expect(Object.keys(body)).toEqual(["sdkVersion", "uuid", "isNewUser", "mode", "context", "attributes", "profile"]);
    expect(body).toMatchObject({ isNewUser: false, mode: "merge", context: {}, attributes: {}, profile: {} });
  });

  it("A50–A54: attributes has exactly five fields, whatever else the caller passes", () => {
    const call = { kind: "attributes", uuid: "u", context: { page: 1 }, timestamp: 5, isNewUser: true } as const;
    expect(Object.keys(bodyOf(call))).toEqual(["sdkVersion", "uuid", "mode", "attributes", "profile"]);
  });

  it("A55–A60: event has exactly six fields, whatever else the caller passes", () => {
    const call = { kind: "event", uuid: "u", event: "e", mode: "replace", profile: { a: 1 } } as const;
    const fields = ["sdkVersion", "uuid", "event", "attributes", "timestamp", "context"];
    expect(Object.keys(bodyOf(call))).toEqual(fields);
  });
});

describe("encode", () => {
  it.each(["server-user-42", "crm-user-42", " ", "Ünïcode ✓", '"quoted"\\'])(
    "A4: takes %j as a uuid, verbatim, and as the lane",
    (uuid) => {
      expect(bodyOf({ kind: "init", uuid })["uuid"]).toBe(uuid);
      expect(encoded({ kind: "init", uuid }).lane).toBe(uuid);
    },
  );

  it("A20: writes absent attributes as an empty object", () => {
    expect(bodyOf({ kind: "init", uuid: "server-user-42" })["attributes"]).toEqual({});
  });

  it("A21, A61: fills the timestamp at the call, with milliseconds and Z", () => {
    const result = encoder.encode(
      { kind: "event", uuid: "u", event: "order_created" },
      { id: "i", nowMs: 1_791_374_400_007 },
    );
    const { timestamp } = JSON.parse(decoder.decode(valueOf(result).bytes)) as { timestamp: string };
    expect(timestamp).toBe(new Date(1_791_374_400_007).toISOString());
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it.each([
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    ["2026-04-08T14:00:00+02:00", "2026-04-08T12:00:00.000Z"],
    [1, "1970-01-01T00:00:00.001Z"],
  ])("A61: writes the timestamp %s in the same form", (timestamp, text) => {
    expect(bodyOf({ kind: "event", uuid: "u", event: "e", timestamp })["timestamp"]).toBe(text);
  });

  it("A38: keeps numbers numbers", () => {
    const attributes = { plan: "business", seats: 12 };
    expect(bodyOf({ kind: "attributes", uuid: "u", attributes })["attributes"]).toEqual(attributes);
  });

  it("A39: writes the mode replace", () => {
    expect(bodyOf({ kind: "attributes", uuid: "u", mode: "replace" })["mode"]).toBe("replace");
  });

  it("takes the caller's id over the stamp's", () => {
    expect(encoded({ kind: "init", uuid: "u", id: "mine" }).id).toBe("mine");
    expect(encoded({ kind: "init", uuid: "u" }).id).toBe(stamp.id);
  });

  it.each([
    [null, [": not-an-event"]],
    [{ kind: "page", uuid: "u", event: "e" }, ["kind: unknown-kind"]],
    [{ kind: "init" }, ["uuid: no-identity"]],
    [{ kind: "init", uuid: "" }, ["uuid: no-identity"]],
    [{ kind: "init", uuid: 42 }, ["uuid: wrong-type"]],
    [{ kind: "event", uuid: "u" }, ["event: no-event-name"]],
    [{ kind: "init", uuid: "u", mode: "deep" }, ["mode: unknown-mode"]],
    [{ kind: "init", uuid: "u", isNewUser: 1 }, ["isNewUser: wrong-type"]],
    [{ kind: "event", uuid: "u", event: "e", timestamp: "soon" }, ["timestamp: invalid-timestamp"]],
    [{ kind: "init", uuid: "u", attributes: [1], context: "x" }, ["attributes: wrong-type", "context: wrong-type"]],
    [{ kind: "init", uuid: "u", profile: Promise.resolve({}) }, ["profile: wrong-type"]],
    [{ kind: "init", uuid: "u", profile: { toJSON: () => 5 } }, ["profile: wrong-type"]],
    [{ kind: "init", uuid: "u", profile: new Map([[1, 2]]) }, ["profile: wrong-type"]],
  ])("refuses %j with the path and a code", (event, codes) => {
    expect(codesOf(event)).toEqual(codes);
  });

  it("writes no half of a surrogate pair, wherever the caller has one", () => {
    const call = { kind: "event", uuid: "u\uD800", event: "e\uDC00", attributes: { "a\uD800": "\uDFFF" } } as const;
    const text = decoder.decode(encoded(call).bytes);
    expect(text).not.toMatch(/\\ud/i);
    expect(JSON.parse(text)).toMatchObject({ uuid: "u\uFFFD", event: "e\uFFFD", attributes: { "a\uFFFD": "\uFFFD" } });
  });

  it("says what JSON could not carry, and where", () => {
    const { replaced } = encoded({ kind: "attributes", uuid: "u", attributes: { at: { big: 1n } } });
    expect(replaced?.map(({ path, code }) => `${path}: ${code}`)).toEqual(["attributes.at.big: bigint"]);
  });

  it("names the largest field of a call that is too large", () => {
    const small = createATrackEncoder({ publicKey: "k", maxEventBytes: 200 });
    const call: ATrackEvent = {
      kind: "event",
      uuid: "u",
      event: "e",
      attributes: { a: 1 },
      context: { html: "x".repeat(150) },
    };
    const result = small.encode(call, stamp);
    expect(result).toMatchObject({ ok: false, problems: [{ path: "context", code: "too-large" }] });
    const larger = small.encode({ kind: "init", uuid: "u", context: { html: "x".repeat(1e6) } }, stamp);
    expect(larger).toMatchObject({ ok: false, problems: [{ path: "context", code: "too-large" }] });
  });

  it("survives any value, and what it writes is JSON with the contract's fields", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    });
    const text = fc.oneof(anything, fc.string({ unit: "binary", minLength: 1 }));
    const kind = fc.constantFrom("init", "attributes", "event");
    const call = fc.record(
      {
        kind,
        uuid: text,
        event: text,
        attributes: anything,
        context: anything,
        profile: anything,
        timestamp: anything,
      },
      { requiredKeys: ["kind"] },
    );
    fc.assert(
      fc.property(fc.oneof(call, anything), (value) => {
        const result = encodeAny(value);
        if (!result.ok) return;
        const body = JSON.parse(decoder.decode(result.value.bytes)) as object;
        expect([5, 6, 7]).toContain(Object.keys(body).length);
      }),
    );
  });

  it("refuses a call whose fields throw, alone", () => {
    const hostile = Object.defineProperty({ kind: "init" }, "uuid", {
      get() {
        throw new Error("no");
      },
    });
    expect(codesOf(hostile)).toEqual([": not-an-event"]);
    expect(
      codesOf({
        kind: "init",
        uuid: "u",
        context: {
          get page() {
            throw new Error("no");
          },
        },
      }),
    ).toEqual([]);
  });
});

describe("frame", () => {
  it("finds the address from the body alone, whatever the uuid and the version hold", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", minLength: 1 }),
      fc.constantFrom('","event":"', "\\", '\\"', '"'),
    );
    fc.assert(
      fc.property(text, text, fc.constantFrom(...calls), (uuid, sdkVersion, [name, call]) => {
        const other = createATrackEncoder({ publicKey: "k", sdkVersion: sdkVersion.toWellFormed() });
        const event = valueOf(other.encode({ ...call, uuid }, stamp));
        expect(other.frame([event], 0).path).toBe(`/${name}`);
      }),
    );
  });

  it("sends the bytes as they are, and adds none", () => {
    const event = encoded({ kind: "init", uuid: "u" });
    expect(encoder.frame([event], 0).body).toBe(event.bytes);
    expect(encoder.overheadBytes(1)).toBe(0);
    expect(encoder.limits.maxBatchEvents).toBe(1);
  });

  it("refuses to frame two calls, for the wire has no batches", () => {
    const event = encoded({ kind: "init", uuid: "u" });
    expect(() => encoder.frame([event, event], 0)).toThrow(RangeError);
    expect(() => encoder.frame([], 0)).toThrow(RangeError);
  });

  it("A12–A14: takes other endpoints", () => {
    const other = createATrackEncoder({ publicKey: "k", endpoints: { event: "/v2/event" } });
    const paths = calls.map(([, call]) => other.frame([valueOf(other.encode(call, stamp))], 0).path);
    expect(paths).toEqual(["/init", "/attributes", "/v2/event"]);
  });

  it("carries any id in a header", () => {
    const id = "Straße 50% ✓";
    const request = encoder.frame([encoded({ kind: "init", uuid: "u", id })], 0);
    expect(request.headers["idempotency-key"]).toMatch(/^[!-~]+$/);
    expect(decodeURIComponent(request.headers["idempotency-key"] ?? "")).toBe(id);
  });
});

describe("createATrackEncoder", () => {
  it.each([
    [{ publicKey: "" }, "`publicKey`"],
    [{ publicKey: "pub\r\nx-evil: 1" }, "`publicKey`"],
    [{}, "`publicKey`"],
    [{ publicKey: "k", sdkVersion: 1 }, "`sdkVersion`"],
    [{ publicKey: "k", maxEventBytes: 0 }, "`maxEventBytes`"],
    [{ publicKey: "k", maxEventBytes: 1.5 }, "`maxEventBytes`"],
    [{ publicKey: "k", endpoints: { init: "https://evil.example" } }, "`endpoints.init`"],
    [{ publicKey: "k", endpoints: { event: "/e?x=1" } }, "`endpoints.event`"],
  ])("A2: refuses %j and names the option", (options, name) => {
    expect(() => createATrackEncoder(options as { publicKey: string })).toThrow(name);
  });

  it("A11: has the key in the header and nowhere else", () => {
    const request = encoder.frame([encoded({ kind: "init", uuid: "u" })], 0);
    expect(request.headers["x-a-track-key"]).toBe("pub_xxxxx");
    const { headers, ...rest } = request;
    expect(JSON.stringify({ ...rest, body: decoder.decode(request.body) })).not.toContain("pub_xxxxx");
    expect(Object.keys(headers)).toHaveLength(3);
  });
});
