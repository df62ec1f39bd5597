/** A message off the wire as the canonical event; docs/protocols/rudderstack.md has the table. */
import type { CanonicalEvent, EventKind, JsonObject, JsonValue } from "../event.js";
import { isCanonicalTime, isoTime, isTimeMs, parseIsoTime } from "../iso-time.js";
import { formatUuid, uuidOf } from "../uuid.js";
import { md5 } from "../md5.js";
import { toWellFormed } from "../well-formed.js";
import { carriedField, isObject, readCarried } from "./carried.js";
import { setField } from "../set-field.js";
import type { Carried } from "./carried.js";
import { sanitizeId } from "./identity.js";

/** What holds for every message of a request. */
export interface RequestFacts {
  readonly project: string;
  readonly requestId: string;
  readonly receivedAtMs: number;
  readonly receivedAt: string;
  readonly requestIp: string;
  /** The request's own `sentAt`: for messages that have none. */
  readonly sentAt: JsonValue | undefined;
  /** The type that the route gives its message, whatever the message says. */
  readonly type: string | null;
}

export function canonicalEvent(message: JsonObject, index: number, facts: RequestFacts): CanonicalEvent {
  const context = objectOf(message["context"]);
  const type = facts.type ?? message["type"];
  const carried = readCarried(context[carriedField]);
  const native = kinds.get(type) ?? "track";
  const occurred = firstTime(message["timestamp"], message["originalTimestamp"]);
  const sent = firstTime(message["sentAt"], facts.sentAt);
  return {
    id: messageId(message, index, facts),
    protocol: "rudderstack",
    project: facts.project,
    kind: native === "track" ? (carried.kind ?? native) : native,
    name: carried.name === undefined ? nameOf(message, native, type) : carried.name,
    userId: readId(message["userId"]),
    anonymousId: readId(message["anonymousId"]),
    previousId: readId(message["previousId"]),
    groupId: readId(message["groupId"]),
    sessionId: carried.sessionId === undefined ? readId(context["sessionId"]) : carried.sessionId,
    occurredAt: occurred === null ? null : occurred.text,
    sentAt: sent === null ? null : sent.text,
    receivedAt: facts.receivedAt,
    time: correctedTime(occurred, sent, facts),
    properties: propertiesOf(message, native, context),
    entities: carried.entities ?? [],
    context: contextOf(message, { native, context, carried, facts }),
    library: libraryOf(context["library"]),
    wire: message,
  };
}

/** An id as text: null, empty and invisible ones are none, and what is no text counts as its JSON. */
export function readId(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  return sanitizeId(typeof value === "string" ? value : JSON.stringify(value)) || null;
}

/** The id that RudderStack gives the pair of ids; not kept, because it can be had at any time. */
export function rudderId(userId: string | null, anonymousId: string | null): string {
  return formatUuid(md5(new TextEncoder().encode(`${userId ?? ""}:${anonymousId ?? ""}`)), 4);
}

const kinds: ReadonlyMap<unknown, EventKind> = new Map([
  ["identify", "identify"],
  ["track", "track"],
  ["page", "page"],
  ["screen", "screen"],
  ["group", "group"],
  ["alias", "alias"],
]);

function objectOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function messageId(message: JsonObject, index: number, facts: RequestFacts): string {
  const id = message["messageId"];
  return (typeof id === "string" && sanitizeId(id)) || uuidOf(facts.requestId, `event ${index}`);
}

/** The name of a track, page or screen; a type that is none of the six calls names its event if nothing else does. */
function nameOf(message: JsonObject, native: EventKind, type: JsonValue | undefined): string | null {
  if (native === "page" || native === "screen") return textOf(message["name"]);
  if (native !== "track") return null;
  return textOf(message["event"]) ?? (type === "track" ? null : textOf(type));
}

function textOf(value: JsonValue | undefined): string | null {
  return typeof value === "string" ? toWellFormed(value) : null;
}

/** When it happened by the collector's clock: as long before the arrival as the sender says it was before sending. */
function correctedTime(occurred: Time | null, sent: Time | null, facts: RequestFacts): string {
  if (occurred === null) return facts.receivedAt;
  if (sent === null) return occurred.text;
  const correctedMs = facts.receivedAtMs - (sent.ms - occurred.ms);
  return isTimeMs(correctedMs) ? isoTime(correctedMs) : occurred.text;
}

interface Time {
  readonly ms: number;
  readonly text: string;
}

function firstTime(preferred: JsonValue | undefined, other: JsonValue | undefined): Time | null {
  return readTime(preferred) ?? readTime(other);
}

function readTime(value: JsonValue | undefined): Time | null {
  if (typeof value !== "string") return null;
  const ms = parseIsoTime(value);
  if (ms === null) return null;
  return { ms, text: isCanonicalTime(value) ? value : isoTime(ms) };
}

/** Of identify and group the traits. A page's category is one of its properties. */
function propertiesOf(message: JsonObject, native: EventKind, context: JsonObject): JsonObject {
  const { properties, traits, category } = message;
  if (native === "identify") return isObject(context["traits"]) ? context["traits"] : objectOf(traits);
  if (native === "group") return objectOf(traits);
  const own = objectOf(properties);
  const isView = native === "page" || native === "screen";
  if (!isView || typeof category !== "string" || category === "" || Object.hasOwn(own, "category")) return own;
  return { ...own, category };
}

interface ContextParts {
  readonly native: EventKind;
  readonly context: JsonObject;
  readonly carried: Carried;
  readonly facts: RequestFacts;
}

/** The context without what has a place of its own in the canonical event, and with the address it came from. */
function contextOf(message: JsonObject, { native, context, carried, facts }: ContextParts): JsonObject {
  const kept: Record<string, JsonValue> = {};
  for (const key in context) {
    if (!hasOwnPlace(key, native, context)) setField(kept, key, context[key]);
  }
  if (carried.sessionId !== undefined) setField(kept, "sessionId", context["sessionId"]);
  for (const key in carried.context) setField(kept, key, carried.context[key]);
  kept["request_ip"] = textOf(message["request_ip"]) ?? facts.requestIp;
  return kept;
}

function hasOwnPlace(key: string, native: EventKind, context: JsonObject): boolean {
  if (key === "library" || key === carriedField) return true;
  if (key === "traits") return native === "identify" && isObject(context["traits"]);
  return key === "sessionId" && readId(context["sessionId"]) !== null;
}

function libraryOf(value: JsonValue | undefined): CanonicalEvent["library"] {
  if (!isObject(value) || typeof value["name"] !== "string") return null;
  return { name: value["name"], version: textOf(value["version"]) };
}
