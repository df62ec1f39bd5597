/**
 * One encoded call as one request: this wire has no batches. The body is the call's bytes as they are; the id travels
 * beside it, for the contract has no field for one, and a receiver that honours it keeps a call that came twice once.
 */
import type { EncodedEvent } from "../encoded-event.js";
import type { WireHeaders, WireRequest } from "../http.js";
import { toWellFormed } from "../well-formed.js";
import type { CallName } from "./event.js";

/** Where each call goes, below the destination's address. */
export type Endpoints = Readonly<Record<CallName, string>>;

export const defaultEndpoints: Endpoints = Object.freeze({ init: "/init", attributes: "/attributes", event: "/event" });

export const keyHeader = "x-a-track-key";
export const idHeader = "idempotency-key";

export interface Address {
  readonly endpoints: Endpoints;
  /** Headers of every request: the key and the body's type. */
  readonly headers: WireHeaders;
}

export function frame(events: readonly EncodedEvent[], address: Address): WireRequest {
  const [event] = events;
  if (event === undefined || events.length > 1) {
    throw new RangeError(`Expected one call for one request, got ${events.length}; A-Track's wire has no batches.`);
  }
  return {
    method: "POST",
    path: address.endpoints[callOf(event.bytes)],
    query: "",
    headers: { ...address.headers, [idHeader]: headerText(event.id) },
    body: event.bytes,
  };
}

const quote = 0x22;
const backslash = 0x5c;
/** `{"sdkVersion":"…","uuid":"…","` has nine quotes that are not part of a text. */
const quotesBeforeThirdField = 9;

/** Which call a body is of, by the first letter of its third field: `isNewUser`, `mode` or `event`. */
function callOf(body: Uint8Array): CallName {
  let quotes = 0;
  for (let at = 0; at < body.length; at += 1) {
    if (body[at] === backslash) at += 1;
    else if (body[at] === quote) quotes += 1;
    if (quotes === quotesBeforeThirdField) return callByLetter.get(body[at + 1] ?? 0) ?? "event";
  }
  return "event";
}

const callByLetter: ReadonlyMap<number, CallName> = new Map([
  [0x69, "init"],
  [0x6d, "attributes"],
  [0x65, "event"],
]);

/** Visible ASCII without the percent sign, which marks what is written otherwise. */
const plainHeader = /^[!-$&-~]+$/;

/** An id as a header can carry it, whatever letters it has. */
function headerText(id: string): string {
  return plainHeader.test(id) ? id : encodeURIComponent(toWellFormed(id));
}

/** The id that was written so; what another sender wrote is taken as it is. */
export function idOfHeader(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
