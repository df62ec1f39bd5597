/** The tracker protocol: version 1 is a query, version 2 a posted list. */
import type { JsonObject, JsonValue } from "../event.js";
import type { WireRequest } from "../http.js";
import type { Embedded } from "./embedded-json.js";
import { bodyText, faultItem, payloadItem, readJson } from "./items.js";
import type { Item } from "./items.js";
import { payloadKeys, requiredKeys } from "./payload-keys.js";
import type { Payload } from "./payload-keys.js";
import { excerpt, fault } from "./problem-codes.js";
import type { Fault } from "./problem-codes.js";
import { envelopes, isEnvelope, isObject } from "./self-describing.js";

/** One event, or a bad one where there is no query. */
export function queryItems(query: Payload): readonly Item[] {
  if (Object.keys(query).length > 0) return [payloadItem(query)];
  return [faultItem(fault("empty-request", "Expected an event in the query, got no query."), "")];
}

/** A posted list of events; the query's parameters belong to each of them, and override its own. */
export function trackerItems(request: WireRequest, query: Payload): readonly Item[] {
  if (request.body.length === 0) return queryItems(query);
  const json = readTexts(request) ?? readJson(request);
  if (json.kind !== "json") return [json];
  const { value } = json;
  if (!isObject(value) || typeof value["schema"] !== "string" || !isEnvelope(value["schema"], envelopes.payload)) {
    return [faultItem(fault("wrong-envelope", `Expected events in ${envelopes.payload}, got another form.`), value)];
  }
  const { data } = value;
  if (!Array.isArray(data) || data.length === 0) {
    return [faultItem(fault("empty-request", "Expected a list with at least one event, got none."), value)];
  }
  const hasQuery = request.query !== "";
  return (data as readonly JsonValue[]).map((event) => postedItem(event, hasQuery ? query : null));
}

/**
 * The body in the form that every tracker posts: an envelope with objects of texts. That holds no number to be spoilt and
 * nests no deeper, so that it is read without further care; null for any other, and where a text has half a surrogate pair.
 */
function readTexts(request: WireRequest): Embedded | null {
  const text = bodyText(request);
  if (text.includes("\\ud") || text.includes("\\uD")) return null;
  try {
    const value: JsonValue = JSON.parse(text);
    return isEnvelopeOfTexts(value) ? { kind: "json", value } : null;
  } catch {
    return null;
  }
}

function isEnvelopeOfTexts(value: JsonValue): boolean {
  if (!isObject(value) || Object.keys(value).length !== 2) return false;
  const { schema, data } = value;
  return typeof schema === "string" && Array.isArray(data) && (data as readonly JsonValue[]).every(holdsTexts);
}

function holdsTexts(event: JsonValue): boolean {
  if (!isObject(event)) return false;
  for (const key in event) if (typeof event[key] !== "string") return false;
  return true;
}

function postedItem(event: JsonValue, query: Payload | null): Item {
  if (!isObject(event)) return faultItem(fault("not-an-event", "Expected an object, got another value."), event);
  const why = schemaFault(event);
  if (why !== null) return faultItem(why, event, textsOf(event));
  // The check above has seen every value to be a text.
  const payload = event as Payload;
  return payloadItem(query === null ? payload : { ...payload, ...query });
}

/** What payload_data 1-0-4 says of one event: known keys, texts, and the three that must be there. */
function schemaFault(event: JsonObject): Fault | null {
  for (const key in event) {
    if (typeof event[key] !== "string") return fault("wrong-type", `Expected a text under ${key}, got another value.`);
    if (!payloadKeys.has(key)) {
      return fault(
        "unknown-key",
        `Expected only keys of payload_data 1-0-4, got ${excerpt(key)}; put it in a context.`,
      );
    }
  }
  const missing = requiredKeys.find((key) => event[key] === undefined);
  return missing === undefined ? null : fault("missing-field", `Expected a text under ${missing}, got none.`);
}

function textsOf(event: JsonObject): Payload {
  return Object.fromEntries(
    Object.entries(event).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
