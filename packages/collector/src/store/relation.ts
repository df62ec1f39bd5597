import { stagedFormat } from "./staged-line.js";
import type { Column, Table } from "./tables.js";

/** Where rows of one table are: names of files relative to the store's folder. */
export interface Sources {
  readonly sealed: readonly string[];
  readonly staged: readonly string[];
  /** Bytes of the longest staged line. */
  readonly maxLineBytes: number;
}

/** The rows of all sources, in the sealed form, as a query. Names of files are the store's own: `[a-z0-9./-]` only. */
export function relationSql(table: Table, sources: Sources): string {
  const parts = [];
  if (sources.staged.length > 0) parts.push(stagedSql(table, sources));
  if (sources.sealed.length > 0) parts.push(sealedSql(table, sources.sealed));
  if (parts.length === 0) parts.push(emptySql(table));
  return parts.join(" UNION ALL ");
}

/** Expressions that give a row in the form in which it is read back. */
export function readBackSql(table: Table): string {
  return table.columns.map(readBackColumnSql).join(", ");
}

function sealedSql(table: Table, names: readonly string[]): string {
  const wanted = table.columns.map((column) => `"${column.name}"`).join(", ");
  return `SELECT ${wanted} FROM read_parquet(${listSql(names)})`;
}

function stagedSql(table: Table, sources: Sources): string {
  const types = table.columns.map((column) => `"${column.name}": '${stagedTypes[column.kind]}'`).join(", ");
  const wanted = table.columns.map(sealColumnSql).join(", ");
  // The reader's buffers are as large, so they follow the data instead of guarding against the largest event.
  const maxBytes = Math.max(minLineBytes, sources.maxLineBytes + 1);
  const options = `${stagedFormat}, max_line_size = ${maxBytes}, buffer_size = ${2 * maxBytes}, columns = {${types}}`;
  return `SELECT ${wanted} FROM read_csv(${listSql(sources.staged)}, ${options})`;
}

function emptySql(table: Table): string {
  const nothing = table.columns.map((column) => `CAST(NULL AS ${sealedTypes[column.kind]}) AS "${column.name}"`);
  return `SELECT ${nothing.join(", ")} WHERE false`;
}

const minLineBytes = 1024 * 1024;

const stagedTypes = { integer: "BIGINT", text: "VARCHAR", json: "VARCHAR", time: "BIGINT" } as const;
const sealedTypes = { integer: "BIGINT", text: "VARCHAR", json: "VARCHAR", time: "TIMESTAMP" } as const;

function sealColumnSql(column: Column): string {
  const name = `"${column.name}"`;
  switch (column.kind) {
    case "integer":
    case "text":
    case "json":
      return name;
    case "time":
      return `make_timestamp(${name} * 1000) AS ${name}`;
  }
}

function readBackColumnSql(column: Column): string {
  const name = `"${column.name}"`;
  switch (column.kind) {
    case "integer":
      return `CAST(${name} AS DOUBLE) AS ${name}`;
    case "text":
    case "json":
      return name;
    case "time":
      return `CAST(epoch_ms(${name}) AS DOUBLE) AS ${name}`;
  }
}

function listSql(names: readonly string[]): string {
  return `[${names.map((name) => `'${name}'`).join(", ")}]`;
}
