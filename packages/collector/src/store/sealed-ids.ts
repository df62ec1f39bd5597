import type { Engine } from "./engine.js";
import { eachIdHash, sealedIdSql } from "./event-id.js";
import {
  decodeIdFile,
  encodeIdFile,
  fencesOf,
  holdsId,
  idFileBytes,
  idFileName,
  placeOf,
  type IdFences,
} from "./id-file.js";
import { IdFilter } from "./id-filter.js";
import type { Segment } from "./manifest.js";
import { wordsPerId, type IdHash } from "./seen-ids.js";
import type { StoreFiles } from "./store-files.js";

export interface IdPorts {
  readonly engine: Engine;
  readonly files: StoreFiles;
}

/**
 * The ids of all sealed events, however many: on disk (`id-file.ts`), with a filter in memory that says where to look
 * (`id-filter.ts`). Segments come and go as they do in the manifest.
 */
export class SealedIds {
  readonly #files: StoreFiles;
  readonly #filter = new IdFilter<Sealed>();
  readonly #sealed = new Map<Segment, Sealed>();

  constructor(files: StoreFiles) {
    this.#files = files;
  }

  /** Memory of the filter and of what leads to an id in a file. */
  get bytes(): number {
    return [...this.#sealed.values()].reduce((sum, { fences }) => sum + fences.byteLength, this.#filter.bytes);
  }

  /** Makes the ids of all those segments known, and writes the files of them that are missing. */
  async load(ports: IdPorts, segments: readonly Segment[]): Promise<void> {
    const missing = segments.filter((segment) => segment.files.events !== undefined && !this.#sealed.has(segment));
    // One for all: what is read into it is not kept.
    const buffer = new Uint8Array(Math.max(0, ...missing.map(({ files }) => idFileBytes(files.events?.rows ?? 0))));
    for (const segment of missing) this.add(segment, await readSegmentIds(ports, segment, buffer));
  }

  /** From now on the segment's ids are known; its file is there already. */
  add(segment: Segment, ids: Uint32Array): void {
    if (ids.length === 0) return;
    const sealed = { name: idFileName(segment), fences: fencesOf(ids) };
    this.#sealed.set(segment, sealed);
    this.#filter.add(sealed, ids);
  }

  /** The segments have become one, which has their ids. */
  merge(run: readonly Segment[], merged: Segment, ids: Uint32Array): void {
    if (ids.length === 0) return;
    const sealed = { name: idFileName(merged), fences: fencesOf(ids) };
    this.#filter.replace(
      run.flatMap((segment) => this.#sealed.get(segment) ?? []),
      sealed,
    );
    for (const segment of run) this.#sealed.delete(segment);
    this.#sealed.set(merged, sealed);
  }

  remove(segment: Segment): void {
    const sealed = this.#sealed.get(segment);
    if (sealed !== undefined) this.#filter.remove(sealed);
    this.#sealed.delete(segment);
  }

  /** Which of the ids are those of sealed events. */
  async find<T>(asked: readonly T[], idOf: (one: T) => IdHash): Promise<ReadonlySet<T>> {
    const possible = new Map<Sealed, T[]>();
    for (const one of asked) {
      for (const sealed of this.#filter.ownersOf(idOf(one))) {
        const ones = possible.get(sealed);
        if (ones === undefined) possible.set(sealed, [one]);
        else ones.push(one);
      }
    }
    const found = new Set<T>();
    for (const [{ name, fences }, ones] of possible) {
      const left = ones.filter((one) => !found.has(one));
      const parts = await this.#files.readParts(
        name,
        left.map((one) => placeOf(fences, idOf(one))),
      );
      for (const [at, one] of left.entries()) if (holdsId(parts[at] ?? nothing, idOf(one))) found.add(one);
    }
    return found;
  }
}

interface Sealed {
  readonly name: string;
  readonly fences: IdFences;
}

const nothing = new Uint8Array();

/**
 * The ids of a segment: from their file, or from its events where the file is not as it should be, which mends it. They
 * may lie in `buffer`, until that is used again.
 */
export async function readSegmentIds(
  { engine, files }: IdPorts,
  segment: Segment,
  buffer?: Uint8Array,
): Promise<Uint32Array> {
  const { events } = segment.files;
  if (events === undefined) return new Uint32Array();
  const name = idFileName(segment);
  const bytes = await files.readBytes(name, buffer);
  const ids = bytes === undefined ? undefined : decodeIdFile(bytes, events.rows);
  if (ids !== undefined) return ids;
  const halves = await engine.words(`SELECT ${sealedIdSql} FROM read_parquet('${events.name}')`);
  return await writeIdFile(files, name, packIds(halves));
}

/** Whole and synced under its name, or not there; returns the ids in the file's order. */
export async function writeIdFile(files: StoreFiles, name: string, packed: Uint32Array): Promise<Uint32Array> {
  const bytes = encodeIdFile(packed);
  await files.writeSynced(`${name}.tmp`, bytes);
  await files.rename(`${name}.tmp`, name);
  return decodeIdFile(bytes, packed.length / wordsPerId) ?? packed;
}

function packIds(halves: BigUint64Array): Uint32Array {
  const packed = new Uint32Array(halves.length * 2);
  let end = 0;
  eachIdHash(halves, (id) => {
    packed.set(id, end);
    end += wordsPerId;
  });
  return packed;
}
