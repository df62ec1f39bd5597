/**
 * What Micro's own page asks: events as rows of a table, page by page, filtered and sorted; what columns there are, what
 * they hold, and how many events came when. All of it is of the newest events, good and bad, that an answer may hold.
 */
import type { JsonValue } from "@oncewire/protocol";
import { isNested } from "./flat-event.js";
import type { FlatEvent } from "./flat-event.js";
import type { Bucket, TableQuery, TimeRange } from "./table-query.js";

export function eventsPage(rows: readonly FlatEvent[], query: TableQuery): object {
  const found = rows.filter((row) => isAskedFor(row, query));
  const sorted = query.sorting === null ? found : found.toSorted(orderBy(query.sorting));
  const first = (query.page - 1) * query.pageSize;
  return {
    events: sorted.slice(first, first + query.pageSize).map(({ columns }) => columns),
    totalPages: Math.max(Math.ceil(found.length / query.pageSize), 1),
    totalItems: found.length,
  };
}

/** The columns that hold something in any row, and the fields of those that hold objects. */
export function columnsOf(rows: readonly FlatEvent[]): readonly string[] {
  return [...new Set(rows.flatMap(({ columns }) => Object.entries(columns).flatMap(namesOf)))].toSorted();
}

function namesOf([column, value]: readonly [string, JsonValue]): readonly string[] {
  if (value === null) return [];
  return isNested(column) ? [column, ...fieldsOf(value).map((field) => `${column}.${field}`)] : [column];
}

const maxValues = 20;

export function columnStats(rows: readonly FlatEvent[], columns: readonly string[]): object {
  return Object.fromEntries(columns.map((column) => [column, statsOf(rows, column)]));
}

function statsOf(rows: readonly FlatEvent[], column: string): object {
  if (isNested(column)) return { sortable: false, filterable: false, values: null };
  if (column.endsWith("_tstamp")) return { sortable: true, filterable: false, values: null };
  const values = new Set<string>();
  for (const row of rows) {
    const value = textOf(row, column);
    if (value !== null) values.add(value);
    if (values.size > maxValues) return { sortable: true, filterable: true, values: null };
  }
  return { sortable: true, filterable: true, values: [...values].toSorted() };
}

export function timelineOf(rows: readonly FlatEvent[], buckets: readonly Bucket[]): object {
  const points = buckets.map(({ range, asked }) => {
    const within = rows.filter((row) => isWithin(row, range));
    const valid = within.filter(({ isValid }) => isValid).length;
    return { validEvents: valid, failedEvents: within.length - valid, bucket: asked };
  });
  return { points };
}

function isAskedFor(row: FlatEvent, { filters, validEvents, timeRange }: TableQuery): boolean {
  if (validEvents !== null && validEvents !== row.isValid) return false;
  if (!isWithin(row, timeRange)) return false;
  return filters.every(({ column, values }) => {
    if (isNested(column)) return true;
    const found = textOf(row, column)?.toLowerCase();
    return found !== undefined && values.some((value) => value.toLowerCase() === found);
  });
}

function isWithin({ receivedAtMs }: FlatEvent, { fromMs, toMs }: TimeRange): boolean {
  return (fromMs === null || receivedAtMs >= fromMs) && (toMs === null || receivedAtMs < toMs);
}

/** As texts; what is not there stands behind everything else, and before it the other way round. */
function orderBy({ column, desc }: NonNullable<TableQuery["sorting"]>): (one: FlatEvent, other: FlatEvent) => number {
  const compare = (one: FlatEvent, other: FlatEvent): number => {
    const [left, right] = [textOf(one, column), textOf(other, column)];
    if (left === right) return 0;
    if (left === null || right === null) return left === null ? 1 : -1;
    return left < right ? -1 : 1;
  };
  return desc ? (one, other) => compare(other, one) : compare;
}

function textOf({ columns }: FlatEvent, column: string): string | null {
  const value = Object.hasOwn(columns, column) ? (columns[column] ?? null) : null;
  return value === null || typeof value === "object" ? null : String(value);
}

function fieldsOf(value: JsonValue): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.flatMap((item) => (typeof item === "object" && item !== null ? Object.keys(item) : []));
}
