/**
 * What opening does with a folder, in whatever state a crash or a failing disk left it:
 *
 * - A file that the manifest does not list is removed: sealing was interrupted, and the log still has what it held.
 * - A segment with a file that is missing, or not as long as it was, or with another footer, is put aside
 *   (`<name>.unreadable`) and taken off the list. That leaves a gap; the store's position is where the first gap begins,
 *   so the log is read again from there, and what other segments hold is passed over. Nothing is kept twice, and no good
 *   file is given up.
 * - A manifest that cannot be read is put aside, and made again from the sealed files that open.
 */
import type { Runtime } from "../runtime.js";
import { idFileName } from "./id-file.js";
import {
  emptyManifest,
  parseManifest,
  sealedFiles,
  withoutSegment,
  withSegment,
  type Manifest,
  type SealedFile,
  type Segment,
} from "./manifest.js";
import { describeFile, manifestName, writeManifest, type SealPorts } from "./sealing.js";
import { isStoreError } from "./store-error.js";
import type { StoreFiles } from "./store-files.js";
import { tables, type TableName } from "./tables.js";

export interface Recovered {
  readonly manifest: Manifest;
  /** Names of what was put aside, or is missing. */
  readonly unreadable: readonly string[];
}

export interface RecoveryPorts extends SealPorts {
  readonly runtime: Pick<Runtime, "nowMs">;
}

/** `scratchFolders` hold files that never outlive the process that wrote them. */
export async function recoverStore(ports: RecoveryPorts, scratchFolders: readonly string[]): Promise<Recovered> {
  const { files } = ports;
  const unreadable: string[] = [];
  const text = await files.readText(manifestName);
  const listed = await readManifest(ports, text, unreadable);
  let manifest = listed;
  for (const segment of listed.segments) {
    const whole = await Promise.all(sealedFiles([segment]).map((file) => isWhole(files, file)));
    if (whole.every(Boolean)) continue;
    manifest = withoutSegment(manifest, segment);
    unreadable.push(...(await putAside(files, segment)));
  }
  if (text === undefined || unreadable.length > 0 || manifest !== listed) await writeManifest(files, manifest);
  await removeUnlisted(files, manifest, scratchFolders);
  return { manifest, unreadable };
}

async function readManifest(ports: RecoveryPorts, text: string | undefined, unreadable: string[]): Promise<Manifest> {
  try {
    if (text !== undefined) return parseManifest(text);
  } catch (error) {
    if (!isStoreError(error)) throw error;
    await renameAside(ports.files, manifestName);
    unreadable.push(manifestName);
  }
  return await manifestFromFiles(ports);
}

/** Of files that overlap, a merged one and those it was made of, the longer is taken. */
async function manifestFromFiles(ports: RecoveryPorts): Promise<Manifest> {
  const segments = new Map<string, Segment>();
  for (const name of await ports.files.list(".")) {
    const found = await openSealedFile(ports, name);
    if (found === undefined) continue;
    const key = `${found.from}-${found.to}`;
    const files = { ...segments.get(key)?.files, [found.table]: found.file };
    segments.set(key, { from: found.from, to: found.to, sealedAtMs: ports.runtime.nowMs(), files });
  }
  const sorted = [...segments.values()].toSorted((one, other) => one.from - other.from || other.to - one.to);
  let manifest = emptyManifest;
  for (const segment of sorted) {
    if (segment.from >= (manifest.segments.at(-1)?.to ?? 0)) manifest = withSegment(manifest, segment);
  }
  return manifest;
}

interface OpenedFile {
  readonly table: TableName;
  readonly from: number;
  readonly to: number;
  readonly file: SealedFile;
}

async function openSealedFile(ports: RecoveryPorts, name: string): Promise<OpenedFile | undefined> {
  const parts = /^(events|bad)-(\d{16})-(\d{16})\.parquet$/.exec(name);
  const table = tables.find(({ filePrefix }) => filePrefix === parts?.[1]);
  if (parts === null || table === undefined) return undefined;
  const file = await orIfDamaged(describeFile(ports, { table, path: name, name }));
  return file && { table: table.name, from: Number(parts[2]), to: Number(parts[3]), file };
}

/** Only the footers are read, so that a start costs little however much there is; `damaged-files.ts` reads the rest. */
async function isWhole(files: StoreFiles, file: SealedFile): Promise<boolean> {
  const found = await files.inspect(file.name);
  return found !== undefined && found.bytes === file.bytes && found.footerCrc === file.footerCrc;
}

/** Undefined where the engine works and says that it cannot read the file. */
async function orIfDamaged<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isStoreError(error) && error.code === "engine-failed") return undefined;
    throw error;
  }
}

/** All files of the segment, so that none of its range is there twice once it has been read again. Their names, also of one that is missing. */
export async function putAside(files: StoreFiles, segment: Segment): Promise<readonly string[]> {
  const names: string[] = [];
  await files.remove(idFileName(segment));
  const before = new Set(await files.list("."));
  for (const { name } of sealedFiles([segment])) {
    if (before.has(name)) await renameAside(files, name);
    // Where it was put aside already, that was told.
    else if (before.has(asideName(name))) continue;
    names.push(name);
  }
  return names;
}

async function renameAside(files: StoreFiles, name: string): Promise<void> {
  await files.rename(name, asideName(name));
}

const asideName = (name: string): string => `${name}.unreadable`;

async function removeUnlisted(files: StoreFiles, manifest: Manifest, folders: readonly string[]): Promise<void> {
  const listed = new Set(sealedFiles(manifest.segments).map(({ name }) => name));
  for (const segment of manifest.segments) if (segment.files.events !== undefined) listed.add(idFileName(segment));
  for (const name of await files.list(".")) {
    if (/\.(?:parquet|ids|tmp)$/.test(name) && !listed.has(name)) await files.remove(name);
  }
  for (const folder of folders) {
    for (const name of await files.list(folder)) await files.remove(`${folder}/${name}`);
  }
}
