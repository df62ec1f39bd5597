/**
 * The two tables of the store and their three forms: a line of text while staged, a row of Parquet once sealed, and
 * the values a query gives back. Columns and types are documented for whoever reads the Parquet files with other tools.
 *
 * | kind    | staged (`staged-line.ts`) | sealed (Parquet)     | read back            |
 * |---------|---------------------------|----------------------|----------------------|
 * | integer | digits                    | BIGINT               | number               |
 * | text    | text                      | VARCHAR              | string               |
 * | json    | JSON text                 | VARCHAR, JSON text   | string, JSON text    |
 * | time    | milliseconds, since epoch | TIMESTAMP, UTC       | milliseconds         |
 */
export interface Table {
  readonly name: TableName;
  /** `events` in `events-<from>-<to>.parquet`. */
  readonly filePrefix: string;
  readonly columns: readonly Column[];
}

export type TableName = "events" | "bad_events";

export interface Column {
  readonly name: string;
  readonly kind: "integer" | "text" | "json" | "time";
}

/** `position`, `ordinal` is the order of the log: the request, and the place in it. */
const key = [column("integer", "position"), column("integer", "ordinal")];

/**
 * `exact` is null except for the few rows whose columns cannot hold what came (a lone surrogate, a byte order mark at the
 * beginning, a time that is not `YYYY-MM-DDTHH:MM:SS.mmmZ`): there it is the whole of it as JSON, and the columns are the nearest they can hold.
 */
const exact = column("text", "exact");

export const eventsTable: Table = {
  name: "events",
  filePrefix: "events",
  columns: [
    ...key,
    ...columns("text", ["id", "protocol", "project", "kind", "name"]),
    ...columns("text", ["user_id", "anonymous_id", "previous_id", "group_id", "session_id"]),
    ...columns("time", ["time", "occurred_at", "sent_at", "received_at"]),
    ...columns("text", ["library_name", "library_version"]),
    ...columns("json", ["properties", "entities", "context", "wire"]),
    exact,
  ],
};

export const badEventsTable: Table = {
  name: "bad_events",
  filePrefix: "bad",
  columns: [
    ...key,
    ...columns("text", ["id", "protocol", "project"]),
    column("time", "received_at"),
    ...columns("text", ["code", "message"]),
    column("json", "wire"),
    exact,
  ],
};

export const tables: readonly Table[] = [eventsTable, badEventsTable];

function column(kind: Column["kind"], name: string): Column {
  return { name, kind };
}

function columns(kind: Column["kind"], names: readonly string[]): readonly Column[] {
  return names.map((name) => column(kind, name));
}
