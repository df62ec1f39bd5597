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
import { StagedLine } from "./staged-line.js";

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

/**
 * The event as one line of a staged file, without the line's end (`staged-line.ts`). Throws where JSON cannot carry it
 * (nested too deeply).
 */
export function eventLine(key: RowKey, event: CanonicalEvent): string {
  const line = new StagedLine(key);
  line.texts(event.id, event.protocol, event.project, event.kind, event.name);
  line.texts(event.userId, event.anonymousId, event.previousId, event.groupId, event.sessionId);
  line.times(event.time, event.occurredAt, event.sentAt, event.receivedAt);
  line.texts(event.library?.name ?? null, event.library?.version ?? null);
  line.json(event.properties, event.entities, event.context, event.wire);
  return line.endWith(event);
}

export function badEventLine(key: RowKey, bad: BadEvent): string {
  const line = new StagedLine(key);
  line.texts(bad.id, bad.protocol, bad.project);
  line.times(bad.receivedAt);
  line.texts(bad.code, bad.message);
  line.json(bad.wire);
  return line.endWith(bad);
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
