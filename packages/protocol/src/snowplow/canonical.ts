/** An event on the wire as the canonical event; docs/protocols/snowplow.md has the table of all keys. */
import type { Arrival } from "../codec.js";
import type { CanonicalEvent, Entity } from "../event.js";
import { isoTime, isTimeMs } from "../iso-time.js";
import { uuidOf } from "../uuid.js";
import { carriedSchemas, readCarriedContext } from "./carried.js";
import type { CarriedContext } from "./carried.js";
import { readContent } from "./content.js";
import type { Content } from "./content.js";
import { formatFault, readContext } from "./context.js";
import type { Sender } from "./context.js";
import { eventIdOf } from "./event-id.js";
import { readContexts } from "./embedded-json.js";
import type { Payload } from "./payload-keys.js";
import { fault } from "./problem-codes.js";
import type { Fault } from "./problem-codes.js";

/** An event in which nothing was found wrong: what was read of it for that, and what is left to read. */
export interface CheckedEvent {
  readonly kind: "checked";
  readonly payload: Payload;
  readonly content: Content;
  readonly entities: readonly Entity[];
  /** Its place in its request: an id is made of it for an event that brings none. */
  readonly position: number;
}

/** What is known of an event beside its payload. */
export interface Surroundings {
  readonly arrival: Arrival;
  readonly project: string;
  readonly sender: Sender;
  readonly receivedAt: string;
}

/** Null for data that may be of its schema, else why it is not. Pure, and the same for the same data. */
export type DataCheck = (described: Entity) => DataFault | null;

export interface DataFault {
  readonly code: "schema-violation" | "unknown-schema";
  /** What was expected, what came, what to do. */
  readonly message: string;
}

export function checkEvent(payload: Payload, position: number, checkData: DataCheck): CheckedEvent | Fault {
  const wrongFormat = formatFault(payload);
  if (wrongFormat !== null) return wrongFormat;
  const content = readContent(payload);
  if (content.kind === "bad") return content;
  const contexts = readContexts(payload);
  if (contexts.kind === "bad") return contexts;
  const { entities } = contexts;
  return violation(content.described, entities, checkData) ?? { kind: "checked", payload, content, entities, position };
}

/** What an event costs its pipeline: one of its data that is not of its schema. */
function violation(event: Entity | undefined, entities: readonly Entity[], check: DataCheck): Fault | null {
  const why = (event === undefined ? null : check(event)) ?? firstOf(entities, check);
  return why === null ? null : fault(why.code, why.message);
}

function firstOf(entities: readonly Entity[], check: DataCheck): DataFault | null {
  for (const entity of entities) {
    const why = check(entity);
    if (why !== null) return why;
  }
  return null;
}

export function canonicalEvent(checked: CheckedEvent, around: Surroundings): CanonicalEvent {
  const { payload, content, entities, position } = checked;
  const carried = carriedContext(entities);
  const context = readContext(payload, around.sender);
  const { userId, anonymousId, previousId, groupId, sessionId } = identityOf(payload, carried);
  const { occurredAt, sentAt, time } = timesOf(payload, around.arrival.receivedAtMs);
  return {
    id: idOf(payload, carried) ?? uuidOf(around.arrival.requestId, String(position)),
    protocol: "snowplow",
    project: around.project,
    kind: content.kind,
    name: carried.name === undefined ? content.name : carried.name,
    userId,
    anonymousId,
    previousId,
    groupId,
    sessionId,
    occurredAt,
    sentAt,
    receivedAt: around.receivedAt,
    time,
    properties: carried.properties ?? content.properties,
    entities: carried === nothingCarried ? entities : entities.filter(isTheirs),
    context: carried.context === undefined ? context : { ...context, ...carried.context },
    library: libraryOf(payload["tv"]),
    wire: payload,
  };
}

/** Null where the event brings none. A carried id counts where the wire's is made of it: it may be anyone's word. */
function idOf({ eid }: Payload, { id }: CarriedContext): string | null {
  if (!eid) return null;
  const wireId = eid.toLowerCase();
  return id !== undefined && eventIdOf(id) === wireId ? id : wireId;
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
  const entity = entities.find((one) => !isTheirs(one));
  return entity === undefined ? nothingCarried : readCarriedContext(entity.data);
}

function isTheirs({ schema }: Entity): boolean {
  return schema !== carriedSchemas.context;
}

type Times = Pick<CanonicalEvent, "occurredAt" | "sentAt" | "time">;

/** A true timestamp is taken as it is; else a wrong clock cancels out; else nothing better is known than the arrival. */
function timesOf({ ttm, dtm, stm }: Payload, receivedAtMs: number): Times {
  const trueMs = ttm ? Number(ttm) : null;
  const createdMs = dtm ? Number(dtm) : null;
  const sentMs = stm ? Number(stm) : null;
  const occurredMs = trueMs ?? createdMs;
  const isSkewKnown = createdMs !== null && sentMs !== null && createdMs < sentMs;
  const correctedMs = isSkewKnown ? receivedAtMs - (sentMs - createdMs) : receivedAtMs;
  return {
    occurredAt: occurredMs === null ? null : isoTime(occurredMs),
    sentAt: sentMs === null ? null : isoTime(sentMs),
    time: isoTime(trueMs ?? (isTimeMs(correctedMs) ? correctedMs : receivedAtMs)),
  };
}

let lastTv = "";
let lastLibrary: CanonicalEvent["library"] = null;

/** `py-1.1.0` is version 1.1.0 of `py`. Most events come from the library of the event before. */
function libraryOf(tv = ""): CanonicalEvent["library"] {
  if (tv !== lastTv) {
    const match = /^(.+?)-(\d.*)$/s.exec(tv);
    lastLibrary = tv === "" ? null : { name: match?.[1] ?? tv, version: match?.[2] ?? null };
    lastTv = tv;
  }
  return lastLibrary;
}
