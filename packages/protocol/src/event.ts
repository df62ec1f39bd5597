export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** The wires that are spoken. */
export const protocolNames = ["a-track", "rudderstack", "snowplow"] as const;
export type ProtocolName = (typeof protocolNames)[number];

/** Every kind of event of the three systems; what a wire calls each is a table in docs/protocols/. */
export const eventKinds = [
  "identify",
  "track",
  "page",
  "screen",
  "group",
  "alias",
  "structured",
  "self-describing",
  "page-ping",
  "transaction",
  "transaction-item",
  "session",
] as const;
export type EventKind = (typeof eventKinds)[number];

/** Something an event is about or happened near, described by a schema (Snowplow: a context entity). */
export interface Entity {
  /** An Iglu URI: `iglu:vendor/name/jsonschema/1-0-0`. */
  readonly schema: string;
  readonly data: JsonValue;
}

/** What a caller says happened, whatever system it goes to. */
export interface TrackedEvent {
  /** Unique per project, for ever: the collector keeps each (project, id) once. */
  readonly id: string;
  readonly kind: EventKind;
  /** `Order Completed`, a page's or screen's name, a schema for self-describing events; null where there is none. */
  readonly name: string | null;
  readonly userId: string | null;
  readonly anonymousId: string | null;
  /** alias: the id that is joined to `userId`. */
  readonly previousId: string | null;
  readonly groupId: string | null;
  readonly sessionId: string | null;
  /** When it happened by the sender's clock: ISO 8601, UTC, milliseconds. Null when the wire does not say. */
  readonly occurredAt: string | null;
  /** What is known of the event; of identify and group: the traits. */
  readonly properties: JsonObject;
  readonly entities: readonly Entity[];
  /** What is known of its surroundings: page, device, campaign, ip, locale and the like. */
  readonly context: JsonObject;
}

/** The canonical event: what the collector keeps, whichever wire it came on. */
export interface CanonicalEvent extends TrackedEvent {
  readonly protocol: ProtocolName;
  readonly project: string;
  /** When the request was sent by the sender's clock; null when the wire does not say. */
  readonly sentAt: string | null;
  /** When the collector had the request, by its own clock. */
  readonly receivedAt: string;
  /** The best estimate of when it happened: `receivedAt − (sentAt − occurredAt)`, so that a wrong clock cancels out. */
  readonly time: string;
  readonly library: { readonly name: string; readonly version: string | null } | null;
  /** The message as received, before anything was derived from it. */
  readonly wire: JsonValue;
}

/** Something that came in and is not an event: kept with its reason, never thrown away. */
export interface BadEvent {
  /** Names this bad event; not the id it may have claimed. */
  readonly id: string;
  readonly protocol: ProtocolName;
  readonly project: string;
  readonly receivedAt: string;
  /** From the codec's closed list, such as `invalid-json` or `no-identity`. */
  readonly code: string;
  /** What was expected, what came, what to do. */
  readonly message: string;
  /** The part of the request that is bad: parsed where it could be, else its text. */
  readonly wire: JsonValue;
}
