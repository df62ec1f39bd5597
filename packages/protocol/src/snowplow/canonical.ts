/** An event on the wire as the canonical event; docs/protocols/snowplow.md has the table of all keys. */
import type { Arrival } from "../codec.js";
import type { CanonicalEvent, Entity, JsonObject, JsonValue } from "../event.js";
import { isoTime, isTimeMs } from "../iso-time.js";
import { uuidOf } from "../uuid.js";
import { carriedSchemas, readCarriedContext } from "./carried.js";
import type { CarriedContext } from "./carried.js";
import { readContent } from "./content.js";
import type { Content } from "./content.js";
import { readContexts } from "./embedded-json.js";
import { payloadKeys, sizePattern } from "./payload-keys.js";
import type { Payload } from "./payload-keys.js";
import { excerpt, fault } from "./problem-codes.js";
import type { Fault } from "./problem-codes.js";

/** What is known of an event beside its payload. */
export interface Surroundings {
  readonly arrival: Arrival;
  readonly project: string;
  /** The event's place in its request: an id is made of it for an event that brings none. */
  readonly position: number;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly networkUserId: string;
}

export function readEvent(payload: Payload, around: Surroundings): CanonicalEvent | Fault {
  const wrong = wrongFormat(payload);
  if (wrong !== null) return wrong;
  const content = readContent(payload);
  if (content.kind === "bad") return content;
  const contexts = readContexts(payload);
  if (contexts.kind === "bad") return contexts;
  return assemble(payload, { content, entities: contexts.entities, around });
}

/** Keys that are unknown are passed over: only a posted event has a schema, and it is checked before this. */
function wrongFormat(payload: Payload): Fault | null {
  for (const key in payload) {
    const format = key === "e" ? undefined : payloadKeys.get(key)?.format;
    const value = payload[key];
    if (format === undefined || !value || format.test(value)) continue;
    return fault("wrong-format", `Expected ${format.expected} under ${key}, got ${excerpt(value)}.`);
  }
  return null;
}

interface Parts {
  readonly content: Content;
  readonly entities: readonly Entity[];
  readonly around: Surroundings;
}

function assemble(payload: Payload, { content, entities, around }: Parts): CanonicalEvent {
  const carried = carriedContext(entities);
  const { receivedAtMs } = around.arrival;
  return {
    id: payload["eid"]?.toLowerCase() || uuidOf(around.arrival.requestId, String(around.position)),
    protocol: "snowplow",
    project: around.project,
    kind: content.kind,
    name: carried.name === undefined ? content.name : carried.name,
    ...identityOf(payload, carried),
    occurredAt: timeText(payload["ttm"] || payload["dtm"]),
    sentAt: timeText(payload["stm"]),
    receivedAt: isoTime(receivedAtMs),
    time: isoTime(derivedTimeMs(payload, receivedAtMs)),
    properties: carried.properties ?? content.properties,
    entities: entities.filter(({ schema }) => schema !== carriedSchemas.context),
    context: { ...contextOf(payload, around), ...carried.context },
    library: libraryOf(payload["tv"]),
    wire: payload,
  };
}

type Identity = Pick<CanonicalEvent, "userId" | "anonymousId" | "previousId" | "groupId" | "sessionId">;

function identityOf(payload: Payload, carried: CarriedContext): Identity {
  return {
    userId: payload["uid"] || null,
    anonymousId: carried.anonymousId ?? (payload["duid"] || null),
    previousId: carried.previousId ?? null,
    groupId: carried.groupId ?? null,
    sessionId: carried.sessionId ?? (payload["sid"]?.toLowerCase() || null),
  };
}

const nothingCarried: CarriedContext = {};

function carriedContext(entities: readonly Entity[]): CarriedContext {
  const entity = entities.find(({ schema }) => schema === carriedSchemas.context);
  return entity === undefined ? nothingCarried : readCarriedContext(entity.data);
}

function timeText(ms: string | undefined): string | null {
  return ms ? isoTime(Number(ms)) : null;
}

/** A true timestamp is taken as it is; else a wrong clock cancels out; else nothing better is known than the arrival. */
function derivedTimeMs(payload: Payload, receivedAtMs: number): number {
  const { ttm, dtm, stm } = payload;
  if (ttm) return Number(ttm);
  if (!dtm || !stm || Number(dtm) >= Number(stm)) return receivedAtMs;
  const ms = receivedAtMs - (Number(stm) - Number(dtm));
  return isTimeMs(ms) ? ms : receivedAtMs;
}

/** `py-1.1.0` is version 1.1.0 of `py`. */
function libraryOf(tv: string | undefined): CanonicalEvent["library"] {
  if (!tv) return null;
  const match = /^(.+?)-(\d.*)$/s.exec(tv);
  return { name: match?.[1] ?? tv, version: match?.[2] ?? null };
}

function contextOf(payload: Payload, around: Surroundings): JsonObject {
  return compact({
    ip: payload["ip"]?.split(",")[0]?.trim() || around.ip,
    userAgent: payload["ua"] || around.userAgent,
    locale: payload["lang"],
    timezone: payload["tz"],
    platform: payload["p"],
    app: group({ id: payload["aid"], namespace: payload["tna"] }),
    page: group({ url: payload["url"], title: payload["page"], referrer: payload["refr"] }),
    screen: group({ ...sizeOf(payload["res"]), colorDepth: payload["cd"] }),
    viewport: group(sizeOf(payload["vp"])),
    document: group({ ...sizeOf(payload["ds"]), charset: payload["cs"] }),
    browser: group({ ...features(payload), fingerprint: payload["fp"] }),
    networkUserId: payload["tnuid"] || payload["nuid"] || around.networkUserId,
    sessionIndex: payload["vid"] ? Number(payload["vid"]) : undefined,
    transactionId: payload["tid"],
    deviceTime: payload["ttm"] ? (timeText(payload["dtm"]) ?? undefined) : undefined,
    collector: payload["cv"],
  });
}

type Fields = Readonly<Record<string, JsonValue | undefined>>;

/** Without the fields that are not there. */
function compact(fields: Fields): JsonObject {
  const found: Record<string, JsonValue> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined && value !== null && value !== "") found[name] = value;
  }
  return found;
}

function group(fields: Fields): JsonObject | undefined {
  const found = compact(fields);
  return Object.keys(found).length === 0 ? undefined : found;
}

function sizeOf(text: string | undefined): Fields {
  const match = text ? sizePattern.exec(text) : null;
  return match === null ? {} : { width: Number(match[1]), height: Number(match[2]) };
}

const featureKeys = {
  cookies: "cookie",
  pdf: "f_pdf",
  flash: "f_fla",
  java: "f_java",
  director: "f_dir",
  quicktime: "f_qt",
  realplayer: "f_realp",
  windowsMedia: "f_wma",
  gears: "f_gears",
  silverlight: "f_ag",
} as const;

function features(payload: Payload): Fields {
  const found: Record<string, boolean> = {};
  for (const [name, key] of Object.entries(featureKeys)) {
    const value = payload[key];
    if (value) found[name] = value === "1";
  }
  return found;
}
