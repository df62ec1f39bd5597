/** Iglu webhooks: data that names its schema, from systems that have no tracker. */
import type { JsonValue } from "../event.js";
import type { WireRequest } from "../http.js";
import { bodyText, describedEvent, faultItem, payloadItem, readJson, readQuery } from "./items.js";
import type { Item } from "./items.js";
import type { Payload } from "./payload-keys.js";
import { fault } from "./problem-codes.js";
import { isSchemaUri, readSelfDescribing } from "./self-describing.js";

/** A query is the data, its values texts; a body is data of the query's schema, or names its own. */
export function igluItems(request: WireRequest, query: Payload): readonly Item[] {
  return request.method === "POST" ? igluPostItems(request, query) : [igluItem(igluQuery(query), query)];
}

/** Parameters of the event itself; all others of an Iglu request are its data. */
const igluEventKeys = new Set(["aid", "cv", "eid", "nuid", "p", "tna", "ttm"]);

interface IgluEvent {
  readonly described: JsonValue;
  readonly payload: Payload;
}

function igluQuery(query: Payload): IgluEvent {
  const { schema = "", ...rest } = query;
  const data = Object.fromEntries(Object.entries(rest).filter(([key]) => !igluEventKeys.has(key)));
  return { described: { schema, data }, payload: igluPayload(query, "app") };
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
