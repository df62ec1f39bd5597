/** What is asked of the table of events, in Micro's words. */
import { checkNames, invalid, jsonValues } from "./filters.js";

export interface TimeRange {
  /** Milliseconds since the epoch; inclusive, and null for no bound. */
  readonly fromMs: number | null;
  /** Exclusive. */
  readonly toMs: number | null;
}

export interface TableQuery {
  readonly filters: readonly { readonly column: string; readonly values: readonly string[] }[];
  /** Null for valid ones and others. */
  readonly validEvents: boolean | null;
  readonly timeRange: TimeRange;
  readonly sorting: { readonly column: string; readonly desc: boolean } | null;
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
}

export interface Bucket {
  readonly range: TimeRange;
  /** As it was asked for. */
  readonly asked: object;
}

const maxPageSize = 1_000;
const always: TimeRange = { fromMs: null, toMs: null };

export function readTableQuery(body: Uint8Array): TableQuery {
  const given = jsonValues(body);
  checkNames(given, ["filters", "validEvents", "timeRange", "sorting", "page", "pageSize"]);
  return {
    filters: list("filters", given["filters"] ?? []).map(readFilter),
    validEvents: readFlag("validEvents", given["validEvents"] ?? null),
    timeRange: given["timeRange"] == null ? always : readRange("timeRange", given["timeRange"]),
    sorting: given["sorting"] == null ? null : readSorting(given["sorting"]),
    page: count("page", given["page"] ?? 1),
    pageSize: Math.min(count("pageSize", given["pageSize"] ?? 50), maxPageSize),
  };
}

export function readColumns(body: Uint8Array): readonly string[] {
  const given = jsonValues(body);
  checkNames(given, ["columns"]);
  return list("columns", given["columns"] ?? []).map((column) => text("columns", column));
}

export function readBuckets(body: Uint8Array): readonly Bucket[] {
  const given = jsonValues(body);
  checkNames(given, ["buckets"]);
  return list("buckets", given["buckets"] ?? []).map((bucket) => ({
    range: readRange("buckets", bucket),
    asked: fields("buckets", bucket),
  }));
}

/** Before 4.4 a filter had one `value`. */
function readFilter(given: unknown): TableQuery["filters"][number] {
  const filter = fields("filters", given);
  checkNames(filter, ["column", "values", "value"]);
  const values = filter["values"] ?? [filter["value"]];
  return {
    column: text("filters.column", filter["column"]),
    values: list("filters.values", values).map((value) => text("filters.values", value)),
  };
}

function readSorting(given: unknown): TableQuery["sorting"] {
  const sorting = fields("sorting", given);
  checkNames(sorting, ["column", "desc"]);
  return {
    column: text("sorting.column", sorting["column"]),
    desc: readFlag("sorting.desc", sorting["desc"] ?? false) ?? false,
  };
}

function readRange(name: string, given: unknown): TimeRange {
  const range = fields(name, given);
  checkNames(range, ["start", "end"]);
  return { fromMs: timeMs(`${name}.start`, range["start"]), toMs: timeMs(`${name}.end`, range["end"]) };
}

/** ISO 8601, or milliseconds. */
function timeMs(name: string, value: unknown): number | null {
  if (value === undefined || value === null) return null;
  const ms = typeof value === "string" ? Date.parse(value) : value;
  if (typeof ms === "number" && Number.isFinite(ms)) return ms;
  throw invalid(`\`${name}\` must be an ISO 8601 time, or milliseconds`);
}

function fields(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw invalid(`\`${name}\` must hold objects`);
}

function list(name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(`\`${name}\` must be a list`);
}

function text(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw invalid(`\`${name}\` must be a text`);
}

function readFlag(name: string, value: unknown): boolean | null {
  if (value === null || typeof value === "boolean") return value;
  throw invalid(`\`${name}\` must be true, false or null`);
}

function count(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && Number(value) >= 1) return Number(value);
  throw invalid(`\`${name}\` must be an integer of 1 or more`);
}
