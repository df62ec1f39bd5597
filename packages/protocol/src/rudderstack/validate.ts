/**
 * What a caller said, checked once: `unknown` in, an event with ids and times as text out, or everything that is wrong
 * with it. Each field of the caller's object is read once, so that a getter cannot answer twice.
 */
import { isoTime, isTimeMs, parseIsoTime } from "../iso-time.js";
import { isDate, isPlain, objectTag } from "../object-tag.js";
import { failed, ok } from "../problem.js";
import type { Problem, Result } from "../problem.js";
import { hasWritableDigits } from "../safe-writer.js";
import { eventTypes } from "./event.js";
import type { EventType } from "./event.js";
import { sanitizeId } from "./identity.js";

/** What can be wrong with an event. */
export const problemCodes = [
  "not-an-event",
  "unknown-type",
  "no-identity",
  "no-event-name",
  "no-group-id",
  "no-previous-id",
  "wrong-type",
  "unsafe-number",
  "invalid-timestamp",
  "too-large",
] as const;
export type ProblemCode = (typeof problemCodes)[number];

/** An event that may be sent. Absent fields are undefined, never empty. */
export interface ValidEvent {
  readonly type: EventType;
  readonly messageId: string | undefined;
  readonly userId: string | undefined;
  readonly anonymousId: string | undefined;
  readonly previousId: string | undefined;
  readonly groupId: string | undefined;
  readonly event: string | undefined;
  readonly name: string | undefined;
  readonly category: string | undefined;
  readonly properties: object | undefined;
  readonly traits: object | undefined;
  readonly context: object | undefined;
  readonly integrations: object | undefined;
  readonly timestamp: string | undefined;
  readonly originalTimestamp: string | undefined;
  readonly requestIp: string | undefined;
  /** Root fields that have no meaning here and are sent as they are. */
  readonly rest: Readonly<Record<string, unknown>> | undefined;
}

export function validate(event: unknown): Result<ValidEvent> {
  if (!isFields(event)) {
    return failed(problem("", "not-an-event", `Expected an object with a "type", got ${describe(event)}.`));
  }
  try {
    return validateFields(event);
  } catch {
    const message = "Expected an object whose fields can be read, got one that throws; pass a plain object.";
    return failed(problem("", "not-an-event", message));
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function validateFields(fields: Fields): Result<ValidEvent> {
  const found: Problem[] = [];
  const valid: ValidEvent = {
    type: readType(fields["type"], found),
    messageId: readId(fields["messageId"], "messageId", found),
    userId: readId(fields["userId"], "userId", found),
    anonymousId: readId(fields["anonymousId"], "anonymousId", found),
    previousId: readId(fields["previousId"], "previousId", found),
    groupId: readId(fields["groupId"], "groupId", found),
    event: readText(fields["event"], "event", found),
    name: readText(fields["name"], "name", found),
    category: readText(fields["category"], "category", found),
    properties: readObject(fields["properties"], "properties", found),
    traits: readObject(fields["traits"], "traits", found),
    context: readObject(fields["context"], "context", found),
    integrations: readObject(fields["integrations"], "integrations", found),
    timestamp: readTimestamp(fields["timestamp"], "timestamp", found),
    originalTimestamp: readTimestamp(fields["originalTimestamp"], "originalTimestamp", found),
    requestIp: readText(fields["request_ip"], "request_ip", found),
    rest: readRest(fields),
  };
  if (found.length === 0) requireFields(valid, found);
  const [first, ...more] = found;
  return first === undefined ? ok(valid) : failed(first, ...more);
}

function requireFields(event: ValidEvent, found: Problem[]): void {
  if (event.userId === undefined && (event.anonymousId === undefined || event.type === "alias")) {
    const wanted = event.type === "alias" ? "a userId" : "a userId or an anonymousId";
    const message = `Expected ${wanted} with at least one visible character, got none; say whose event it is.`;
    found.push(problem("userId", "no-identity", message));
  }
  if (event.type === "track" && event.event === undefined) {
    found.push(problem("event", "no-event-name", 'Expected the event\'s name, such as "Order Completed", got none.'));
  }
  if (event.type === "group" && event.groupId === undefined) {
    found.push(problem("groupId", "no-group-id", "Expected the group's id, got none; name the group the user is in."));
  }
  if (event.type === "alias" && event.previousId === undefined) {
    found.push(problem("previousId", "no-previous-id", "Expected the id that is joined to userId, got none."));
  }
}

const types: ReadonlySet<unknown> = new Set(eventTypes);

function isEventType(value: unknown): value is EventType {
  return types.has(value);
}

function readType(value: unknown, found: Problem[]): EventType {
  if (isEventType(value)) return value;
  found.push(problem("type", "unknown-type", `Expected one of ${eventTypes.join(", ")}, got ${describe(value)}.`));
  return "track";
}

/** Longer ones are no ids; the gateway would take them, and no destination. */
const maxIdCharacters = 4096;

function readId(value: unknown, path: string, found: Problem[]): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && value.length <= maxIdCharacters) return sanitizeId(value) || undefined;
  if (typeof value === "number") return readNumericId(value, path, found);
  if (typeof value === "bigint" && hasWritableDigits(value)) return String(value);
  if (typeof value === "string") {
    const message = `Expected at most ${maxIdCharacters} characters, got ${value.length}; send a shorter id.`;
    found.push(problem(path, "too-large", message));
  } else {
    found.push(problem(path, "wrong-type", `Expected a text or a number, got ${describe(value)}.`));
  }
  return undefined;
}

