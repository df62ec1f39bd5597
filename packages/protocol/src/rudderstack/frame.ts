/**
 * Encoded events as one request: `{"batch":[…],"sentAt":"…"}`. The bytes of each event are copied as they are; only
 * its last brace moves back, to let `sentAt` in. The gateway reads the event's own `sentAt`, others read the root's.
 */
import { toBase64 } from "../base64.js";
import type { EncodedEvent } from "../encoded-event.js";
import type { WireRequest } from "../http.js";
import { isoTime } from "../iso-time.js";

const encoder = new TextEncoder();
const opening = encoder.encode('{"batch":[');
const sentAtBytes = ',"sentAt":"2026-11-20T14:28:12.741Z"}'.length;
const comma = 0x2c;

/** What `frame` adds to a batch of `count` events: exactly. */
export function overheadBytes(count: number): number {
  const commas = Math.max(count - 1, 0);
  const closing = 1 + sentAtBytes;
  // Each event loses its brace to the text that ends in one.
  return opening.length + count * (sentAtBytes - 1) + commas + closing;
}

export function authorization(writeKey: string): string {
  return `Basic ${toBase64(`${writeKey}:`)}`;
}

export function frame(events: readonly EncodedEvent[], sentAtMs: number, credentials: string): WireRequest {
  return {
    method: "POST",
    path: "/v1/batch",
    query: "",
    headers: { "content-type": "application/json", authorization: credentials },
    body: join(events, encoder.encode(`,"sentAt":"${isoTime(sentAtMs)}"}`)),
  };
}

function join(events: readonly EncodedEvent[], sentAt: Uint8Array): Uint8Array {
  const size = events.reduce((total, event) => total + event.bytes.length, overheadBytes(events.length));
  const body = new Uint8Array(size);
  body.set(opening);
  let at = opening.length;
  for (const { bytes } of events) {
    if (at > opening.length) body[at++] = comma;
    body.set(bytes, at);
    at += bytes.length - 1;
    body.set(sentAt, at);
    at += sentAt.length;
  }
  body[at++] = 0x5d;
  body.set(sentAt, at);
  return body;
}
