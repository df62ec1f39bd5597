import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../event.js";
import type { WireRequest } from "../http.js";
import { createRudderStackReceiver } from "./receiver.js";

interface Recorded {
  readonly name: string;
  readonly seq: number;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly body: { readonly batch?: readonly JsonObject[] } & JsonObject;
  };
}

function recordedBy(file: string): readonly Recorded[] {
  const text = readFileSync(new URL(`../../fixtures/rudderstack/${file}.jsonl`, import.meta.url), "utf8");
  return text
    .trim()
    .split("\n")
    .slice(1)
    .map((line): Recorded => JSON.parse(line))
    .filter(({ request }) => request.method === "POST");
}

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

const receiver = createRudderStackReceiver();
const receivedAtMs = Date.parse("2026-11-20T15:00:00.000Z");
const arrival = {
  route: "batch",
  project: "p",
  receivedAtMs,
  remoteAddress: "10.0.0.1",
  requestId: "0197c2c8-5e0f-7000-8000-000000000001",
};

function requestOf({ request }: Recorded): WireRequest {
  const { body } = request;
  const json = text(body["__not_strict_json__"]) ?? JSON.stringify(body);
  return { method: "POST", path: "/v1/batch", query: "", headers: {}, body: new TextEncoder().encode(json) };
}

function decode(recorded: Recorded) {
  return receiver.decode(requestOf(recorded), arrival);
}

/** Requests that the gateway refuses, and its sentence. */
const refusals: Readonly<Record<string, string>> = {
  "clean.nan_inf": "invalid json\n",
  "validate.both_empty_str": "request neither has anonymousId nor userId\n",
  "validate.empty_user": "request neither has anonymousId nor userId\n",
};

const nameOf = (message: JsonObject): string | null => {
  if (message["type"] === "track") return typeof message["event"] === "string" ? message["event"] : null;
  return (message["type"] === "page" || message["type"] === "screen") && typeof message["name"] === "string"
    ? message["name"]
    : null;
};

/** By the definition, apart from the code that is tested. */
function expectedTime(message: JsonObject, body: JsonObject): number {
  const occurredMs = Date.parse(text(message["timestamp"]) ?? text(message["originalTimestamp"]) ?? "");
  const sentMs = Date.parse(text(message["sentAt"]) ?? text(body["sentAt"]) ?? "");
  return receivedAtMs - (sentMs - occurredMs);
}

describe.each(["python-2.1.4", "node-3.0.13", "segment-node-3.1.0"])("requests recorded from %s", (file) => {
  const recorded = recordedBy(file);
  const accepted = recorded.filter(({ name }) => refusals[name] === undefined);
  const refused = recorded.filter(({ name }) => refusals[name] !== undefined);
  const titled = (one: Recorded) => [`${one.name} ${one.seq}`, one] as const;

  it.each(accepted.map(titled))("%s arrives whole", (_title, one) => {
    const { events, bad, reply } = decode(one);
    const batch = one.request.body.batch ?? [];
    expect([reply.status, new TextDecoder().decode(reply.body)]).toEqual([200, "ok"]);
    expect(bad).toEqual([]);
    expect(events.length).toBe(batch.length);
    batch.forEach((message, index) => {
      const event = events[index];
      const id = text(message["messageId"]);
      if (id !== null) expect(event?.id).toBe(id);
      expect(event).toMatchObject({
        kind: message["type"],
        name: nameOf(message),
        userId: text(message["userId"]),
        anonymousId: text(message["anonymousId"]),
        groupId: text(message["groupId"]),
        previousId: text(message["previousId"]),
        library: (message["context"] as JsonObject)["library"],
      });
      expect(Math.abs(Date.parse(event?.time ?? "") - expectedTime(message, one.request.body))).toBeLessThanOrEqual(1);
    });
  });

  it.each(refused.map(titled))("%s is answered as the gateway does, and kept", (_title, one) => {
    const { events, bad, reply } = decode(one);
    expect([reply.status, new TextDecoder().decode(reply.body)]).toEqual([400, refusals[one.name]]);
    expect([events.length, bad.length]).toEqual([0, 1]);
  });

  it("is seen to be good, or not, before it is decoded", () => {
    const seen = recorded.filter((one) => {
      const skimmed = receiver.skim?.(requestOf(one), arrival) ?? null;
      const { count, bad, reply } = decode(one);
      if (skimmed !== null) expect({ count, bad, reply }).toEqual({ ...skimmed, bad: [] });
      return skimmed !== null;
    });
    expect(seen.length).toBeGreaterThan(0.9 * accepted.length);
  });

  it("holds requests", () => {
    expect(accepted.length).toBeGreaterThan(30);
  });
});
