/**
 * The events a request holds, as payloads. Which of Snowplow's adapters reads it is said by its path: tracker protocol
 * (version 1 is a query, version 2 a posted list), Iglu webhooks, redirects. What none of them reads is one bad item.
 */
import type { JsonValue } from "../event.js";
import type { WireRequest } from "../http.js";
import { readContexts, readJsonText } from "./embedded-json.js";
import type { Embedded } from "./embedded-json.js";
import { payloadKeys, requiredKeys } from "./payload-keys.js";
import type { Payload } from "./payload-keys.js";
import { excerpt, fault } from "./problem-codes.js";
import type { Fault } from "./problem-codes.js";
import { envelopes, isEnvelope, isObject, isSchemaUri, readSelfDescribing } from "./self-describing.js";

export type Item =
  | { readonly kind: "payload"; readonly payload: Payload }
  | { readonly kind: "fault"; readonly fault: Fault; readonly wire: JsonValue; readonly payload: Payload };

export const adapterPaths = {
  tracker: "/com.snowplowanalytics.snowplow/tp2",
  redirect: "/r/tp2",
  iglu: "/com.snowplowanalytics.iglu/v1",
} as const;

/** `path` is the request's own, or the one that it stands for. */
export function readItems(request: WireRequest, path: string): readonly Item[] {
  const query = readQuery(request.query);
  switch (path) {
    case "/i":
    case "/ice.png":
      return queryItems(query);
    case adapterPaths.tracker:
      return request.method === "POST" ? trackerItems(request, query) : queryItems(query);
    case adapterPaths.redirect:
      return redirectItems(query);
    case adapterPaths.iglu:
      return request.method === "POST" ? igluPostItems(request, query) : [igluItem(igluQuery(query, "app"), query)];
    default:
      return [unknownPath(request, path, query)];
  }
}

/** Form style: `+` is a space, and the last of several values counts. */
export function readQuery(query: string): Payload {
  return query === "" ? {} : Object.fromEntries(new URLSearchParams(query));
}

function payloadItem(payload: Payload): Item {
  return { kind: "payload", payload };
}

function faultItem(why: Fault, wire: JsonValue, payload: Payload = {}): Item {
  return { kind: "fault", fault: why, wire, payload };
}

function queryItems(query: Payload): readonly Item[] {
  if (Object.keys(query).length > 0) return [payloadItem(query)];
  return [faultItem(fault("empty-request", "Expected an event in the query, got no query."), "")];
}

function unknownPath(request: WireRequest, path: string, query: Payload): Item {
  const why = fault("unknown-adapter", `Expected a path that is known, such as ${adapterPaths.tracker}, got ${path}.`);
  return faultItem(why, { path, query: request.query, body: bodyText(request) }, query);
}

const decoder = new TextDecoder();

/** Bytes that are no UTF-8 become U+FFFD. */
function bodyText({ body }: WireRequest): string {
  return decoder.decode(body);
}

function readJson(request: WireRequest): Embedded | Item {
  const text = bodyText(request);
  const read = readJsonText(text, "in the body");
  return read.kind === "json" ? read : faultItem(read, text);
}

/** A posted list of events; the query's parameters belong to each of them, and override its own. */
function trackerItems(request: WireRequest, query: Payload): readonly Item[] {
  if (request.body.length === 0) return queryItems(query);
  const json = readJson(request);
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

function postedItem(event: JsonValue, query: Payload | null): Item {
  if (!isObject(event)) return faultItem(fault("not-an-event", "Expected an object, got another value."), event);
  const why = schemaFault(event);
  if (why !== null) return faultItem(why, event, textsOf(event));
  // The check above has seen every value to be a text.
  const payload = event as Payload;
  return payloadItem(query === null ? payload : { ...payload, ...query });
}

/** What payload_data 1-0-4 says of one event: known keys, texts, and the three that must be there. */
function schemaFault(event: { readonly [key: string]: JsonValue }): Fault | null {
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

/** What of a bad event can be read: enough to know whose it is. */
function textsOf(event: { readonly [key: string]: JsonValue }): Payload {
  return Object.fromEntries(
    Object.entries(event).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

const redirectSchema = "iglu:com.snowplowanalytics.snowplow/uri_redirect/jsonschema/1-0-0";

/** Where a redirect leads is the event, or a context of the event that came with it. */
function redirectItems({ u: uri, ...query }: Payload): readonly Item[] {
  if (!uri) {
    return [faultItem(fault("missing-field", "Expected the target of the redirect under u, got none."), query, query)];
  }
  const target = { schema: redirectSchema, data: { uri } };
  const base = { p: "web", ...query, tv: "r-tp2" };
  if (!query["e"]) return [payloadItem({ ...base, ...describedEvent(target) })];
  const contexts = addContext(query, target);
  return [contexts === null ? payloadItem(base) : payloadItem({ ...withoutContexts(base), co: contexts })];
}

function describedEvent(described: JsonValue): Payload {
  return { e: "ue", ue_pr: JSON.stringify({ schema: envelopes.event, data: described }) };
}

function withoutContexts({ co: _plain, cx: _encoded, ...rest }: Payload): Payload {
  return rest;
}

/** Null where the contexts that came cannot be read: the event itself will say so. */
function addContext(payload: Payload, context: JsonValue): string | null {
  const found = readContexts(payload);
  if (found.kind === "bad") return null;
  return JSON.stringify({ schema: envelopes.contexts, data: [...found.entities, context] });
}

/** Parameters of the event itself; all others of an Iglu request are its data. */
const igluEventKeys = new Set(["aid", "cv", "eid", "nuid", "p", "tna", "ttm"]);

interface IgluEvent {
  readonly described: JsonValue;
  readonly payload: Payload;
}

function igluQuery(query: Payload, platform: string): IgluEvent {
  const { schema = "", ...rest } = query;
  const data = Object.fromEntries(Object.entries(rest).filter(([key]) => !igluEventKeys.has(key)));
  return { described: { schema, data }, payload: igluPayload(query, platform) };
}

function igluPayload(query: Payload, platform: string): Payload {
  const own = Object.fromEntries(Object.entries(query).filter(([key]) => igluEventKeys.has(key)));
  return { p: platform, ...own, tv: "com.snowplowanalytics.iglu-v1" };
}

function igluItem({ described, payload }: IgluEvent, wire: JsonValue): Item {
  if (readSelfDescribing(described) !== null) return payloadItem({ ...payload, ...describedEvent(described) });
  const why = fault("invalid-schema", "Expected data with an Iglu schema such as iglu:com.acme/x/jsonschema/1-0-0.");
  return faultItem(why, wire, payload);
}

function igluPostItems(request: WireRequest, query: Payload): readonly Item[] {
  const { schema } = query;
  const payload = igluPayload(query, "srv");
  if (isForm(request)) {
    const form = readQuery(bodyText(request));
    const { schema: named = schema ?? "", ...data } = form;
    return [igluItem({ described: { schema: named, data }, payload }, form)];
  }
  const json = readJson(request);
  if (json.kind !== "json") return [json];
  const { value } = json;
  if (schema === undefined || !isSchemaUri(schema)) return [igluItem({ described: value, payload }, value)];
  const list = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
  if (list.length === 0) return [faultItem(fault("empty-request", "Expected at least one object, got none."), value)];
  return list.map((data) => igluItem({ described: { schema, data }, payload }, data));
}

function isForm({ headers }: WireRequest): boolean {
  return (headers["content-type"] ?? "").toLowerCase().startsWith("application/x-www-form-urlencoded");
}
