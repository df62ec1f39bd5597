import type { Engine } from "./engine.js";
import {
  manifestText,
  sealedFileName,
  type LogRange,
  type Manifest,
  type SealedFile,
  type Segment,
} from "./manifest.js";
import { relationSql, type Sources } from "./relation.js";
import { StoreError } from "./store-error.js";
import type { StoreFiles } from "./store-files.js";
import { tables, type Table, type TableName } from "./tables.js";

export const manifestName = "manifest.json";

/** The rows of one range of the log, wherever they are now. */
export interface SealInput {
  readonly range: LogRange;
  readonly rows: Readonly<Record<TableName, number>>;
  readonly sources: Readonly<Record<TableName, Sources>>;
}

export interface SealPorts {
  readonly engine: Engine;
  readonly files: StoreFiles;
}

/**
 * Writes the files of a segment: each aside, synced, and renamed only then. A crash at any point leaves files that the
 * manifest does not list, which the next start removes; the log still has what was in them.
 */
export async function sealSegment({ engine, files }: SealPorts, input: SealInput): Promise<Segment> {
  const sealed: Partial<Record<TableName, SealedFile>> = {};
  for (const table of tables) {
    const rows = input.rows[table.name];
    if (rows === 0) continue;
    const name = sealedFileName(table.filePrefix, input.range);
    const aside = `${name}.tmp`;
    const relation = relationSql(table, input.sources[table.name]);
    await engine.rows(
      `COPY (${relation}) TO '${aside}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows})`,
    );
    sealed[table.name] = await describeFile({ engine, files }, { table, path: aside, name, rows });
    await files.sync(aside);
    await files.rename(aside, name);
  }
  await files.syncFolder();
  return { ...input.range, files: sealed };
}

/** From here on the segments of this manifest are the store. */
export async function writeManifest(files: StoreFiles, manifest: Manifest): Promise<void> {
  const aside = `${manifestName}.tmp`;
  await files.writeSynced(aside, manifestText(manifest));
  await files.rename(aside, manifestName);
  await files.syncFolder();
}

/** Opens the file and says what is in it. Throws where it will not open or has other than `rows` rows. */
export async function describeFile(
  { engine, files }: SealPorts,
  file: { readonly table: Table; readonly path: string; readonly name: string; readonly rows?: number },
): Promise<SealedFile> {
  const { table, path, name } = file;
  const time = `"${timeColumns[table.name]}"`;
  const bounds = [`min(${time})`, `max(${time})`].map((bound) => `CAST(epoch_ms(${bound}) AS DOUBLE)`);
  const answer = await engine.rows(
    `SELECT CAST(count(*) AS DOUBLE), ${bounds.join(", ")} FROM read_parquet('${path}')`,
  );
  const [rows, minTimeMs, maxTimeMs] = answer[0] ?? [];
  const inspected = await files.inspect(path);
  if (inspected === undefined || (file.rows !== undefined && rows !== file.rows)) {
    throw new StoreError("engine-failed", `${path} must hold ${file.rows} rows, it holds ${String(rows)}`);
  }
  return {
    name,
    rows: Number(rows),
    bytes: inspected.bytes,
    minTimeMs: numberOrNull(minTimeMs),
    maxTimeMs: numberOrNull(maxTimeMs),
  };
}

/** Small enough that one event is read without unpacking a whole file, large enough to pack well: 3 % over one group. */
const groupRows = 10_240;

const timeColumns: Readonly<Record<TableName, string>> = { events: "time", bad_events: "received_at" };

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
