/** What an event on the wire says, by its code: kind, name and properties of the canonical event. */
import type { Entity, EventKind, JsonObject, JsonValue } from "../event.js";
import { isExact } from "../exact-numbers.js";
import { carriedSchemas, readCarriedEvent } from "./carried.js";
import { readEmbedded } from "./embedded-json.js";
import type { Payload } from "./payload-keys.js";
import { excerpt, fault } from "./problem-codes.js";
import type { Fault } from "./problem-codes.js";
import { envelopes, isEnvelope, isObject, readSelfDescribing } from "./self-describing.js";

export interface Content {
  readonly kind: EventKind;
  readonly name: string | null;
  readonly properties: JsonObject;
  /** The data as it came, with its schema, of an event that has one. */
  readonly described?: Entity;
}

export function readContent(payload: Payload): Content | Fault {
  const { e: code } = payload;
  if (!code) return fault("no-event-code", 'Expected an event code under "e", such as "pv", got none.');
  const read = readers.get(code);
  return read?.(payload) ?? fault("unknown-event-code", `Expected an event code such as "pv", got ${excerpt(code)}.`);
}

/** Property names and the keys they come from; which of them are numbers. */
export type Field = readonly [name: string, key: string, type?: "number"];

export const pageFields: readonly Field[] = [
  ["url", "url"],
  ["title", "page"],
  ["referrer", "refr"],
];

export const offsetFields: readonly Field[] = [
  ["minX", "pp_mix", "number"],
  ["maxX", "pp_max", "number"],
  ["minY", "pp_miy", "number"],
  ["maxY", "pp_may", "number"],
];

export const structuredFields: readonly Field[] = [
  ["category", "se_ca"],
  ["action", "se_ac"],
  ["label", "se_la"],
  ["property", "se_pr"],
  ["value", "se_va", "number"],
];

/** Structured events under the names they had before 2012. */
const legacyStructuredFields: readonly Field[] = structuredFields.map(([name, key, type]): Field => {
  const legacy = key.replace("se_", "ev_");
  return type === undefined ? [name, legacy] : [name, legacy, type];
});

export const transactionFields: readonly Field[] = [
  ["orderId", "tr_id"],
  ["affiliation", "tr_af"],
  ["total", "tr_tt", "number"],
  ["tax", "tr_tx", "number"],
  ["shipping", "tr_sh", "number"],
  ["city", "tr_ci"],
  ["state", "tr_st"],
  ["country", "tr_co"],
  ["currency", "tr_cu"],
];

export const itemFields: readonly Field[] = [
  ["orderId", "ti_id"],
  ["sku", "ti_sk"],
  ["name", "ti_nm"],
  ["category", "ti_ca"],
  ["price", "ti_pr", "number"],
  ["quantity", "ti_qu", "number"],
  ["currency", "ti_cu"],
];

const adFields: readonly Field[] = [
  ["bannerId", "ad_ba"],
  ["campaignId", "ad_ca"],
  ["advertiserId", "ad_ad"],
  ["userId", "ad_uid"],
];

type ContentReader = (payload: Payload) => Content | Fault;

const readers: ReadonlyMap<string, ContentReader> = new Map<string, ContentReader>([
  ["pv", (payload) => pageContent(payload, "page", pageFields)],
  ["pp", (payload) => pageContent(payload, "page-ping", [...pageFields, ...offsetFields])],
  ["se", (payload) => structuredContent(payload, structuredFields)],
  ["ev", (payload) => structuredContent(payload, [...structuredFields, ...legacyStructuredFields])],
  ["tr", (payload) => unnamed("transaction", readFields(payload, transactionFields))],
  ["ti", (payload) => unnamed("transaction-item", readFields(payload, [["name", "ti_na"], ...itemFields]))],
  ["ad", (payload) => ({ kind: "track", name: "ad_impression", properties: readFields(payload, adFields) })],
  ["sv", legacyScreenContent],
  ["ue", selfDescribingContent],
]);

function unnamed(kind: EventKind, properties: JsonObject): Content {
  return { kind, name: null, properties };
}

function pageContent(payload: Payload, kind: EventKind, fields: readonly Field[]): Content {
  return { kind, name: payload["page"] || null, properties: readFields(payload, fields) };
}

function structuredContent(payload: Payload, fields: readonly Field[]): Content {
  const properties = readFields(payload, fields);
  const { action } = properties;
  return { kind: "structured", name: typeof action === "string" ? action : null, properties };
}

/** Screen views of the first Python tracker, which no pipeline reads any more. */
function legacyScreenContent(payload: Payload): Content {
  return { kind: "screen", name: payload["sv_na"] || null, properties: readFields(payload, [["id", "sv_id"]]) };
}

export function readFields(payload: Payload, fields: readonly Field[]): JsonObject {
  const properties: Record<string, JsonValue> = {};
  for (const [name, key, type] of fields) {
    const value = payload[key];
    if (!value) continue;
    properties[name] = type === "number" ? exactNumber(value) : value;
  }
  return properties;
}

/** Up to 15 digits are held by any number. */
const shortNumber = /^-?[\d.]{1,15}$/;

/** A number, or its text where the number would not be the same: Snowplow counts with decimals of any length. */
function exactNumber(text: string): JsonValue {
  if (shortNumber.test(text)) return Number(text);
  if (text === "null") return null;
  return isExact(text.replace("+", "")) ? Number(text) : text;
}

function selfDescribingContent(payload: Payload): Content | Fault {
  const embedded = readEmbedded(payload, "ue_pr", "ue_px");
  if (embedded === null) return fault("no-self-describing", "Expected an event under ue_pr or ue_px, got none.");
  if (embedded.kind === "bad") return embedded;
  const { value } = embedded;
  if (isObject(value) && typeof value["schema"] === "string" && isEnvelope(value["schema"], envelopes.event)) {
    return describedContent(value["data"]);
  }
  const name = payload["ue_na"];
  // Before schemas, an unstructured event was a name and an object of properties.
  if (name && isObject(value)) return { kind: "track", name, properties: value };
  return fault("wrong-envelope", `Expected an event in ${envelopes.event}, got another form.`);
}

const screenViewPattern =
  /^iglu:(?:com\.snowplowanalytics\.snowplow|com\.snowplowanalytics\.mobile)\/screen_view\/jsonschema\/1-/;

/** Whether the schema is one of a screen view, which comes back as a screen. */
export function isScreenView(schema: string): boolean {
  return schema.includes("/screen_view/") && screenViewPattern.test(schema);
}

function describedContent(value: JsonValue | undefined): Content | Fault {
  const described = readSelfDescribing(value);
  if (described === null) return fault("invalid-schema", "Expected an event with an Iglu schema and data, got none.");
  const { schema, data } = described;
  const carried = schema === carriedSchemas.event ? readCarriedEvent(data) : null;
  if (carried !== null) {
    return { kind: carried.kind, name: carried.name ?? null, properties: carried.properties, described };
  }
  if (!isObject(data)) return { kind: "self-describing", name: schema, properties: { data }, described };
  if (!isScreenView(schema)) return { kind: "self-describing", name: schema, properties: data, described };
  const { name, ...properties } = data;
  if (typeof name === "string") return { kind: "screen", name, properties, described };
  return { kind: "screen", name: null, properties: data, described };
}
