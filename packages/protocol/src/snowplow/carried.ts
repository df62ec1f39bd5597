/**
 * What Snowplow has no field for travels in two schemas of our own, so that every event comes back from this wire as it
 * was: `event` is the event itself where Snowplow has none of its kind, `context` is an entity with the fields that the
 * event's payload has no key for. Written by translate.ts, read by content.ts and canonical.ts; both schemas are in schemas.ts.
 */
import { eventKinds } from "../event.js";
import type { EventKind, JsonObject, JsonValue } from "../event.js";
import { isObject } from "./self-describing.js";

export const carriedSchemas = {
  event: "iglu:io.github.oncewire/event/jsonschema/1-0-0",
  context: "iglu:io.github.oncewire/context/jsonschema/1-0-0",
} as const;

/** An event of a kind that Snowplow has none of. */
export interface CarriedEvent {
  readonly kind: EventKind;
  readonly name?: string;
  readonly properties: JsonObject;
}

/** Fields that are absent are what the payload itself says. */
export interface CarriedContext {
  /** Of an event whose `eid` is made of it (event-id.ts). */
  readonly id?: string;
  readonly name?: string | null;
  readonly anonymousId?: string;
  readonly previousId?: string;
  readonly groupId?: string;
  readonly sessionId?: string;
  readonly properties?: JsonObject;
  readonly context?: JsonObject;
}

/** Null for data that is not of the schema: anyone may send it. */
export function readCarriedEvent(data: JsonValue): CarriedEvent | null {
  if (!isObject(data)) return null;
  const { kind, name, properties } = data;
  if (!isKind(kind) || !isObject(properties)) return null;
  return typeof name === "string" ? { kind, name, properties } : { kind, properties };
}

/** What is not of its type counts as absent. */
export function readCarriedContext(data: JsonValue): CarriedContext {
  if (!isObject(data)) return {};
  const carried: { -readonly [Field in keyof CarriedContext]: CarriedContext[Field] } = {};
  const { name, properties, context } = data;
  if (name === null || typeof name === "string") carried.name = name;
  for (const field of idFields) {
    const id = data[field];
    if (typeof id === "string") carried[field] = id;
  }
  if (isObject(properties)) carried.properties = properties;
  if (isObject(context)) carried.context = context;
  return carried;
}

const idFields = ["id", "anonymousId", "previousId", "groupId", "sessionId"] as const;

function isKind(value: JsonValue | undefined): value is EventKind {
  return (eventKinds as readonly unknown[]).includes(value);
}
