/**
 * What the gateway answers, letter by letter: the Python SDK takes an answer in JSON without `code` and `message` for a
 * fault of its own, so refusals stay plain text. Source: fixtures/rudderstack/gateway.jsonl.
 */
import type { Refusal, Route } from "../codec.js";
import type { WireHeaders, WireResponse } from "../http.js";
import { hasKeyInQuery, isPixel } from "./routes.js";

const encoder = new TextEncoder();
const plainText = { "content-type": "text/plain; charset=utf-8" };

/** The sentences of a 400. */
export const sentences = {
  invalidJson: "invalid json",
  notAnEvent: "event is not a valid rudder event",
  noIdentity: "request neither has anonymousId nor userId",
  emptyBatch: "empty batch payload",
} as const;

export const accepted: WireResponse = { status: 200, headers: plainText, body: encoder.encode("ok") };

/** A transparent image of one pixel; 43 bytes. */
const gif = "4749463839610100010080000000000000000021f90401000000002c00000000010001000002024401003b";

export const pixel: WireResponse = {
  status: 200,
  headers: { "content-type": "image/gif" },
  body: Uint8Array.from(gif.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)),
};

export function refused(status: number, sentence: string, headers: WireHeaders = {}): WireResponse {
  return {
    status,
    headers: { ...plainText, "x-content-type-options": "nosniff", ...headers },
    body: encoder.encode(`${sentence}\n`),
  };
}

/** A pixel is always an image: whoever placed it sees no status. */
export function refuse(refusal: Refusal, route: Route): WireResponse {
  if (refusal.kind === "method-not-allowed") {
    return { status: 405, headers: { allow: refusal.allow.join(", ") }, body: new Uint8Array(0) };
  }
  return isPixel(route.name) ? pixel : refusePost(refusal, route);
}

function refusePost(refusal: Exclude<Refusal, { kind: "method-not-allowed" }>, route: Route): WireResponse {
  switch (refusal.kind) {
    case "unreadable-key":
      return refused(401, `failed to read writekey from ${hasKeyInQuery(route.name) ? "query params" : "header"}`);
    case "unknown-key":
      return refused(401, "invalid write key");
    case "disabled-key":
      return refused(404, "source is disabled");
    case "too-large":
      return refused(413, "request size exceeds max limit");
    case "unreadable-body":
      return refused(500, "failed to read body from request");
    case "rate-limited":
      return refused(429, "max requests limit reached", retryAfter(refusal.retryAfterSeconds));
    case "unavailable":
      return refused(503, "Service Unavailable", retryAfter(refusal.retryAfterSeconds));
  }
}

function retryAfter(seconds: number): WireHeaders {
  return { "retry-after": String(Math.ceil(seconds)) };
}
