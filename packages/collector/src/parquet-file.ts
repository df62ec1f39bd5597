/** Canonical events in NDJSON as a Parquet file, with columns as in the store's files, so that tools read both alike. */
import { CollectorError } from "./errors.js";

/** Name of the column, field of the canonical event, and what it is. */
const columns = [
  ["position", "position", "integer"],
  ["id", "id", "text"],
  ["protocol", "protocol", "text"],
  ["project", "project", "text"],
  ["kind", "kind", "text"],
  ["name", "name", "text"],
  ["user_id", "userId", "text"],
  ["anonymous_id", "anonymousId", "text"],
  ["previous_id", "previousId", "text"],
  ["group_id", "groupId", "text"],
  ["session_id", "sessionId", "text"],
  ["time", "time", "time"],
  ["occurred_at", "occurredAt", "time"],
  ["sent_at", "sentAt", "time"],
  ["received_at", "receivedAt", "time"],
  ["properties", "properties", "json"],
  ["entities", "entities", "json"],
  ["context", "context", "json"],
  ["wire", "wire", "json"],
] as const;
type ColumnKind = (typeof columns)[number][2];

const readTypes: Readonly<Record<ColumnKind, string>> = {
  integer: "BIGINT",
  text: "VARCHAR",
  time: "VARCHAR",
  json: "JSON",
};

/** A request may be 4,000 KiB, and an event with what is derived from it some times that. */
const maxObjectBytes = 67_108_864;

/**
 * Writes the events of one file into another, zstd, in their order.
 *
 * @throws CollectorError `data-not-writable` when one cannot be read or the other not be written.
 */
export async function writeParquet(ndjsonPath: string, parquetPath: string): Promise<void> {
  // Only here: the engine is a native library that nothing else in this process needs.
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    await connection.run(
      `COPY (SELECT ${columns.map(selectSql).join(", ")}, ${librarySql} FROM read_json(${textSql(ndjsonPath)}, ` +
        `format = 'newline_delimited', maximum_object_size = ${maxObjectBytes}, columns = {${columns.map(readSql).join(", ")}, "library": 'JSON'})) ` +
        `TO ${textSql(parquetPath)} (FORMAT parquet, COMPRESSION zstd)`,
    );
  } catch (error) {
    throw new CollectorError("data-not-writable", `${parquetPath} cannot be written: ${String(error)}`, error);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const librarySql = `"library"->>'name' AS library_name, "library"->>'version' AS library_version`;

function readSql([, field, kind]: (typeof columns)[number]): string {
  return `"${field}": '${readTypes[kind]}'`;
}

function selectSql([name, field, kind]: (typeof columns)[number]): string {
  switch (kind) {
    case "integer":
    case "text":
      return `"${field}" AS "${name}"`;
    case "json":
      return `CAST("${field}" AS VARCHAR) AS "${name}"`;
    case "time":
      // What is no time in the column's sense is none here; the wire has it as it came.
      return `TRY_CAST("${field}" AS TIMESTAMP) AS "${name}"`;
  }
}

function textSql(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
