import type { Engine } from "./engine.js";
import { eventFromRow, type RowValues } from "./event-row.js";
import type { LoggedEvent } from "./event-store.js";
import { sealedFiles, type LogRange } from "./manifest.js";
import { rowsAtOnce, type Snapshot } from "./page-reader.js";
import { readBackSql, relationSql, type Sources } from "./relation.js";

/** Stored events of the beginning of a range, in the order of the log. */
export interface RangePage {
  readonly events: readonly LoggedEvent[];
  /** Everything of the range below it was read. */
  readonly to: number;
}

/**
 * Reads about `maxRows` events from the beginning of a range on, but always whole positions, in the order of the log.
 * The message as received (`wire`) is left out, except where the columns do not hold the event exactly.
 */
export async function readRange(
  engine: Engine,
  snapshot: Snapshot,
  { range, maxRows: mostRows }: { readonly range: LogRange; readonly maxRows: number },
): Promise<RangePage> {
  const { table } = snapshot;
  const maxRows = Math.min(mostRows, rowsAtOnce(snapshot));
  const { sources, to } = beginningOf(snapshot, range);
  const sql =
    `SELECT ${readBackSql(table)} FROM (SELECT * REPLACE ('null' AS "wire") FROM (${relationSql(table, sources)})) ` +
    `WHERE "position" >= ${range.from} AND "position" < ${to} ORDER BY "position", "ordinal" LIMIT ${maxRows}`;
  const events = (await engine.rows(sql)).map(loggedFromRow);
  const last = events.at(-1);
  if (last === undefined || events.length < maxRows) return { events, to };
  const whole = events.filter(({ position }) => position < last.position);
  if (whole.length > 0) return { events: whole, to: last.position };
  // One request brought more events than that.
  return await readRange(engine, snapshot, { range, maxRows: maxRows * 4 });
}

/** One sealed file, or what is staged between two of them: however much there is, a page costs one file. */
function beginningOf(
  { table, staged, segments }: Snapshot,
  { from, to }: LogRange,
): { readonly sources: Sources; readonly to: number } {
  const next = segments.find((segment) => segment.to > from && segment.from < to);
  if (next === undefined) return { sources: { ...staged, sealed: [] }, to };
  if (next.from > from) return { sources: { ...staged, sealed: [] }, to: next.from };
  const sealed = sealedFiles([next], table.name).map(({ name }) => name);
  return { sources: { sealed, staged: [], maxLineBytes: 0 }, to: Math.min(to, next.to) };
}

function loggedFromRow(row: RowValues): LoggedEvent {
  const { position, ...event } = eventFromRow(row);
  return { position, event };
}
