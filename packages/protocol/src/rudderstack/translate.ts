/**
 * The canonical event in RudderStack's words. Six kinds are calls of their own; the others travel as track, under a name
 * that reads well, with what they were in `context.oncewire`. What cannot be said at all is a problem, never a guess.
 */
import type { EventKind, JsonObject, JsonValue, TrackedEvent } from "../event.js";
import { failed, ok } from "../problem.js";
import type { Problem, Result } from "../problem.js";
import { carriedField } from "./carried.js";
import { setField } from "../set-field.js";
import type { Carried } from "./carried.js";
import { eventTypes } from "./event.js";
import type { CommonFields, EventType, RudderStackEvent } from "./event.js";

export function translate(event: TrackedEvent): Result<RudderStackEvent> {
  try {
    const fields = fieldsOf(event, isCall(event.kind) ? event.kind : "track");
    return isComplete(fields) ? ok(fields) : failed(missingField(event));
  } catch {
    const message = "Expected an event whose fields can be read, got one that throws; pass plain objects.";
    return failed({ path: "", code: "not-an-event", message });
  }
}

function isCall(kind: EventKind): kind is EventType {
  return calls.has(kind);
}

const calls: ReadonlySet<EventKind> = new Set(eventTypes);

/** The fields of all six calls; those of another call are undefined. */
interface Fields extends CommonFields {
  readonly type: EventType;
  readonly event: string | null | undefined;
  readonly name: string | null | undefined;
  readonly category: string | undefined;
  readonly properties: JsonObject | undefined;
  readonly traits: JsonObject | undefined;
}

function fieldsOf(event: TrackedEvent, type: EventType): Fields {
  const { context, properties } = event;
  const isView = type === "page" || type === "screen";
  const hasTraits = type === "identify" || type === "group";
  const name = nameOnWire(event, type);
  return {
    type,
    messageId: event.id,
    userId: event.userId,
    anonymousId: event.anonymousId,
    previousId: event.previousId,
    groupId: event.groupId,
    event: type === "track" ? name : undefined,
    name: isView ? name : undefined,
    category: isView ? textOf(properties["category"]) : undefined,
    properties: hasTraits ? undefined : properties,
    traits: hasTraits ? properties : undefined,
    context: contextFor(event, name),
    originalTimestamp: event.occurredAt,
    request_ip: textOf(context["request_ip"]),
  };
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Whether the event has what its call cannot do without. */
function isComplete(fields: Fields): fields is Fields & RudderStackEvent {
  const { type, userId, anonymousId, event, groupId, previousId } = fields;
  if (userId === null && (anonymousId === null || type === "alias")) return false;
  if (type === "track") return typeof event === "string" && event !== "";
  if (type === "group") return groupId !== null;
  return type !== "alias" || previousId !== null;
}

/** What `isComplete` missed. */
function missingField(event: TrackedEvent): Problem {
  if (event.userId === null && (event.anonymousId === null || event.kind === "alias")) {
    return missing("userId", "no-identity", "RudderStack takes no event without a user");
  }
  if (event.kind === "group") return missing("groupId", "no-group-id", "a group call says which group");
  if (event.kind === "alias") return missing("previousId", "no-previous-id", "an alias call joins two ids");
  return missing("name", "no-event-name", "a track call is its name");
}

function missing(path: string, code: string, because: string): Problem {
  return { path, code, message: `Expected ${path}, got none: ${because}.` };
}

/** What the event is called on the wire: null for calls that have no name, and for an empty one. */
function nameOnWire(event: TrackedEvent, type: EventType): string | null {
  switch (type) {
    case "track":
      return isCall(event.kind) ? event.name : (schemaName(event.name) ?? (event.name || trackNames[event.kind]));
    case "page":
    case "screen":
      return event.name || null;
    case "identify":
    case "group":
    case "alias":
      return null;
  }
}

/** What the kinds that are not calls of their own are called in RudderStack, where they have no better name. */
const trackNames: Readonly<Record<Exclude<EventKind, EventType>, string>> = {
  structured: "Structured Event",
  "self-describing": "Self-Describing Event",
  "page-ping": "Page Ping",
  transaction: "Transaction",
  "transaction-item": "Transaction Item",
  session: "Session",
};

/** `link_click` of `iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1`. */
function schemaName(name: string | null): string | undefined {
  return name?.match(/^iglu:[^/]+\/([^/]+)\/[^/]+\/[^/]+$/)?.[1];
}

/** The caller's context; what this wire has no field for, or needs the field of, moves into `context.oncewire`. */
function contextFor(event: TrackedEvent, nameSent: string | null): object {
  const { context, sessionId } = event;
  const carried = carriedFields(event, nameSent);
  if (carried === null && sessionId === null) return context;
  const copy: Record<string, unknown> = {};
  for (const key in context) {
    if (carried?.context === undefined || !Object.hasOwn(carried.context, key)) setField(copy, key, context[key]);
  }
  if (sessionId !== null && !Object.hasOwn(context, "sessionId")) setField(copy, "sessionId", sessionId);
  if (carried !== null) setField(copy, carriedField, carried);
  return copy;
}

function carriedFields(event: TrackedEvent, nameSent: string | null): Carried | null {
  const { context, entities, kind, name, sessionId } = event;
  const own = (kind === "identify" ? identifyClaims : claims).filter((key) => Object.hasOwn(context, key));
  const sessionIsClaimed = Object.hasOwn(context, "sessionId");
  const carried: Carried = {
    ...(isCall(kind) ? {} : { kind }),
    ...(name === nameSent ? {} : { name }),
    ...(entities.length > 0 ? { entities } : {}),
    ...(sessionIsClaimed ? { sessionId } : {}),
    ...(own.length > 0 ? { context: Object.fromEntries(own.map((key) => [key, context[key] ?? null])) } : {}),
  };
  return Object.keys(carried).length === 0 ? null : carried;
}

/** Fields of the context that this wire sets itself. */
const claims = ["library", carriedField];
const identifyClaims = [...claims, "traits"];
