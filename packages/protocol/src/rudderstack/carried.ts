/**
 * What RudderStack's six calls have no field for travels in `context.oncewire`, so that an event comes back from this
 * wire as the kind it was. Written by translate.ts, read by decode.ts; an event that fits the wire has none of it.
 */
import { eventKinds } from "../event.js";
import type { Entity, EventKind, JsonObject, JsonValue } from "../event.js";

/** Fields that are absent are what the wire itself says. */
export interface Carried {
  readonly kind?: EventKind;
  readonly name?: string | null;
  readonly sessionId?: string | null;
  readonly entities?: readonly Entity[];
  /** Fields of the caller's context whose names this wire needs for itself. */
  readonly context?: JsonObject;
}

export const carriedField = "oncewire";

/** Reads what came in; what is not of its type counts as absent, for anyone may send a field of this name. */
export function readCarried(value: JsonValue | undefined): Carried {
  if (!isObject(value)) return {};
  const { kind, name, sessionId, entities, context } = value;
  return {
    ...(isKind(kind) ? { kind } : {}),
    ...(name === null || typeof name === "string" ? { name } : {}),
    ...(sessionId === null || typeof sessionId === "string" ? { sessionId } : {}),
    ...(Array.isArray(entities) && entities.every(isEntity) ? { entities } : {}),
    ...(isObject(context) ? { context } : {}),
  };
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isKind(value: JsonValue | undefined): value is EventKind {
  return (eventKinds as readonly unknown[]).includes(value);
}

function isEntity(value: JsonValue): value is JsonObject & Entity {
  return isObject(value) && typeof value["schema"] === "string" && value["data"] !== undefined;
}
