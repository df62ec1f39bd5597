/** What an adapter finds in a request, one by one, and what adapters need to find it. */
import type { JsonValue } from "../event.js";
import type { WireRequest } from "../http.js";
import { readJsonText } from "./embedded-json.js";
import type { Embedded } from "./embedded-json.js";
import type { Payload } from "./payload-keys.js";
import type { Fault } from "./problem-codes.js";
import { envelopes } from "./self-describing.js";

export type Item =
  | { readonly kind: "payload"; readonly payload: Payload }
  | { readonly kind: "fault"; readonly fault: Fault; readonly wire: JsonValue; readonly payload: Payload };

/** Form style: `+` is a space, and the last of several values counts. */
export function readQuery(query: string): Payload {
  return query === "" ? {} : Object.fromEntries(new URLSearchParams(query));
}

export function payloadItem(payload: Payload): Item {
  return { kind: "payload", payload };
}

/** `payload` is what of a bad item can be read: enough to know whose it is. */
export function faultItem(why: Fault, wire: JsonValue, payload: Payload = {}): Item {
  return { kind: "fault", fault: why, wire, payload };
}

const decoder = new TextDecoder();

/** Bytes that are no UTF-8 become U+FFFD. */
export function bodyText({ body }: WireRequest): string {
  return decoder.decode(body);
}

/** The body as JSON, or what is wrong with it. */
export function readJson(request: WireRequest): Embedded | Item {
  const text = bodyText(request);
  const read = readJsonText(text, "in the body");
  return read.kind === "json" ? read : faultItem(read, text);
}

/** The pairs of a self-describing event. */
export function describedEvent(described: JsonValue): Payload {
  return { e: "ue", ue_pr: JSON.stringify({ schema: envelopes.event, data: described }) };
}
