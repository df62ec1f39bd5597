/**
 * The canonical event in RudderStack's words. Six kinds are calls of their own; the others travel as track, under a name
 * that reads well, with what they were in `context.oncewire`. What cannot be said at all is a problem, never a guess.
 */
import type { EventKind, JsonObject, TrackedEvent } from "../event.js";
import { failed, ok } from "../problem.js";
import type { Problem, Result } from "../problem.js";
import { carriedField } from "./carried.js";
import type { Carried } from "./carried.js";
import { eventTypes } from "./event.js";
import type { CommonFields, EventType, RudderStackEvent } from "./event.js";

export function translate(event: TrackedEvent): Result<RudderStackEvent> {
  try {
    const problem = missingField(event);
    if (problem !== null) return failed(problem);
    return ok(isNative(event.kind) ? nativeEvent(event, event.kind) : trackFor(event, event.kind));
  } catch {
    const message = "Expected an event whose fields can be read, got one that throws; pass plain objects.";
    return failed({ path: "", code: "not-an-event", message });
  }
}

function isNative(kind: EventKind): kind is EventType {
  return (eventTypes as readonly EventKind[]).includes(kind);
}

/** What the wire demands of this kind and the event does not have. */
function missingField(event: TrackedEvent): Problem | null {
  if (event.userId === null && (event.anonymousId === null || event.kind === "alias")) {
    return missing("userId", "no-identity", "RudderStack takes no event without a user");
  }
  if (event.kind === "track" && !event.name) return missing("name", "no-event-name", "a track call is its name");
  if (event.kind === "group" && event.groupId === null) {
    return missing("groupId", "no-group-id", "a group call says which group");
  }
  if (event.kind === "alias" && event.previousId === null) {
    return missing("previousId", "no-previous-id", "an alias call joins two ids");
  }
  return null;
}

function missing(path: string, code: string, because: string): Problem {
  return { path, code, message: `Expected ${path}, got none: ${because}.` };
}

function nativeEvent(event: TrackedEvent, type: EventType): RudderStackEvent {
  const { properties } = event;
  switch (type) {
    case "track":
      return { ...commonFields(event, {}), type, event: event.name ?? "", properties };
    case "page":
    case "screen":
      return { ...commonFields(event, emptyName(event)), type, ...viewNames(event), properties };
    case "identify":
      return { ...commonFields(event, unnamed(event)), type, traits: properties };
    case "group":
      return { ...commonFields(event, unnamed(event)), type, groupId: event.groupId ?? "", traits: properties };
    case "alias": {
      const ids = { userId: event.userId ?? "", previousId: event.previousId ?? "" };
      return { ...commonFields(event, unnamed(event)), ...ids, type, properties };
    }
  }
}

function viewNames(event: TrackedEvent): { readonly name: string | null; readonly category?: string } {
  const { category } = event.properties;
  return typeof category === "string" ? { name: event.name, category } : { name: event.name };
}

/** The wire leaves an empty name out. */
function emptyName(event: TrackedEvent): Carried {
  return event.name === "" ? { name: "" } : {};
}

/** For calls that have no name on the wire. */
function unnamed(event: TrackedEvent): Carried {
  return event.name === null ? {} : { name: event.name };
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

function trackFor(event: TrackedEvent, kind: Exclude<EventKind, EventType>): RudderStackEvent {
  const name = schemaName(event.name) ?? (event.name || trackNames[kind]);
  const carried: Carried = name === event.name ? { kind } : { kind, name: event.name };
  return { ...commonFields(event, carried), type: "track", event: name, properties: event.properties };
}

/** `link_click` of `iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1`. */
function schemaName(name: string | null): string | undefined {
  return name?.match(/^iglu:[^/]+\/([^/]+)\/[^/]+\/[^/]+$/)?.[1];
}

function commonFields(event: TrackedEvent, carried: Carried): CommonFields {
  const { request_ip: requestIp } = event.context;
  return {
    messageId: event.id,
    userId: event.userId,
    anonymousId: event.anonymousId,
    groupId: event.groupId,
    previousId: event.previousId,
    originalTimestamp: event.occurredAt,
    context: contextFor(event, carried),
    ...(typeof requestIp === "string" ? { request_ip: requestIp } : {}),
  };
}

/** The caller's context; what this wire has no field for, or needs the field of, moves into `context.oncewire`. */
function contextFor(event: TrackedEvent, named: Carried): object {
  const { context, entities, sessionId } = event;
  const claimed = claimedFields(event);
  const sessionIsClaimed = Object.hasOwn(context, "sessionId");
  const carried: Carried = {
    ...named,
    ...(entities.length > 0 ? { entities } : {}),
    ...(sessionIsClaimed ? { sessionId } : {}),
    ...(claimed.length > 0 ? { context: pick(context, (key) => claimed.includes(key)) } : {}),
  };
  return {
    ...(claimed.length > 0 ? pick(context, (key) => !claimed.includes(key)) : context),
    ...(sessionIsClaimed || sessionId === null ? {} : { sessionId }),
    ...(Object.keys(carried).length > 0 ? { [carriedField]: carried } : {}),
  };
}

/** Fields of the caller's context that this wire sets itself. */
function claimedFields(event: TrackedEvent): readonly string[] {
  const claimed = event.kind === "identify" ? ["library", carriedField, "traits"] : ["library", carriedField];
  return claimed.filter((key) => Object.hasOwn(event.context, key));
}

function pick(context: JsonObject, wanted: (key: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(context).filter(([key]) => wanted(key)));
}
