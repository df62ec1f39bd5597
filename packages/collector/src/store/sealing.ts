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
import { idFileName } from "./id-file.js";
import { writeIdFile } from "./sealed-ids.js";
import { StoreError } from "./store-error.js";
import type { StoreFiles } from "./store-files.js";
import { tables, type Table, type TableName } from "./tables.js";

export const manifestName = "manifest.json";

/** The rows of one range of the log, wherever they are now. */
export interface SealInput {
  readonly range: LogRange;
  readonly sealedAtMs: number;
  /** Of its events, in any order. */
  readonly ids: Uint32Array;
  readonly tables: Readonly<Record<TableName, SealTable>>;
}

export interface SealTable {
  readonly rows: number;
  readonly unpackedBytes: number;
  readonly sources: Sources;
}

export interface SealPorts {
  readonly engine: Engine;
  readonly files: StoreFiles;
}

export interface SealedSegment {
  readonly segment: Segment;
  /** In the order of its file. */
  readonly ids: Uint32Array;
}

/**
 * Writes the files of a segment: each aside, synced, and renamed only then. A crash at any point leaves files that the
 * manifest does not list, which the next start removes; the log still has what was in them.
 */
export async function sealSegment({ engine, files }: SealPorts, input: SealInput): Promise<SealedSegment> {
  const sealed: Partial<Record<TableName, SealedFile>> = {};
  for (const table of tables) {
    const { rows, unpackedBytes, sources } = input.tables[table.name];
    if (rows === 0) continue;
    const name = sealedFileName(table.filePrefix, input.range);
    const aside = `${name}.tmp`;
    const relation = relationSql(table, sources);
    await engine.work(
      `COPY (${relation}) TO '${aside}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE ${groupRows(input.tables[table.name])})`,
    );
    const described = await describeFile({ engine, files }, { table, path: aside, name });
    if (described.rows !== rows) {
      throw new StoreError("engine-failed", `${aside} must hold ${rows} rows, it holds ${described.rows}`);
    }
    sealed[table.name] = { ...described, unpackedBytes };
    await files.sync(aside);
    await files.rename(aside, name);
  }
  const { range, sealedAtMs } = input;
  const ids = input.ids.length === 0 ? input.ids : await writeIdFile(files, idFileName(range), input.ids);
  await files.syncFolder();
  return { segment: { ...range, sealedAtMs, files: sealed }, ids };
}

/** From here on the segments of this manifest are the store. */
export async function writeManifest(files: StoreFiles, manifest: Manifest): Promise<void> {
  const aside = `${manifestName}.tmp`;
  await files.writeSynced(aside, manifestText(manifest));
  await files.rename(aside, manifestName);
  await files.syncFolder();
}

/** Opens the file and says what is in it; `unpackedBytes` by what the file says of itself. */
export async function describeFile(
  { engine, files }: SealPorts,
  { table, path, name }: { readonly table: Table; readonly path: string; readonly name: string },
): Promise<SealedFile> {
  const time = `"${timeColumns[table.name]}"`;
  const answer = await engine.work(
    `SELECT count(*), epoch_ms(min(${time})), epoch_ms(max(${time})), ` +
      `(SELECT sum(total_uncompressed_size) FROM parquet_metadata('${path}')) FROM read_parquet('${path}')`,
  );
  const [rows, minTimeMs, maxTimeMs, unpackedBytes] = answer[0] ?? [];
  const { bytes, footerCrc } = (await files.inspect(path)) ?? { bytes: 0, footerCrc: null };
  const crc = await files.checksum(path);
  if (footerCrc === null || crc === undefined) throw new StoreError("engine-failed", `${path} must be a Parquet file`);
  return {
    name,
    rows: Number(rows),
    bytes,
    crc,
    footerCrc,
    unpackedBytes: Number(unpackedBytes ?? bytes),
    minTimeMs: minTimeMs === null ? null : Number(minTimeMs),
    maxTimeMs: maxTimeMs === null ? null : Number(maxTimeMs),
  };
}

/**
 * Small enough that one event is read without unpacking a whole file, large enough to pack well (3 % over one group for
 * all); and fewer where rows are large, as the engine holds some whole groups in memory.
 */
function groupRows({ rows, unpackedBytes }: SealTable): number {
  return Math.max(1, Math.min(maxGroupRows, Math.floor((rows * maxGroupBytes) / unpackedBytes)));
}

const maxGroupRows = 10_240;
const maxGroupBytes = 16 * 1024 * 1024;

const timeColumns: Readonly<Record<TableName, string>> = { events: "time", bad_events: "received_at" };
