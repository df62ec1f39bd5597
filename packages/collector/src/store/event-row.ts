import type {
  BadEvent,
  CanonicalEvent,
  Entity,
  EventKind,
  EventTexts,
  JsonObject,
  JsonValue,
  ProtocolName,
} from "@oncewire/protocol";
import type { StoredBadEvent, StoredEvent } from "./event-store.js";
import { lineOf, StagedRow } from "./staged-line.js";

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
 * The event as one line of a staged file, without the line's end (`staged-line.ts`). Of its `texts` those that
 * are not given are made. Throws where JSON cannot carry the event (nested too deeply).
 */
export function eventLine(key: RowKey, event: CanonicalEvent, texts?: EventTexts): string {
  const row = new StagedRow();
  return lineOf([
    key.position,
    key.ordinal,
    row.text(event.id),
    row.text(event.protocol),
    row.text(event.project),
    row.text(event.kind),
    row.text(event.name),
    row.text(event.userId),
    row.text(event.anonymousId),
    row.text(event.previousId),
    row.text(event.groupId),
    row.text(event.sessionId),
    row.time(event.time),
    row.time(event.occurredAt),
    row.time(event.sentAt),
    row.time(event.receivedAt),
    row.text(event.library?.name ?? null),
    row.text(event.library?.version ?? null),
    row.json(event.properties, texts?.properties),
    row.json(event.entities),
    row.json(event.context),
    row.json(event.wire, texts?.wire),
    row.exact(event),
  ]);
}

export function badEventLine(key: RowKey, bad: BadEvent): string {
  const row = new StagedRow();
  return lineOf([
    key.position,
    key.ordinal,
    row.text(bad.id),
    row.text(bad.protocol),
    row.text(bad.project),
    row.time(bad.receivedAt),
    row.text(bad.code),
    row.text(bad.message),
    row.json(bad.wire),
    row.exact(bad),
  ]);
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
