/**
 * The canonical event in A-Track's words, and back. Identify is an attributes call, a session is an init, and everything
 * else is an event, under its own name or one that reads well. What the wire has no field for travels in
 * `context.oncewire`; an attributes call has no context, so what it cannot carry is a list in docs/protocols/a-track.md.
 */
import type { CanonicalEvent, EventKind, JsonObject, TrackedEvent } from "../event.js";
import { failed, ok } from "../problem.js";
import type { Result } from "../problem.js";
import { carriedField, isObject, readCarried, readUserChange, withoutCarried, writeUserChange } from "./carried.js";
import type { Carried } from "./carried.js";
import type { ATrackEvent, CallName } from "./event.js";
import { problem } from "./validate.js";
import type { ValidCall } from "./validate.js";

export function translate(event: TrackedEvent): Result<ATrackEvent> {
  try {
    const uuid = event.userId || event.anonymousId;
    if (!uuid) {
      const message = "Expected a userId or an anonymousId, got none: every call to A-Track is about a user.";
      return failed(problem("userId", "no-identity", message));
    }
    return event.kind === "track" && !event.name ? failed(namelessTrack) : ok(callFor(event, uuid));
  } catch {
    const message = "Expected an event whose fields can be read, got one that throws; pass plain objects.";
    return failed(problem("", "not-an-event", message));
  }
}

const namelessTrack = problem("name", "no-event-name", "Expected the event's name, such as order_created, got none.");

function callFor(event: TrackedEvent, uuid: string): ATrackEvent {
  if (event.kind === "identify") return attributesCall(event, uuid);
  return event.kind === "session" ? initCall(event, uuid) : eventCall(event, uuid);
}

function attributesCall({ id, context, properties }: TrackedEvent, uuid: string): ATrackEvent {
  const { mode, profile } = readUserChange(context);
  return { kind: "attributes", id, uuid, mode, attributes: properties, profile };
}

function initCall(event: TrackedEvent, uuid: string): ATrackEvent {
  const { id, context, properties } = event;
  const carried = carriedFor(event, { kind: "session", name: null, userId: uuid, occurredAt: null });
  return { kind: "init", id, uuid, ...readUserChange(context), attributes: properties, context, ...carried };
}

function eventCall(event: TrackedEvent, uuid: string): ATrackEvent {
  const { id, context, properties, occurredAt: timestamp } = event;
  const name = nameOf(event);
  const carried = carriedFor(event, { kind: "track", name, userId: uuid, occurredAt: timestamp });
  return { kind: "event", id, uuid, event: name, attributes: properties, timestamp, context, ...carried };
}

/** What kinds that are no events of their own here are called, where they have no better name. */
const eventNames: Readonly<Record<Exclude<EventKind, "identify" | "session" | "track">, string>> = {
  page: "page_viewed",
  screen: "screen_viewed",
  group: "group_joined",
  alias: "user_aliased",
  structured: "structured_event",
  "self-describing": "self_describing_event",
  "page-ping": "page_pinged",
  transaction: "transaction",
  "transaction-item": "transaction_item",
};

/** A page's name tells pages apart, not events; so do the names of screens, groups and aliases. */
const namedByKind: ReadonlySet<EventKind> = new Set(["page", "screen", "group", "alias", "page-ping"]);

function nameOf({ kind, name }: TrackedEvent): string {
  if (kind === "track" || kind === "identify" || kind === "session") return name ?? "";
  if (!name || namedByKind.has(kind)) return eventNames[kind];
  return schemaName(name) ?? name;
}

/** `link_click` of `iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1`. */
function schemaName(name: string): string | undefined {
  return /^iglu:[^/]+\/([^/]+)\/[^/]+\/[^/]+$/.exec(name)?.[1];
}

/** The canonical event as far as the wire's own fields tell it. */
interface Told {
  readonly kind: EventKind;
  readonly name: string | null;
  readonly userId: string;
  readonly occurredAt: string | null;
}

const carriedNames = ["kind", "name", "userId", "occurredAt"] as const;
const untoldNames = ["anonymousId", "previousId", "groupId"] as const;

/** What of the event the wire's own fields do not tell. */
function carriedFor(event: TrackedEvent, told: Told): { readonly carried?: Carried } {
  const carried: Carried = {
    ...Object.fromEntries(carriedNames.filter((name) => event[name] !== told[name]).map((name) => [name, event[name]])),
    ...Object.fromEntries(untoldNames.filter((name) => event[name] !== null).map((name) => [name, event[name]])),
    ...(event.sessionId === sessionOf(event.context) ? {} : { sessionId: event.sessionId }),
    ...(event.entities.length === 0 ? {} : { entities: event.entities }),
  };
  return Object.keys(carried).length === 0 ? {} : { carried };
}

/** The session that a context names in the field where A-Track's clients put it. */
function sessionOf(context: JsonObject): string | null {
  const { sessionId } = context;
  return typeof sessionId === "string" ? sessionId : null;
}

const kindOfCall: Readonly<Record<CallName, EventKind>> = { init: "session", attributes: "identify", event: "track" };

/** What a call that came in does not say of itself. */
export interface Origin {
  readonly id: string;
  readonly project: string;
  readonly receivedAt: string;
  /** What the call was read from. */
  readonly body: JsonObject;
}

/** A call that came in as the canonical event. */
export function toCanonical(call: ValidCall, { id, project, receivedAt, body }: Origin): CanonicalEvent {
  const context = objectAt(body, "context");
  const carried = readCarried(context);
  const occurredAt = carried.occurredAt ?? call.timestamp ?? null;
  return {
    id,
    protocol: "a-track",
    project,
    kind: carried.kind ?? kindOfCall[call.kind],
    name: orElse(carried.name, call.kind === "event" ? call.event : null),
    userId: orElse(carried.userId, call.uuid),
    anonymousId: carried.anonymousId ?? null,
    previousId: carried.previousId ?? null,
    groupId: carried.groupId ?? null,
    sessionId: orElse(carried.sessionId, sessionOf(context)),
    occurredAt,
    sentAt: null,
    receivedAt,
    time: timeOf(occurredAt, receivedAt),
    properties: objectAt(body, "attributes"),
    entities: carried.entities ?? [],
    context: call.kind === "event" ? withoutCarried(context) : withChange(call, context, objectAt(body, "profile")),
    library: libraryOf(body),
    wire: body,
  };
}

/** The wire does not say when a request was sent, so a clock that is ahead is only known by a time that is to come. */
function timeOf(occurredAt: string | null, receivedAt: string): string {
  // Both are written alike, in years of four digits: their order as texts is their order in time.
  return occurredAt !== null && occurredAt <= receivedAt ? occurredAt : receivedAt;
}

function libraryOf({ sdkVersion }: JsonObject): CanonicalEvent["library"] {
  return typeof sdkVersion === "string" ? { name: "a-track", version: sdkVersion } : null;
}

function orElse<T>(carried: T | undefined, told: T): T {
  return carried === undefined ? told : carried;
}

function withChange({ mode, isNewUser }: ValidCall, context: JsonObject, profile: JsonObject): JsonObject {
  const change = writeUserChange({ mode, isNewUser, profile });
  return change === null ? withoutCarried(context) : { ...withoutCarried(context), [carriedField]: change };
}

const noFields: JsonObject = Object.freeze({});

function objectAt(body: JsonObject, name: string): JsonObject {
  const value = body[name];
  return isObject(value) ? value : noFields;
}
