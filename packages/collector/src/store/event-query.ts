import type { CanonicalEvent } from "@oncewire/protocol";
import type { EventQuery } from "./event-store.js";
import type { RowKey } from "./event-row.js";
import { instantMs } from "./iso-instant.js";
import { StoreError } from "./store-error.js";

/** A query that has been checked: which rows, from where on, how many. */
export interface Selection {
  readonly equals: readonly EqualTo[];
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** Only rows before this one: where the page before ended. */
  readonly before: RowKey | null;
  readonly limit: number;
}

interface EqualTo {
  readonly field: TextField;
  readonly value: string;
}

/** Every field that can be asked for, with its column. Queries are made of these names and of nothing that came in. */
const textColumns = {
  project: "project",
  kind: "kind",
  name: "name",
  userId: "user_id",
  anonymousId: "anonymous_id",
  sessionId: "session_id",
  id: "id",
} as const;
type TextField = keyof typeof textColumns;
const textFields = Object.keys(textColumns) as readonly TextField[];

export const maxLimit = 1000;

/** Throws `invalid-query` for what cannot be asked. */
export function resolveSelection(query: EventQuery): Selection {
  const { limit } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
    throw invalid(`\`limit\` must be a whole number from 1 to ${maxLimit}, got ${limit}`);
  }
  return {
    equals: textFields.flatMap((field) => {
      const value = query[field];
      return value === undefined ? [] : [{ field, value: wellFormed(value) }];
    }),
    fromMs: readTime("from", query.from),
    toMs: readTime("to", query.to),
    before: readCursor(query.cursor),
    limit,
  };
}

/** Whether the event is one of those. Says the same as `whereSql`, for events in memory. */
export function matches(selection: Selection, key: RowKey, event: CanonicalEvent): boolean {
  return (
    (selection.before === null || isBefore(key, selection.before)) &&
    selection.equals.every(({ field, value }) => sameText(event[field], value)) &&
    isWithin(selection, event.time)
  );
}

/** The condition, and what it is to be run with. `null` bounds and fields leave no trace in it. */
export function whereSql(selection: Selection): { readonly sql: string; readonly parameters: readonly string[] } {
  const parameters: string[] = [];
  const bind = (value: string | number): string => `$${parameters.push(String(value))}`;
  const conditions = selection.equals.map(({ field, value }) => `"${textColumns[field]}" = ${bind(value)}`);
  if (selection.fromMs !== null) conditions.push(`"time" >= ${timeSql(bind(selection.fromMs))}`);
  if (selection.toMs !== null) conditions.push(`"time" < ${timeSql(bind(selection.toMs))}`);
  if (selection.before !== null) {
    const position = `CAST(${bind(selection.before.position)} AS BIGINT)`;
    const ordinal = `CAST(${bind(selection.before.ordinal)} AS BIGINT)`;
    // The first condition follows from the second; alone it lets whole files and row groups be passed over.
    conditions.push(`"position" <= ${position}`, `("position" < ${position} OR "ordinal" < ${ordinal})`);
  }
  return { sql: conditions.length === 0 ? "true" : conditions.join(" AND "), parameters };
}

export function cursorAfter(key: RowKey): string {
  return `${key.position}-${key.ordinal}`;
}

function readCursor(cursor: string | undefined): RowKey | null {
  if (cursor === undefined) return null;
  const parts = /^(\d{1,16})-(\d{1,9})$/.exec(cursor);
  if (parts === null) throw invalid("`cursor` must be the `next` of the page before");
  return { position: Number(parts[1]), ordinal: Number(parts[2]) };
}

function readTime(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = instantMs(text);
  if (ms === null) throw invalid(`\`${name}\` must be a time such as 2026-11-20T17:00:00.000Z, got ${excerpt(text)}`);
  return ms;
}

function isBefore(key: RowKey, other: RowKey): boolean {
  return key.position < other.position || (key.position === other.position && key.ordinal < other.ordinal);
}

function isWithin({ fromMs, toMs }: Selection, time: string): boolean {
  if (fromMs === null && toMs === null) return true;
  const ms = instantMs(time);
  return ms !== null && (fromMs === null || ms >= fromMs) && (toMs === null || ms < toMs);
}

function timeSql(parameter: string): string {
  return `make_timestamp(CAST(${parameter} AS BIGINT) * 1000)`;
}

function sameText(held: string | null, asked: string): boolean {
  return held === asked || (held !== null && wellFormed(held) === asked);
}

/** As the columns hold it: a lone surrogate is U+FFFD there. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

function excerpt(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}

function invalid(message: string): StoreError {
  return new StoreError("invalid-query", message);
}
