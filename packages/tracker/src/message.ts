/** What callers say, in one vocabulary for all destinations, and how it becomes an event. */
import type { Entity, EventKind, JsonObject, Problem, Stamp, TrackedEvent } from "@oncewire/protocol";

/** Text, or a number that is sent as text. */
export type Id = string | number | bigint;

/** A Date, an ISO 8601 text or milliseconds since the epoch. */
export type Timestamp = Date | string | number;

/** What every message may hold. One of `userId` and `anonymousId` is required by most destinations. */
export interface Message {
  readonly userId?: Id | null | undefined;
  readonly anonymousId?: Id | null | undefined;
  /** The group it happened in. */
  readonly groupId?: Id | null | undefined;
  readonly sessionId?: Id | null | undefined;
  /** When it happened. @default the time of the call */
  readonly occurredAt?: Timestamp | null | undefined;
  /** The event's id for ever: what has the same id is the same event. @default a new UUID */
  readonly id?: Id | null | undefined;
  /** What is known of the surroundings: `ip`, `userAgent`, `page`, `campaign`, `locale` and the like. */
  readonly context?: object | null | undefined;
  /** Described things that the event is about. */
  readonly entities?: readonly Entity[] | null | undefined;
}

/** Who a user is. */
export interface IdentifyMessage extends Message {
  readonly traits?: object | null | undefined;
}

/** What a user did. */
export interface TrackMessage extends Message {
  /** The event's name, such as `Order Completed`. */
  readonly event: string;
  readonly properties?: object | null | undefined;
}

/** A page or screen that was seen. */
export interface ViewMessage extends Message {
  readonly name?: string | null | undefined;
  readonly properties?: object | null | undefined;
}

/** The group a user belongs to. */
export interface GroupMessage extends Message {
  readonly groupId: Id;
  readonly traits?: object | null | undefined;
}

/** Joins an earlier id to `userId`. */
export interface AliasMessage extends Message {
  readonly userId: Id;
  readonly previousId: Id;
}

/** An action in a category. */
export interface StructuredMessage extends Message {
  readonly category: string;
  readonly action: string;
  readonly label?: string | null | undefined;
  readonly property?: string | null | undefined;
  readonly value?: number | null | undefined;
}

/** An event described by a schema. */
export interface SelfDescribingMessage extends Message {
  /** An Iglu URI: `iglu:vendor/name/jsonschema/1-0-0`. */
  readonly schema: string;
  readonly data: object;
}

/** Any kind of event, in the words of the canonical event. */
export interface EventMessage extends Message {
  readonly name?: string | null | undefined;
  readonly previousId?: Id | null | undefined;
  readonly properties?: object | null | undefined;
}

/** Says which field of a message cannot be used. Never leaves this module. */
class Unusable extends Error {
  readonly problem: Problem;

  constructor(path: string, code: string, message: string) {
    super(message);
    this.problem = { path, code, message };
  }
}

type Fields = Readonly<Record<string, unknown>>;
type Build = (fields: Fields) => { readonly name: string | null; readonly properties: JsonObject };

/** How one call's message is read. */
export interface Shape {
  readonly fields: ReadonlySet<string>;
  readonly build: Build;
}

const commonFields = [
  "userId",
  "anonymousId",
  "groupId",
  "sessionId",
  "occurredAt",
  "id",
  "context",
  "entities",
] as const;

const nothing: JsonObject = Object.freeze({});

function shape(own: readonly string[], build: Build): Shape {
  return { fields: new Set([...commonFields, ...own]), build };
}

type Call = "identify" | "track" | "view" | "group" | "alias" | "structured" | "selfDescribing" | "event";

/** What each call takes beside the common fields, and where it goes. */
export const shapes: Readonly<Record<Call, Shape>> = {
  identify: shape(["traits"], (fields) => ({ name: null, properties: object(fields["traits"], "traits") })),
  track: shape(["event", "properties"], (fields) => ({
    name: text(fields["event"], "event"),
    properties: object(fields["properties"], "properties"),
  })),
  view: shape(["name", "properties"], (fields) => ({
    name: text(fields["name"], "name"),
    properties: object(fields["properties"], "properties"),
  })),
  group: shape(["traits"], (fields) => ({ name: null, properties: object(fields["traits"], "traits") })),
  alias: shape(["previousId"], () => ({ name: null, properties: nothing })),
  structured: shape(["category", "action", "label", "property", "value"], (fields) => ({
    name: text(fields["action"], "action"),
    properties: structuredProperties(fields),
  })),
  selfDescribing: shape(["schema", "data"], (fields) => ({
    name: text(fields["schema"], "schema"),
    properties: object(fields["data"], "data"),
  })),
  event: shape(["name", "previousId", "properties"], (fields) => ({
    name: text(fields["name"], "name"),
    properties: object(fields["properties"], "properties"),
  })),
};

