import type { Engine } from "./engine.js";
import { cursorAfter, whereSql, type Selection } from "./event-query.js";
import type { Page } from "./event-store.js";
import { rowKey, rowSize, type RowKey, type RowValues } from "./event-row.js";
import { sealedFiles, type SealedFile, type Segment } from "./manifest.js";
import { readBackSql, relationSql, type Sources } from "./relation.js";
import type { Table } from "./tables.js";

/** All of a table at one moment. */
export interface Snapshot {
  readonly table: Table;
  readonly staged: Sources;
  /** Where the staged rows begin. */
  readonly stagedFrom: number;
  /** In the order of the log. */
  readonly segments: readonly Segment[];
  /** What a row takes in memory, on average. */
  readonly rowBytes: number;
}

/** A page of large rows is cut short, so that it fits into memory several times. */
const maxPageBytes = 16 * 1024 * 1024;

export function meanRowBytes(
  staged: { readonly rows: number; readonly bytes: number },
  sealed: readonly SealedFile[],
): number {
  const rows = sealed.reduce((sum, file) => sum + file.rows, staged.rows);
  const bytes = sealed.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, staged.bytes);
  return Math.max(1, bytes / Math.max(1, rows));
}

/** How many rows of the snapshot to ask for at once: some may be four times as large as others. */
export function rowsAtOnce({ rowBytes }: Snapshot): number {
  return Math.max(1, Math.floor(maxPageBytes / 4 / rowBytes));
}

/** All rows of the snapshot, as a query. */
export function snapshotSql({ table, staged, segments }: Snapshot): string {
  return relationSql(table, { ...staged, sealed: names(table, segments) });
}

/**
 * Answers a query newest first. Sealed files hold the log in order, so they are asked from the newest back, twice as
 * many each time, until the page is full: first for the keys of the rows, which is cheap, then for those rows whole.
 */
export async function readPage<T>(
  engine: Engine,
  snapshot: Snapshot,
  page: { readonly selection: Selection; readonly fromRow: (values: RowValues) => T },
): Promise<Page<T>> {
  const { selection, fromRow } = page;
  const found = await findKeys(engine, snapshot, selection);
  const keys = found.keys.slice(0, selection.limit);
  const sources = sourcesHolding(keys, found.sources, snapshot);
  const rows: RowValues[] = [];
  for (let bytes = 0, atOnce = rowsAtOnce(snapshot); rows.length < keys.length;) {
    const piece = keys.slice(rows.length, rows.length + atOnce);
    for (const row of await engine.rows(...rowsSql(snapshot.table, sources, { selection, keys: piece }))) {
      bytes += rowSize(row);
      if (bytes > maxPageBytes && rows.length > 0) return pageOf(found.keys, rows, fromRow);
      rows.push(row);
    }
    atOnce = Math.max(1, Math.floor(((maxPageBytes - bytes) * rows.length) / Math.max(1, bytes)));
  }
  return pageOf(found.keys, rows, fromRow);
}

function pageOf<T>(keys: readonly RowKey[], rows: readonly RowValues[], fromRow: (row: RowValues) => T): Page<T> {
  const last = keys[rows.length - 1];
  const isCut = last !== undefined && keys.length > rows.length;
  return { items: rows.map(fromRow), next: isCut ? cursorAfter(last) : null };
}

interface Found {
  /** Newest first; one more than the page holds, where there is one. */
  readonly keys: readonly RowKey[];
  /** Where they were found. */
  readonly sources: Sources;
}

async function findKeys(engine: Engine, snapshot: Snapshot, selection: Selection): Promise<Found> {
  const { table } = snapshot;
  const where = whereSql(selection);
  const keys: RowKey[] = [];
  let sources: Sources = { sealed: [], staged: [], maxLineBytes: 0 };
  for (const group of groupsNewestFirst(snapshot, selection)) {
    if (group.sealed.length + group.staged.length === 0) continue;
    const wanted = selection.limit + 1 - keys.length;
    if (wanted === 0) break;
    const sql =
      `SELECT CAST("position" AS DOUBLE), CAST("ordinal" AS DOUBLE) FROM (${relationSql(table, group)}) ` +
      `WHERE ${where.sql} ORDER BY "position" DESC, "ordinal" DESC LIMIT ${wanted}`;
    const rows = await engine.rows(sql, where.parameters);
    if (rows.length === 0) continue;
    keys.push(...rows.map(rowKey));
    sources = joined(sources, group);
  }
  return { keys, sources };
}

/** Of the sources that were asked, those that the keys are in. */
function sourcesHolding(keys: readonly RowKey[], asked: Sources, { table, segments }: Snapshot): Sources {
  const holding = segments.filter(({ from, to }) => keys.some(({ position }) => position >= from && position < to));
  const held = new Set(names(table, holding));
  return { ...asked, sealed: asked.sealed.filter((name) => held.has(name)) };
}

/** The same condition, from the first of the keys to the last, gives those rows and no others. */
function rowsSql(
  table: Table,
  sources: Sources,
  { selection, keys }: { readonly selection: Selection; readonly keys: readonly RowKey[] },
): [string, readonly string[]] {
  const where = whereSql(selection);
  const [first, last] = [keys[0] ?? noKey, keys.at(-1) ?? noKey];
  const positions = [...new Set(keys.map(({ position }) => position))].join(", ");
  const sql =
    `SELECT ${readBackSql(table)} FROM (${relationSql(table, sources)}) WHERE ${where.sql} ` +
    `AND "position" IN (${positions}) AND ("position" < ${first.position} OR "ordinal" <= ${first.ordinal}) ` +
    `AND ("position" > ${last.position} OR "ordinal" >= ${last.ordinal}) ` +
    `ORDER BY "position" DESC, "ordinal" DESC`;
  return [sql, where.parameters];
}

const noKey: RowKey = { position: 0, ordinal: 0 };

/** Sources that can hold a row of the selection, so that each group is newer than the next. */
function groupsNewestFirst(snapshot: Snapshot, selection: Selection): readonly Sources[] {
  const { staged, stagedFrom } = snapshot;
  const possible = snapshot.segments.filter((segment) => canHold(snapshot.table, segment, selection)).toReversed();
  // While a gap is being filled, staged rows stand between sealed ones, and only all together are in order.
  const newest = possible[0];
  if (newest !== undefined && newest.to > stagedFrom) return [{ ...staged, sealed: names(snapshot.table, possible) }];
  const groups: Sources[] = [{ ...staged, sealed: names(snapshot.table, possible.slice(0, 1)) }];
  for (let at = 1; at < possible.length; at = at * 2 + 1) {
    const sealed = names(snapshot.table, possible.slice(at, at * 2 + 1));
    groups.push({ sealed, staged: [], maxLineBytes: 0 });
  }
  return groups;
}

function canHold(table: Table, segment: Segment, { before, fromMs, toMs }: Selection): boolean {
  const file = segment.files[table.name];
  if (file === undefined || (before !== null && segment.from > before.position)) return false;
  if (fromMs !== null && (file.maxTimeMs === null || file.maxTimeMs < fromMs)) return false;
  return toMs === null || (file.minTimeMs !== null && file.minTimeMs < toMs);
}

function names(table: Table, segments: readonly Segment[]): readonly string[] {
  return sealedFiles(segments, table.name).map(({ name }) => name);
}

function joined(one: Sources, other: Sources): Sources {
  return {
    sealed: [...one.sealed, ...other.sealed],
    staged: [...one.staged, ...other.staged],
    maxLineBytes: Math.max(one.maxLineBytes, other.maxLineBytes),
  };
}