/** A fraction is its own shortest text; an integer above 2^53 has been rounded before it came here. */
function readNumericId(value: number, path: string, found: Problem[]): string {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    const message = `Expected a number that is exact, got ${value}; pass ids this large as text.`;
    found.push(problem(path, "unsafe-number", message));
  }
  return String(value);
}

function readText(value: unknown, path: string, found: Problem[]): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  if (value !== undefined && value !== null) {
    found.push(problem(path, "wrong-type", `Expected a text, got ${describe(value)}.`));
  }
  return undefined;
}

function readObject(value: unknown, path: string, found: Problem[]): object | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "object" && holdsFields(value)) return value;
  found.push(problem(path, "wrong-type", `Expected an object with fields, got ${describe(value)}.`));
  return undefined;
}

/** What is written as a JSON object: not a list, nor a Date or a Promise that was not awaited. */
function holdsFields(value: object): boolean {
  try {
    return isPlain(value) || objectTag(value) === "Object" || objectTag(value) === "Map";
  } catch {
    // A revoked proxy: the writer replaces this field and keeps the others.
    return true;
  }
}

function readTimestamp(value: unknown, path: string, found: Problem[]): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = timestampText(value);
  if (text === null) {
    const message = `Expected a valid Date, an ISO 8601 text or milliseconds since 1970, got ${describe(value)}.`;
    found.push(problem(path, "invalid-timestamp", message));
    return undefined;
  }
  return text;
}

/** A text that names its zone is sent as it is: it may hold microseconds, which RudderStack keeps. */
function timestampText(value: unknown): string | null {
  if (typeof value === "string") {
    const ms = parseIsoTime(value);
    if (ms === null) return null;
    return /T.*(?:Z|[+-]\d\d:\d\d)$/.test(value) ? value : isoTime(ms);
  }
  const ms = typeof value === "number" ? value : isDate(value) ? value.getTime() : Number.NaN;
  return isTimeMs(ms) ? isoTime(ms) : null;
}

/** Root fields with a meaning of their own; the last ones are ours to set. */
const knownFields: ReadonlySet<string> = new Set([
  "type",
  "messageId",
  "userId",
  "anonymousId",
  "previousId",
  "groupId",
  "event",
  "name",
  "category",
  "properties",
  "traits",
  "context",
  "integrations",
  "timestamp",
  "originalTimestamp",
  "request_ip",
  "channel",
  "sentAt",
]);

function readRest(fields: Fields): Readonly<Record<string, unknown>> | undefined {
  for (const key in fields) {
    if (!knownFields.has(key)) return restOf(fields);
  }
  return undefined;
}

function restOf(fields: Fields): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !knownFields.has(key)));
}

function problem(path: string, code: ProblemCode, message: string): Problem {
  return { path, code, message };
}

/** What a value is, short enough for a message, and without reading into it. */
function describe(value: unknown): string {
  if (typeof value === "string") return `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  if (typeof value === "symbol" || typeof value === "function" || typeof value === "bigint") return `a ${typeof value}`;
  return String(value);
}
