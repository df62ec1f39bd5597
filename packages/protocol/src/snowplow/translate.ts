/**
 * The canonical event in Snowplow's words. What Snowplow has an event for is that event; every other kind travels in a
 * schema of our own. What the payload has no key for goes along as an entity (carried.ts), so that nothing is lost.
 */
import type { Entity, JsonObject, JsonValue, TrackedEvent } from "../event.js";
import { parseIsoTime } from "../iso-time.js";
import { failed, ok } from "../problem.js";
import type { Problem, Result } from "../problem.js";
import { carriedSchemas } from "./carried.js";
import type { CarriedContext, CarriedEvent } from "./carried.js";
import {
  isScreenView,
  itemFields,
  offsetFields,
  pageFields,
  readContent,
  structuredFields,
  transactionFields,
} from "./content.js";
import type { Content, Field } from "./content.js";
import { eventIdOf } from "./event-id.js";
import type { RawEvent, SelfDescribing, SnowplowEvent } from "./event.js";
import { payloadKeys } from "./payload-keys.js";
import { isObject, isSchemaUri } from "./self-describing.js";

export function translate(event: TrackedEvent): Result<SnowplowEvent> {
  try {
    const problem = unsayable(event);
    return problem === null ? ok(translated(event)) : failed(problem);
  } catch {
    const message = "Expected an event whose fields can be read, got one that throws; pass plain objects.";
    return failed({ path: "", code: "not-an-event", message });
  }
}

function unsayable({ userId }: TrackedEvent): Problem | null {
  if (userId === null || fits("uid", userId)) return null;
  return { path: "userId", code: "too-long", message: "Expected at most 255 characters, got more." };
}

/** The pairs of each kind that Snowplow has an event for. */
const nativeForms: ReadonlyMap<string, { readonly code: string; readonly fields: readonly Field[] }> = new Map([
  ["page", { code: "pv", fields: pageFields }],
  ["page-ping", { code: "pp", fields: [...pageFields, ...offsetFields] }],
  ["structured", { code: "se", fields: structuredFields }],
  ["transaction", { code: "tr", fields: transactionFields }],
  ["transaction-item", { code: "ti", fields: itemFields }],
]);

function translated(event: TrackedEvent): RawEvent | SelfDescribing {
  const surroundings = contextPairs(event.context);
  const native = nativeForms.get(event.kind);
  if (native === undefined) {
    const described = describedEvent(event);
    return { type: "self_describing", ...described.data, payload: surroundings, ...common(event, described.view) };
  }
  const payload = addPairs(surroundings, namedProperties(event), native.fields);
  payload["e"] = native.code;
  return { type: "raw", payload, ...common(event, readContent(payload)) };
}

/** What a collector reads of an event, as far as this has to be known to see what else must be said. */
type View = Pick<Content, "name" | "properties">;

/** A page's title and a structured event's action stand for its name. */
function namedProperties({ kind, name, properties }: TrackedEvent): JsonObject {
  if (kind === "page" || kind === "page-ping") return { title: name, ...properties };
  return kind === "structured" ? { action: name, ...properties } : properties;
}

interface Described {
  readonly data: Entity;
  readonly view: View;
}

function describedEvent({ kind, name, properties }: TrackedEvent): Described {
  if (kind === "screen" && name) return screenView(name, properties);
  const isOwn = name !== null && isSchemaUri(name) && name !== carriedSchemas.event && !isScreenView(name);
  if (kind === "self-describing" && isOwn) {
    return { data: { schema: name, data: properties }, view: { name, properties } };
  }
  const data: CarriedEvent = name === null ? { kind, properties } : { kind, name, properties };
  return { data: { schema: carriedSchemas.event, data: { ...data } }, view: { name, properties } };
}

/** The schema has a name and an id; other properties are carried. */
function screenView(name: string, { id }: JsonObject): Described {
  const properties: JsonObject = typeof id === "string" ? { id } : {};
  const schema = "iglu:com.snowplowanalytics.snowplow/screen_view/jsonschema/1-0-0";
  return { data: { schema, data: { name, ...properties } }, view: { name, properties } };
}

type PayloadDraft = Record<string, string>;

function addPairs(pairs: PayloadDraft, values: JsonObject, fields: readonly Field[]): PayloadDraft {
  for (const [name, key] of fields) {
    const text = pairText(values[name]);
    if (text !== "" && fits(key, text)) pairs[key] = text;
  }
  return pairs;
}

function pairText(value: JsonValue | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function fits(key: string, text: string): boolean {
  const { format, maxLength } = payloadKeys.get(key) ?? {};
  return format?.test(text) === true && text.length <= (maxLength ?? Infinity);
}

const contextFields: readonly Field[] = [
  ["ip", "ip"],
  ["userAgent", "ua"],
  ["locale", "lang"],
  ["timezone", "tz"],
  ["platform", "p"],
];

/** What of the surroundings has a key on the wire; all of it is carried besides. */
function contextPairs(context: JsonObject): PayloadDraft {
  const { page } = context;
  const pairs = addPairs({}, context, contextFields);
  return isObject(page) ? addPairs(pairs, page, pageFields) : pairs;
}

function common(event: TrackedEvent, view: View | { readonly kind: "bad" }): Omit<RawEvent, "type" | "payload"> {
  const eventId = eventIdOf(event.id);
  const told = { eventId, view: "properties" in view ? view : { name: null, properties: {} } };
  const carried = carriedContext(event, told);
  const entity: Entity = { schema: carriedSchemas.context, data: carried };
  return {
    eventId,
    deviceTimestamp: event.occurredAt === null ? null : parseIsoTime(event.occurredAt),
    subject: {
      userId: event.userId,
      domainUserId: nativeOr(event.anonymousId, "duid"),
      domainSessionId: nativeOr(event.sessionId, "sid"),
    },
    entities: Object.keys(carried).length === 0 ? event.entities : [...event.entities, entity],
  };
}

function nativeOr(value: string | null, key: string): string | null {
  return value !== null && fits(key, value) ? value : null;
}

/** What the payload says of an event. */
interface Told {
  readonly eventId: string;
  readonly view: View;
}

function carriedContext(event: TrackedEvent, { eventId, view }: Told): CarriedContext & JsonObject {
  const { id, anonymousId, sessionId, previousId, groupId, context } = event;
  return {
    ...(id === eventId ? {} : { id }),
    ...(view.name === event.name ? {} : { name: event.name }),
    ...(anonymousId === null || isKept(anonymousId, "duid") ? {} : { anonymousId }),
    ...(sessionId === null || isKept(sessionId, "sid") ? {} : { sessionId }),
    ...(previousId === null ? {} : { previousId }),
    ...(groupId === null ? {} : { groupId }),
    ...(isSame(view.properties, event.properties) ? {} : { properties: event.properties }),
    ...(Object.keys(context).length === 0 ? {} : { context }),
  };
}

/** Whether a text comes back from this key as it was: no empty one does, and a session id in small letters. */
function isKept(text: string, key: string): boolean {
  return text !== "" && fits(key, text) && (key !== "sid" || text === text.toLowerCase());
}

/** What a payload has is flat: fields that are texts and numbers. */
function isSame(view: JsonObject, properties: JsonObject): boolean {
  if (view === properties) return true;
  const names = Object.keys(properties);
  return names.length === Object.keys(view).length && names.every((name) => view[name] === properties[name]);
}
