import { setField } from "@oncewire/protocol";
import type { CanonicalEvent, JsonObject, JsonValue } from "@oncewire/protocol";

/**
 * The event with what was found, below what it says. An object of the context, such as `device`, is filled where it has
 * none of the fields that were found: half of one source and half of another would be a device that nobody has.
 */
export function filled(event: CanonicalEvent, found: JsonObject): CanonicalEvent {
  let context: Record<string, JsonValue> | null = null;
  for (const name of Object.keys(found)) {
    const value = filledField(ownField(event.context, name), found[name] ?? null);
    if (value === undefined) continue;
    context ??= copyOf(event.context);
    setField(context, name, value);
  }
  return context === null ? event : withContext(event, context);
}

/** What the field becomes; undefined where it stays. */
function filledField(own: JsonValue | undefined, found: JsonValue): JsonValue | undefined {
  if (own === undefined || own === null) return found;
  if (!isObject(own) || !isObject(found) || !saysNothingOf(own, found)) return undefined;
  const both = copyOf(own);
  for (const name of Object.keys(found)) setField(both, name, found[name] ?? null);
  return both;
}

function saysNothingOf(own: JsonObject, found: JsonObject): boolean {
  return Object.keys(found).every((name) => (ownField(own, name) ?? null) === null);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function ownField(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Field by field: every event comes through here, and a spread takes several times as long. */
function copyOf(object: JsonObject): Record<string, JsonValue> {
  const copy: Record<string, JsonValue> = {};
  for (const name in object) setField(copy, name, object[name] ?? null);
  return copy;
}

function withContext(event: CanonicalEvent, context: JsonObject): CanonicalEvent {
  return {
    id: event.id,
    protocol: event.protocol,
    project: event.project,
    kind: event.kind,
    name: event.name,
    userId: event.userId,
    anonymousId: event.anonymousId,
    previousId: event.previousId,
    groupId: event.groupId,
    sessionId: event.sessionId,
    occurredAt: event.occurredAt,
    sentAt: event.sentAt,
    receivedAt: event.receivedAt,
    time: event.time,
    properties: event.properties,
    entities: event.entities,
    context,
    library: event.library,
    wire: event.wire,
  };
}
