/** What @segment/analytics-node takes, what it makes of it, and what it refuses, in its words. */
import type { EventType } from "@oncewire/protocol/rudderstack";

interface Params {
  readonly userId?: string | null | undefined;
  readonly anonymousId?: string | null | undefined;
  readonly context?: object | undefined;
  readonly integrations?: object | undefined;
  /** A Date, an ISO 8601 text or milliseconds. */
  readonly timestamp?: Date | string | number | undefined;
  /** What has the same id is the same event. */
  readonly messageId?: string | undefined;
}

export interface IdentifyParams extends Params {
  readonly traits?: object | undefined;
}

export interface TrackParams extends Params {
  readonly event: string;
  readonly properties?: object | undefined;
}

/** Of page and screen. */
export interface PageParams extends Params {
  readonly name?: string | undefined;
  readonly category?: string | undefined;
  readonly properties?: object | undefined;
}

export interface GroupParams extends Params {
  readonly groupId: string;
  readonly traits?: object | undefined;
}

export interface AliasParams extends Params {
  readonly userId: string;
  readonly previousId: string;
}

/** An event as it is sent; what has no place in it has been left out. */
export interface SegmentEvent {
  readonly type: EventType;
  readonly messageId?: string | undefined;
  readonly [field: string]: unknown;
}

/** What the original throws for a message it cannot take. */
export class ValidationError extends Error {
  override readonly name = "ValidationError";
  readonly field: string;

  constructor(field: string, message: string) {
    super(`${field} ${message}`);
    this.field = field;
  }
}

type Fields = Readonly<Record<string, unknown>>;

const commonFields = ["userId", "anonymousId", "context", "timestamp", "messageId"] as const;
const ownFields: Readonly<Record<EventType, readonly string[]>> = {
  identify: ["traits"],
  track: ["event", "properties"],
  page: ["name", "category", "properties"],
  screen: ["name", "category", "properties"],
  group: ["groupId", "traits"],
  alias: ["previousId"],
};

/** Throws a `ValidationError` for a message that the original refuses. */
export function toSegmentEvent(type: EventType, message: unknown, now: Date): SegmentEvent {
  if (!isFields(message)) throw new ValidationError("Event", message === undefined ? "is nil" : "is not an object");
  const names = [...commonFields, ...ownFields[type]];
  const given = Object.fromEntries(names.map((name) => [name, message[name]]).filter(([, value]) => value != null));
  const event: SegmentEvent = {
    timestamp: now,
    integrations: { ...(isFields(message["integrations"]) ? message["integrations"] : {}) },
    ...emptyObjects(type),
    ...given,
    ...(type === "page" ? pageProperties(given) : {}),
    type,
    _metadata: { nodeVersion: process.version, jsRuntime: "node" },
  };
  validate(event);
  return event;
}

export function isSegmentEvent(value: unknown): value is SegmentEvent {
  return isFields(value) && typeof value["type"] === "string" && Object.hasOwn(ownFields, value["type"]);
}

function emptyObjects(type: EventType): Fields {
  if (type === "alias") return {};
  return type === "identify" || type === "group" ? { traits: {} } : { properties: {} };
}

/** A page's category is one of its properties, too. */
function pageProperties({ category, properties }: Fields): Fields {
  if (category === undefined || (properties !== undefined && !isFields(properties))) return {};
  return { properties: { ...properties, category } };
}

const identityFields = ".userId/anonymousId/previousId/groupId";

function validate(event: SegmentEvent): void {
  const { userId, anonymousId, groupId, previousId, messageId } = event;
  const id = userId ?? anonymousId ?? groupId ?? previousId;
  if (id === undefined || id === null) throw new ValidationError(identityFields, "is nil");
  demandText(id, identityFields);
  if (messageId !== undefined) demandText(messageId, ".messageId");
  if (event.type === "track") {
    demandText(event["event"], ".event");
    demandObject(event["properties"], ".properties");
  }
  if (event.type === "identify" || event.type === "group") demandObject(event["traits"], ".traits");
}

function demandText(value: unknown, field: string): void {
  if (typeof value !== "string") throw new ValidationError(field, "is not a string");
}

function demandObject(value: unknown, field: string): void {
  if (!isFields(value)) throw new ValidationError(field, "is not an object");
}

function isFields(value: unknown): value is Fields {
  return Object.prototype.toString.call(value) === "[object Object]";
}
