/** Questions that are put as SQL: those of a person, and those that the collector words itself. */
import type { RequestHead } from "@oncewire/protocol";
import { filterColumns, filterNames, QueryReader } from "./query-reader.js";

export interface SqlBounds {
  readonly maxRows: number;
  readonly timeoutMs: number;
}

export interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly truncated: boolean;
}

/** One SELECT over `events` and `bad_events`, which can read nothing else and write nothing. */
export interface SqlReader {
  sql(text: string, bounds: SqlBounds): Promise<SqlAnswer>;
}

const maxTimeoutMs = 300_000;
const timeouts = { least: 1, most: maxTimeoutMs, byDefault: 30_000 };

/** `GET /api/sql?query=SELECT…`: columns, and rows in their order. */
export async function runSql(store: SqlReader, head: RequestHead): Promise<unknown> {
  const query = new QueryReader(head.query, ["query", "limit", "timeoutMs"]);
  const maxRows = query.integer("limit", { least: 1, most: 100_000, byDefault: 1_000 });
  const bounds = { maxRows, timeoutMs: query.integer("timeoutMs", timeouts) };
  return withNumbers(await store.sql(query.required("query"), bounds));
}

/** Types that reach beyond what a JSON number is sure to hold; the store gives their values as text. */
const wideTypes: ReadonlySet<string> = new Set(["BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT"]);

/** What a number holds is a number, so that a count is one; what it does not stays text, to the last digit. */
function withNumbers({ columns, rows, truncated }: SqlAnswer): SqlAnswer {
  const isWide = columns.map(({ type }) => wideTypes.has(type));
  const shown = rows.map((row) => row.map((value, index) => (isWide[index] === true ? numberIfSafe(value) : value)));
  return { columns, rows: shown, truncated };
}

function numberIfSafe(value: unknown): unknown {
  return typeof value === "string" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

const buckets = ["minute", "hour", "day", "week", "month"] as const;
const groupColumns = { project: "project", protocol: "protocol", kind: "kind", name: "name" } as const;
const groups = Object.keys(groupColumns) as readonly (keyof typeof groupColumns)[];
const maxCounts = 10_000;

/** `GET /api/counts`: how many events, by time and by one of their fields, narrowed as `/api/events` is. */
export async function countEvents(store: SqlReader, head: RequestHead): Promise<unknown> {
  const query = new QueryReader(head.query, [...filterNames, "from", "to", "by", "group"]);
  const by = query.choice("by", buckets);
  const group = query.choice("group", groups);
  const time = by === undefined ? "NULL" : `date_trunc('${by}', "time")`;
  const key = group === undefined ? "NULL" : `"${groupColumns[group]}"`;
  const text =
    'SELECT CAST(epoch_ms("bucket") AS DOUBLE), "label", CAST("counted" AS DOUBLE) FROM ' +
    `(SELECT ${time} AS "bucket", ${key} AS "label", count(*) AS "counted" FROM events WHERE ${whereText(query)} GROUP BY "bucket", "label") ` +
    'ORDER BY "bucket" DESC, "counted" DESC, "label"';
  const { rows, truncated } = await store.sql(text, { maxRows: maxCounts, timeoutMs: timeouts.byDefault });
  return { items: rows.map(countItem), truncated };
}

function countItem([at, key, count]: readonly unknown[]): object {
  return { time: typeof at === "number" ? new Date(at).toISOString() : null, key, count };
}

function whereText(query: QueryReader): string {
  const filters = query.filters();
  const conditions = filterNames.flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [`"${filterColumns[name]}" = ${textLiteral(value)}`];
  });
  for (const [name, comparison] of [
    ["from", ">="],
    ["to", "<"],
  ] as const) {
    const time = query.time(name);
    if (time !== undefined) conditions.push(`"time" ${comparison} make_timestamp(${Date.parse(time)}000)`);
  }
  return conditions.length === 0 ? "true" : conditions.join(" AND ");
}

/** A text in SQL, in an alphabet in which nothing can end it. */
export function textLiteral(text: string): string {
  return `decode(from_base64('${Buffer.from(text).toString("base64")}'))`;
}
