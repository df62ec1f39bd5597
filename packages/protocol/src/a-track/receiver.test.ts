import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Arrival, Refusal, Route } from "../codec.js";
import type { Decoded } from "../decoded.js";
import type { CanonicalEvent } from "../event.js";
import type { WireRequest, WireResponse } from "../http.js";
import type { CallName } from "./event.js";
import { callNames, modes } from "./event.js";
import { badCodes } from "./decode.js";
import { createATrackReceiver } from "./receiver.js";

const receiver = createATrackReceiver();
const requestId = "019a0000-0000-7000-8000-000000000001";
const receivedAtMs = Date.UTC(2026, 3, 8, 12, 0, 1);
const init: Route = { name: "init", methods: ["POST"], path: "/init" };
const id = "4f0e1c58-5b3e-4a0a-9d8e-0b6f3a7a1c22";

interface Fixture {
  readonly request: { method: string; path: string; headers: Record<string, string>; body: object };
  readonly reply: { status: number; body: object };
}

function fixture(name: CallName): Fixture {
  const file = new URL(`../../fixtures/a-track/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as Fixture;
}

function arrival(name: CallName): Arrival {
  return { route: name, project: "shop", receivedAtMs, remoteAddress: "192.0.2.1", requestId };
}

function request(route: CallName, body: string | Uint8Array, headers: Record<string, string> = {}): WireRequest {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return { method: "POST", path: `/${route}`, query: "", headers, body: bytes };
}

function decode(name: CallName, body: unknown, headers: Record<string, string> = {}): Decoded {
  return receiver.decode(request(name, JSON.stringify(body), headers), arrival(name));
}

function only(decoded: Decoded): CanonicalEvent {
  expect(decoded.bad).toEqual([]);
  const [event, ...more] = decoded.events;
  if (event === undefined || more.length > 0) throw new Error(`expected one event, got ${decoded.events.length}`);
  return event;
}

function json(response: WireResponse): unknown {
  return JSON.parse(new TextDecoder().decode(response.body));
}

describe("routes and keys", () => {
  it("A12–A14: takes POST on the contract's three paths", () => {
    expect(receiver.routes.map(({ methods, path }) => `${methods.join()} ${path}`)).toEqual([
      "POST /init",
      "POST /attributes",
      "POST /event",
    ]);
  });

  it("A11, A72: reads the project's key from x-a-track-key", () => {
    const head = { method: "POST", path: "/init", query: "", headers: { "x-a-track-key": "pub_xxxxx" } };
    expect(receiver.key(head, init)).toEqual({ ok: true, value: "pub_xxxxx" });
    expect(receiver.key({ ...head, headers: {} }, init)).toMatchObject({ ok: false });
  });

  it("lets pages of any origin send the headers it reads", () => {
    const head = { method: "OPTIONS", path: "/init", query: "", headers: {} };
    const headers = receiver.headers(head);
    expect(headers["access-control-allow-origin"]).toBe("*");
    for (const name of ["x-a-track-key", "idempotency-key", "content-type"]) {
      expect(headers["access-control-allow-headers"]).toContain(name);
    }
  });
});

describe("decode", () => {
  it.each(callNames)("A42: takes the page's %s request, and answers as the contract does", (name) => {
    const { request: sent, reply } = fixture(name);
    const decoded = decode(name, sent.body, { ...sent.headers, "idempotency-key": id });
    expect(decoded.reply.status).toBe(reply.status);
    expect(json(decoded.reply)).toEqual(reply.body);
    const event = only(decoded);
    expect(event).toMatchObject({ id, protocol: "a-track", project: "shop", userId: "0d54...", wire: sent.body });
    expect(event.library).toEqual({ name: "a-track", version: "0.1.0" });
  });

  it("A43–A49: makes a session event of init", () => {
    const body = {
      ...fixture("init").request.body,
      context: { page: { path: "/pricing" }, sessionId: "s-1" },
      attributes: { plan: "pro" },
      profile: { email: "a@b.example" },
    };
    expect(only(decode("init", body))).toMatchObject({
      kind: "session",
      name: null,
      sessionId: "s-1",
      properties: { plan: "pro" },
      context: {
        page: { path: "/pricing" },
        sessionId: "s-1",
        oncewire: { isNewUser: true, profile: { email: "a@b.example" } },
      },
      occurredAt: null,
      time: "2026-04-08T12:00:01.000Z",
    });
  });

  it("A50–A54: makes an identify event of attributes, and says when they replace", () => {
    const body = { ...fixture("attributes").request.body, mode: "replace" };
    const event = only(decode("attributes", body));
    expect(event).toMatchObject({ kind: "identify", properties: { plan: "business" } });
    expect(event.context).toEqual({ oncewire: { mode: "replace" } });
    expect(only(decode("attributes", { ...body, mode: "merge" })).context).toEqual({});
  });

  it("A55–A60: makes a track event of event, at the time it says", () => {
    expect(only(decode("event", fixture("event").request.body))).toMatchObject({
      kind: "track",
      name: "invoice_paid",
      occurredAt: "2026-04-08T12:00:00.000Z",
      time: "2026-04-08T12:00:00.000Z",
      receivedAt: "2026-04-08T12:00:01.000Z",
    });
  });

  it("takes the time of arrival for an event that says it is still to come", () => {
    const body = { uuid: "u", event: "e", timestamp: "2027-01-01T00:00:00Z" };
    expect(only(decode("event", body))).toMatchObject({
      occurredAt: "2027-01-01T00:00:00.000Z",
      time: "2026-04-08T12:00:01.000Z",
    });
  });

  it("A4: takes any text for a uuid", () => {
    expect(only(decode("init", { uuid: "server-user-42" })).userId).toBe("server-user-42");
  });

  it("A20: takes a body with nothing but the uuid", () => {
    const event = only(decode("init", { uuid: "u", attributes: null }));
    expect(event).toMatchObject({ properties: {}, context: {}, library: null });
  });

  it("takes the Idempotency-Key for the id, so that a retry has the same one", () => {
    const headers = { "idempotency-key": "order-7" };
    expect(only(decode("event", { uuid: "u", event: "e" }, headers)).id).toBe("order-7");
    expect(only(decode("event", { uuid: "u", event: "e" })).id).toBe(requestId);
  });

  it("keeps an init and an event apart that share a key", () => {
    const headers = { "idempotency-key": "step-1" };
    const ids = callNames.map((name) => only(decode(name, { uuid: "u", event: "e" }, headers)).id);
    expect(new Set(ids).size).toBe(3);
    const ours = callNames.map((name) => only(decode(name, { uuid: "u", event: "e" }, { "idempotency-key": id })).id);
    expect(ours).toEqual([id, id, id]);
  });

  it.each([
    ["init", "", "invalid-json", ""],
    ["init", "{", "invalid-json", ""],
    ["init", "[]", "not-an-event", ""],
    ["init", "null", "not-an-event", ""],
    ["init", "{}", "no-identity", "uuid"],
    ["init", '{"uuid":7}', "wrong-type", "uuid"],
    ["attributes", '{"uuid":"u","mode":"deep"}', "unknown-mode", "mode"],
    ["attributes", '{"uuid":"u","attributes":[]}', "wrong-type", "attributes"],
    ["event", '{"uuid":"u"}', "no-event-name", "event"],
    ["event", '{"uuid":"u","event":"e","timestamp":"yesterday"}', "invalid-timestamp", "timestamp"],
  ] as const)("keeps a bad %s %j as %s, and names the field in the answer", (route, body, code, field) => {
    const { events, bad, reply } = receiver.decode(request(route, body), arrival(route));
    expect(events).toEqual([]);
    expect(bad).toMatchObject([{ id: requestId, protocol: "a-track", project: "shop", code }]);
    expect(reply.status).toBe(400);
    expect(json(reply)).toEqual({ error: { code, message: expect.stringContaining("Expected"), field } });
  });

  it("keeps the text of a body that is no JSON, and the value of one that is", () => {
    const [noJson] = receiver.decode(request("init", "{oops"), arrival("init")).bad;
    expect(noJson?.wire).toBe("{oops");
    expect(decode("init", { mode: "merge" }).bad[0]?.wire).toEqual({ mode: "merge" });
  });

  it("keeps the digits of a number that a double cannot hold", () => {
    const body = '{"uuid":"u","event":"e","attributes":{"order":157963456373623802}}';
    const event = only(receiver.decode(request("event", body), arrival("event")));
    expect(event.properties).toEqual({ order: "157963456373623802" });
  });

  it("refuses a body that is nested without end, without following it", () => {
    const body = `{"uuid":"u","attributes":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`;
    const decoded = receiver.decode(request("init", body), arrival("init"));
    expect(decoded.bad).toMatchObject([{ code: "too-deep", wire: null }]);
  });

  it("does not believe what anyone writes into context.oncewire", () => {
    const oncewire = { kind: "nonsense", name: 5, entities: [1], occurredAt: "soon", id: "forged", project: "other" };
    const body = { uuid: "u", event: "e", timestamp: "2026-04-08T12:00:00.000Z", context: { oncewire } };
    const { wire, ...event } = only(decode("event", body));
    expect(wire).toEqual(body);
    expect(event).toEqual({
      id: requestId,
      protocol: "a-track",
      project: "shop",
      kind: "track",
      name: "e",
      userId: "u",
      anonymousId: null,
      previousId: null,
      groupId: null,
      sessionId: null,
      occurredAt: body.timestamp,
      sentAt: null,
      receivedAt: "2026-04-08T12:00:01.000Z",
      time: body.timestamp,
      properties: {},
      entities: [],
      context: {},
      library: null,
    });
  });

  it("lets no body choose its route, its id or what is carried", () => {
    const body = { uuid: "u", event: "e", kind: "init", id: "forged", carried: { kind: "alias" } };
    expect(only(decode("event", body))).toMatchObject({ kind: "track", id: requestId });
  });

  it("answers for any bytes, the same at every reading, and keeps each as one event or one bad one", () => {
    const field = fc.oneof(fc.jsonValue(), fc.string(), fc.constantFrom(...modes));
    const body = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => new TextEncoder().encode(text)),
      fc
        .record({ uuid: field, event: field, timestamp: field, mode: field, context: field, attributes: field })
        .map((value) => new TextEncoder().encode(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(fc.constantFrom(...callNames), body, fc.string(), (route, bytes, key) => {
        const sent = request(route, bytes, { "idempotency-key": key });
        const decoded = receiver.decode(sent, arrival(route));
        expect(decoded.events.length + decoded.bad.length).toBe(1);
        expect(decoded.reply.status).toBe(decoded.events.length === 1 ? 200 : 400);
        for (const { code } of decoded.bad) expect(badCodes).toContain(code);
        expect(receiver.decode(sent, arrival(route))).toEqual(decoded);
      }),
    );
  });
});

describe("refuse", () => {
  const refusals: readonly (readonly [Refusal, number])[] = [
    [{ kind: "method-not-allowed", allow: ["POST"] }, 405],
    [{ kind: "unreadable-key", message: "Expected a key." }, 401],
    [{ kind: "unknown-key" }, 401],
    [{ kind: "disabled-key" }, 401],
    [{ kind: "too-large", maxBytes: 5 }, 413],
    [{ kind: "unreadable-body", message: "Expected gzip." }, 400],
    [{ kind: "rate-limited", retryAfterSeconds: 3 }, 429],
    [{ kind: "unavailable", retryAfterSeconds: 5 }, 503],
  ];

  it.each(refusals)("A11: answers %j with %i and an error object", (refusal, status) => {
    const reply = receiver.refuse(refusal, init);
    expect(reply.status).toBe(status);
    expect(json(reply)).toEqual({
      error: { code: refusal.kind, message: expect.any(String), field: expect.any(String) },
    });
  });

  it("says when to come back", () => {
    const reply = receiver.refuse({ kind: "rate-limited", retryAfterSeconds: 3 }, init);
    expect(reply.headers["retry-after"]).toBe("3");
    expect(receiver.refuse({ kind: "method-not-allowed", allow: ["POST"] }, init).headers["allow"]).toBe("POST");
  });
});
