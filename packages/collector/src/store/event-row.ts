import type {
  BadEvent,
  CanonicalEvent,
  Entity,
  EventKind,
  JsonObject,
  JsonValue,
  ProtocolName,
} from "@oncewire/protocol";
import type { StoredBadEvent, StoredEvent } from "./event-store.js";
import { canonicalInstantMs, instantMs } from "./iso-instant.js";

/** Where a row stands in the log: the request's position, and the place among the request's events. */
export interface RowKey {
  readonly position: number;
  readonly ordinal: number;
}

/** What the engine gives back for a row: values in the order of the table's columns. */
export type RowValues = readonly unknown[];

export function rowKey(values: RowValues): RowKey {
  return { position: Number(values[0]), ordinal: Number(values[1]) };
}

/** Roughly what the row takes in memory: its texts. */
export function rowSize(values: RowValues): number {
  return values.reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 0), 0);
}

/** The event as one line of NDJSON, without the line's end. Throws where JSON cannot carry it (nested too deeply). */
export function eventLine(key: RowKey, event: CanonicalEvent): string {
  const times = new Times();
  const row = {
    position: key.position,
    ordinal: key.ordinal,
    id: event.id,
    protocol: event.protocol,
    project: event.project,
    kind: event.kind,
    name: event.name,
    user_id: event.userId,
    anonymous_id: event.anonymousId,
    previous_id: event.previousId,
    group_id: event.groupId,
    session_id: event.sessionId,
    time: times.milliseconds(event.time),
    occurred_at: times.milliseconds(event.occurredAt),
    sent_at: times.milliseconds(event.sentAt),
    received_at: times.milliseconds(event.receivedAt),
    library_name: event.library?.name ?? null,
    library_version: event.library?.version ?? null,
    properties: event.properties,
    entities: event.entities,
    context: event.context,
    wire: event.wire,
    exact: times.areExact ? null : JSON.stringify(event),
  };
  return wellFormedLine(row, event);
}

export function badEventLine(key: RowKey, bad: BadEvent): string {
  const times = new Times();
  const row = {
    position: key.position,
    ordinal: key.ordinal,
    id: bad.id,
    protocol: bad.protocol,
    project: bad.project,
    received_at: times.milliseconds(bad.receivedAt),
    code: bad.code,
    message: bad.message,
    wire: bad.wire,
    exact: times.areExact ? null : JSON.stringify(bad),
  };
  return wellFormedLine(row, bad);
}

export function eventFromRow(values: RowValues): StoredEvent {
  const row = new RowReader(values);
  const position = row.number();
  row.number();
  const event = {
    position,
    id: row.text(),
    protocol: row.text() as ProtocolName,
    project: row.text(),
    kind: row.text() as EventKind,
    name: row.optionalText(),
    userId: row.optionalText(),
    anonymousId: row.optionalText(),
    previousId: row.optionalText(),
    groupId: row.optionalText(),
    sessionId: row.optionalText(),
    time: row.time() ?? "",
    occurredAt: row.time(),
    sentAt: row.time(),
    receivedAt: row.time() ?? "",
    library: libraryFrom(row.optionalText(), row.optionalText()),
    properties: row.json() as JsonObject,
    entities: row.json() as unknown as readonly Entity[],
    context: row.json() as JsonObject,
    wire: row.json(),
  };
  const exact = row.optionalText();
  return exact === null ? event : { ...(JSON.parse(exact) as CanonicalEvent), position };
}

export function badEventFromRow(values: RowValues): StoredBadEvent {
  const row = new RowReader(values);
  const position = row.number();
  row.number();
  const bad = {
    position,
    id: row.text(),
    protocol: row.text() as ProtocolName,
    project: row.text(),
    receivedAt: row.time() ?? "",
    code: row.text(),
    message: row.text(),
    wire: row.json(),
  };
  const exact = row.optionalText();
  return exact === null ? bad : { ...(JSON.parse(exact) as BadEvent), position };
}

/** Reads a row's values one after the other, in the order of the columns. */
class RowReader {
  readonly #values: RowValues;
  #at = 0;

  constructor(values: RowValues) {
    this.#values = values;
  }

  number(): number {
    return Number(this.#next());
  }

  text(): string {
    return this.optionalText() ?? "";
  }

  optionalText(): string | null {
    const value = this.#next();
    return typeof value === "string" ? value : null;
  }

  time(): string | null {
    const value = this.#next();
    return value === null ? null : new Date(Number(value)).toISOString();
  }

  json(): JsonValue {
    const text = this.optionalText();
    return text === null ? null : (JSON.parse(text) as JsonValue);
  }

  #next(): unknown {
    const value = this.#values[this.#at];
    this.#at += 1;
    return value ?? null;
  }
}

function libraryFrom(name: string | null, version: string | null): CanonicalEvent["library"] {
  return name === null ? null : { name, version };
}

/** Reads the times of one event, and knows whether all of them can be had again from their milliseconds. */
class Times {
  areExact = true;

  milliseconds(text: string | null): number | null {
    if (text === null) return null;
    const ms = canonicalInstantMs(text);
    if (ms !== undefined) return ms;
    this.areExact = false;
    return instantMs(text);
  }
}

/**
 * JSON.stringify writes a lone surrogate as an escape, which the engine's JSON reader refuses. Such a row keeps the
 * original in `exact` and U+FFFD in its columns.
 */
function wellFormedLine(row: object, original: object): string {
  const line = JSON.stringify(row);
  if (!line.includes("\\ud") || replaceLoneSurrogates(line) === line) return line;
  return replaceLoneSurrogates(JSON.stringify({ ...row, exact: JSON.stringify(original) }));
}

/** Works on JSON text: an escaped backslash is taken whole, so that what follows it is not read as an escape. */
function replaceLoneSurrogates(json: string): string {
  return json.replace(/\\(?:u(d[89a-f][0-9a-f]{2})|.)/g, (escape, surrogate: string | undefined) =>
    surrogate === undefined ? escape : "\\ufffd",
  );
}