export type Reading =
  | { readonly ok: true; readonly event: TrackedEvent }
  | { readonly ok: false; readonly id: string; readonly problem: Problem };

/** Reads each field of a message once. Never throws, whatever the message is. */
export function readMessage(
  kind: EventKind,
  message: unknown,
  to: { readonly shape: Shape; readonly stamp: Stamp },
): Reading {
  try {
    if (!isFields(message)) {
      throw new Unusable("", "not-an-event", `expected an object with the event's fields, got ${kindOf(message)}`);
    }
    return { ok: true, event: toEvent(kind, message, to) };
  } catch (error) {
    return { ok: false, id: to.stamp.id, problem: problemOf(error) };
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

/** What is in it is the codec's affair: it survives any value, and says what it replaced. */
function isJsonLike(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null;
}

function problemOf(error: unknown): Problem {
  if (error instanceof Unusable) return error.problem;
  const message = "expected a message whose fields can be read, got one that throws when it is; pass a plain object";
  return { path: "", code: "not-an-event", message };
}

function toEvent(kind: EventKind, fields: Fields, to: { readonly shape: Shape; readonly stamp: Stamp }): TrackedEvent {
  for (const field in fields) if (!to.shape.fields.has(field)) throw unknownField(field, to.shape);
  const { name, properties } = to.shape.build(fields);
  return {
    id: id(fields["id"], "id") ?? to.stamp.id,
    kind,
    name,
    userId: id(fields["userId"], "userId"),
    anonymousId: id(fields["anonymousId"], "anonymousId"),
    previousId: id(fields["previousId"], "previousId"),
    groupId: id(fields["groupId"], "groupId"),
    sessionId: id(fields["sessionId"], "sessionId"),
    occurredAt: timestamp(fields["occurredAt"], "occurredAt"),
    properties,
    entities: entities(fields["entities"]),
    context: object(fields["context"], "context"),
  };
}

/** What other SDKs call our fields. */
const otherNames: Readonly<Record<string, string>> = {
  messageId: "id",
  insertId: "id",
  timestamp: "occurredAt",
  originalTimestamp: "occurredAt",
  name: "event",
  event: "name",
  traits: "properties",
  properties: "traits",
};

function unknownField(field: string, { fields }: Shape): Unusable {
  const other = Object.hasOwn(otherNames, field) ? otherNames[field] : undefined;
  const advice = other !== undefined && fields.has(other) ? `call it ${other}` : "put it into properties or context";
  const shown = field.length > 40 ? `${field.slice(0, 40)}…` : field;
  return new Unusable(shown, "unknown-field", `expected only ${[...fields].join(", ")}, got also ${shown}; ${advice}`);
}

function id(value: unknown, path: string): string | null {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return null;
  if (typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value))) return String(value);
  throw new Unusable(
    path,
    "wrong-type",
    `expected a text or a whole number up to 2^53, got ${kindOf(value)}; pass it as text`,
  );
}

function text(value: unknown, path: string): string | null {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return null;
  throw new Unusable(path, "wrong-type", `expected a text, got ${kindOf(value)}; pass it as text`);
}

function object(value: unknown, path: string): JsonObject {
  if (isJsonLike(value)) return value;
  if (value === undefined || value === null) return nothing;
  throw new Unusable(path, "wrong-type", `expected an object with fields, got ${kindOf(value)}`);
}

const noEntities: readonly Entity[] = Object.freeze([]);

function entities(value: unknown): readonly Entity[] {
  if (value === undefined || value === null) return noEntities;
  if (Array.isArray(value)) return value as readonly Entity[];
  throw new Unusable("entities", "wrong-type", `expected a list of { schema, data }, got ${kindOf(value)}`);
}

function timestamp(value: unknown, path: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return value;
  const ms = value instanceof Date ? value.getTime() : value;
  if (typeof ms === "number" && Math.abs(ms) <= 8.64e15) return new Date(ms).toISOString();
  throw new Unusable(
    path,
    "invalid-timestamp",
    `expected a valid Date, an ISO 8601 text or milliseconds, got ${kindOf(value)}`,
  );
}

function structuredProperties(fields: Fields): JsonObject {
  const { category, action, label, property, value } = fields;
  const given = Object.entries({ category, action, label, property, value }).filter(([, each]) => each !== undefined);
  return object(Object.fromEntries(given), "");
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value instanceof Date) return "an invalid Date";
  if (typeof value === "number") return `the number ${value}`;
  return Array.isArray(value) ? "a list" : typeof value;
}
