/**
 * Encoded events as one request. A POST is `{"schema":"…payload_data…","data":[…]}`, with `stm` before the last brace of
 * each event; a GET is one event, with `stm` before its query. The bytes of an event are copied as they are.
 */
import type { EncodedEvent } from "../encoded-event.js";
import type { WireRequest } from "../http.js";
import { envelopes } from "./self-describing.js";

const encoder = new TextEncoder();
const opening = encoder.encode(`{"schema":"${envelopes.payload}","data":[`);
const closing = encoder.encode("]}");
const comma = 0x2c;
const brace = encoder.encode("}");
/** Milliseconds of the years 0 to 9999, with their sign. */
const maxTimeDigits = 15;
const stmBytes = ',"stm":""'.length + maxTimeDigits;

/** What `framePost` adds to a batch of `count` events, at most. */
export function postOverheadBytes(count: number): number {
  return opening.length + count * stmBytes + Math.max(count - 1, 0) + closing.length;
}

/** Null leaves `stm` out. */
export function framePost(events: readonly EncodedEvent[], sentAtMs: number | null, path: string): WireRequest {
  const ending = sentAtMs === null ? brace : encoder.encode(`,"stm":"${Math.trunc(sentAtMs)}"}`);
  return {
    method: "POST",
    path,
    query: "",
    headers: { "content-type": "application/json; charset=utf-8" },
    body: join(events, ending),
  };
}

function join(events: readonly EncodedEvent[], ending: Uint8Array): Uint8Array {
  const own = events.reduce((total, event) => total + event.bytes.length - 1 + ending.length, 0);
  const body = new Uint8Array(opening.length + own + Math.max(events.length - 1, 0) + closing.length);
  body.set(opening);
  let at = opening.length;
  for (const [index, { bytes }] of events.entries()) {
    if (index > 0) body[at++] = comma;
    // The brace that is overwritten ends `stm` instead.
    body.set(bytes, at);
    at += bytes.length - 1;
    body.set(ending, at);
    at += ending.length;
  }
  body.set(closing, at);
  return body;
}

/** What `frameGet` adds to its event, at most. */
export const getOverheadBytes: number = "stm=&".length + maxTimeDigits;

/** One event: a query has room for no more. Null leaves `stm` out. */
export function frameGet(event: EncodedEvent, sentAtMs: number | null): WireRequest {
  const stm = sentAtMs === null ? "" : `stm=${Math.trunc(sentAtMs)}&`;
  const query = stm + new TextDecoder().decode(event.bytes);
  return { method: "GET", path: "/i", query, headers: {}, body: new Uint8Array() };
}
