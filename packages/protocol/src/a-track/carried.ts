/**
 * The field `oncewire` of a context, so that nothing is lost between the canonical event and this wire. On the wire it
 * carries what A-Track has no field for; in a canonical event, what only A-Track says. An event that fits has neither.
 */
import { eventKinds } from "../event.js";
import type { Entity, EventKind, JsonObject, JsonValue } from "../event.js";
import { isoTime, parseIsoTime } from "../iso-time.js";
import { modes } from "./event.js";
import type { Mode } from "./event.js";

export const carriedField = "oncewire";

/** Parts of the canonical event, on the wire. Fields that are absent are what the wire itself says. */
export interface Carried {
  readonly kind?: EventKind;
  readonly name?: string | null;
  readonly userId?: string | null;
  readonly anonymousId?: string | null;
  readonly previousId?: string | null;
  readonly groupId?: string | null;
  readonly sessionId?: string | null;
  readonly occurredAt?: string;
  readonly entities?: readonly Entity[];
}

/** What an init or attributes call does to the user's profile, in a canonical event. */
export interface UserChange {
  readonly mode: Mode;
  readonly isNewUser: boolean;
  readonly profile: JsonObject;
}

const texts = ["name", "userId", "anonymousId", "previousId", "groupId", "sessionId"] as const;

const nothing: Carried = Object.freeze({});

/** Reads what came in; what is not of its type counts as absent, for anyone may send a field of this name. */
export function readCarried(context: JsonObject): Carried {
  const value = context[carriedField];
  if (!isObject(value)) return nothing;
  const { kind, entities, occurredAt } = value;
  const occurredAtMs = typeof occurredAt === "string" ? parseIsoTime(occurredAt) : null;
  const fields = texts.filter((name) => value[name] === null || typeof value[name] === "string");
  return {
    ...Object.fromEntries(fields.map((name) => [name, value[name]])),
    ...(isKind(kind) ? { kind } : {}),
    ...(occurredAtMs === null ? {} : { occurredAt: isoTime(occurredAtMs) }),
    ...(Array.isArray(entities) && entities.every(isEntity) ? { entities } : {}),
  };
}

/** What an identify or session event of this wire says of the user; the defaults for one of another wire. */
export function readUserChange(context: JsonObject): UserChange {
  const value = context[carriedField];
  const { mode, isNewUser, profile } = isObject(value) ? value : {};
  return {
    mode: isMode(mode) ? mode : "merge",
    isNewUser: isNewUser === true,
    profile: isObject(profile) ? profile : {},
  };
}

/** The canonical event's form of it: what is not the default, or null where all of it is. */
export function writeUserChange({ mode, isNewUser, profile }: UserChange): JsonObject | null {
  const hasProfile = Object.keys(profile).length > 0;
  if (mode === "merge" && !isNewUser && !hasProfile) return null;
  return {
    ...(mode === "merge" ? {} : { mode }),
    ...(isNewUser ? { isNewUser } : {}),
    ...(hasProfile ? { profile } : {}),
  };
}

/** The context without the field that is ours. */
export function withoutCarried(context: JsonObject): JsonObject {
  if (!Object.hasOwn(context, carriedField)) return context;
  return Object.fromEntries(Object.entries(context).filter(([name]) => name !== carriedField));
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isKind(value: unknown): value is EventKind {
  return (eventKinds as readonly unknown[]).includes(value);
}

function isMode(value: unknown): value is Mode {
  return (modes as readonly unknown[]).includes(value);
}

function isEntity(value: JsonValue): value is JsonObject & Entity {
  return isObject(value) && typeof value["schema"] === "string" && value["data"] !== undefined;
}
