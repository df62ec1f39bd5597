import type { Runtime } from "../runtime.js";
import {
  sealedFiles,
  withFirst,
  withReplaced,
  withSegment,
  type Manifest,
  type SealedFile,
  type Segment,
} from "./manifest.js";
import { chooseMerge, type MergeBounds } from "./merging.js";
import type { Readers } from "./readers.js";
import { retentionStart, type RetentionBounds } from "./retention.js";
import { putAsideDamaged } from "./damaged-files.js";
import { idFileName } from "./id-file.js";
import { readSegmentIds, type SealedIds } from "./sealed-ids.js";
import { sealSegment, writeManifest, type SealInput, type SealPorts, type SealTable } from "./sealing.js";
import { chunkFiles, type Chunk, type StagedRows, type Staging } from "./staging.js";
import { Turns } from "./turns.js";

export interface SealerParts {
  readonly ports: SealPorts;
  readonly staging: Staging;
  readonly sealedIds: SealedIds;
  readonly readers: Readers;
  readonly merging: MergeBounds;
  readonly retention: Omit<RetentionBounds, "nowMs">;
  readonly runtime: Pick<Runtime, "nowMs">;
}

/**
 * Turns closed chunks of staging into sealed segments, one after the other, and small segments into larger ones. It
 * alone changes the manifest: first on disk, then in memory, in one step with what staging holds.
 */
export class Sealer {
  readonly #parts: SealerParts;
  readonly #turns = new Turns();
  #manifest: Manifest;
  #removing: Promise<unknown> = Promise.resolve();

  constructor(parts: SealerParts, manifest: Manifest) {
    this.#parts = parts;
    this.#manifest = manifest;
  }

  get manifest(): Manifest {
    return this.#manifest;
  }

  /** Resolves when every chunk that is closed at the call, or while it works, is sealed. */
  sealClosed(): Promise<void> {
    return this.#turns.take(async () => {
      for (let chunk = this.#nextChunk(); chunk !== undefined; chunk = this.#nextChunk()) await this.#seal(chunk);
    });
  }

  /** Makes one file of small neighbours, where there are enough of them; false where there are not. */
  mergeOnce(): Promise<boolean> {
    return this.#turns.take(async () => {
      const run = chooseMerge(this.#manifest.segments, this.#parts.merging);
      if (run.length > 0) await this.#merge(run);
      return run.length > 0;
    });
  }

  /** Lets the oldest segments go that need not be kept any longer. */
  expire(): Promise<void> {
    return this.#turns.take(async () => {
      const { retention, runtime } = this.#parts;
      const first = retentionStart(this.#manifest, { ...retention, nowMs: runtime.nowMs() });
      if (first <= this.#manifest.first) return;
      const { segments } = this.#manifest;
      await this.#replaceManifest(withFirst(this.#manifest, first));
      for (const segment of segments) if (segment.from < first) this.#parts.sealedIds.remove(segment);
    });
  }

  /** Puts aside files that are damaged; their names. */
  putAsideDamaged(): Promise<readonly string[]> {
    return this.#turns.take(() => putAsideDamaged(this.#parts.ports.files, this.#manifest.segments));
  }

  /** Resolves when no file waits to be removed. */
  async removed(): Promise<void> {
    await this.#removing;
  }

  #nextChunk(): Chunk | undefined {
    return this.#parts.staging.closed[0];
  }

  async #seal(chunk: Chunk): Promise<void> {
    const { ports, staging, sealedIds, runtime } = this.#parts;
    const { segment, ids } = await sealSegment(ports, chunkInput(chunk, runtime.nowMs()));
    await this.#replaceManifest(withSegment(this.#manifest, segment));
    // In one step: an id is always in one of the two.
    sealedIds.add(segment, ids);
    staging.release(chunk);
    this.#removeWhenUnread(chunkFiles(chunk));
  }

  async #merge(run: readonly Segment[]): Promise<void> {
    const { ports, sealedIds } = this.#parts;
    const all: Uint32Array[] = [];
    for (const segment of run) all.push(await readSegmentIds(ports, segment));
    const { segment: merged, ids } = await sealSegment(ports, mergeInput(run, joined(all)));
    await this.#replaceManifest(withReplaced(this.#manifest, run, merged));
    sealedIds.merge(run, merged, ids);
  }

  async #replaceManifest(manifest: Manifest): Promise<void> {
    await writeManifest(this.#parts.ports.files, manifest);
    const gone = this.#manifest.segments.filter((segment) => !manifest.segments.includes(segment));
    this.#manifest = manifest;
    this.#removeWhenUnread([...sealedFiles(gone).map(({ name }) => name), ...gone.map(idFileName)]);
  }

  /** A file that could not be removed costs only its space: the next start removes what no manifest lists. */
  #removeWhenUnread(names: readonly string[]): void {
    const { ports, readers } = this.#parts;
    const removing = readers.passed().then(() => Promise.allSettled(names.map((name) => ports.files.remove(name))));
    this.#removing = Promise.all([this.#removing, removing]);
  }
}

function joined(all: readonly Uint32Array[]): Uint32Array {
  const whole = new Uint32Array(all.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of all) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

function chunkInput({ from, to, staged, ids }: Chunk, sealedAtMs: number): SealInput {
  const table = ({ names, rows, bytes, maxLineBytes }: StagedRows): SealTable => ({
    rows,
    unpackedBytes: bytes,
    sources: { sealed: [], staged: names, maxLineBytes },
  });
  return {
    range: { from, to },
    sealedAtMs,
    ids: ids.packed(),
    tables: { events: table(staged.events), bad_events: table(staged.bad_events) },
  };
}

function mergeInput(run: readonly Segment[], ids: Uint32Array): SealInput {
  const table = (files: readonly SealedFile[]): SealTable => ({
    rows: files.reduce((sum, { rows }) => sum + rows, 0),
    unpackedBytes: files.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0),
    sources: { sealed: files.map(({ name }) => name), staged: [], maxLineBytes: 0 },
  });
  return {
    range: { from: run[0]?.from ?? 0, to: run.at(-1)?.to ?? 0 },
    sealedAtMs: Math.max(...run.map((segment) => segment.sealedAtMs)),
    ids,
    tables: { events: table(sealedFiles(run, "events")), bad_events: table(sealedFiles(run, "bad_events")) },
  };
}
