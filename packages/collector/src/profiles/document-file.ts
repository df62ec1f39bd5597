/**
 * Documents that outlive the process, with the log position up to which they are right. In the folder:
 *
 * - `documents-<n>.log`: records one after the other (`document-record.ts`); the last one of a name counts.
 * - `documents-<n>.index`: where they are in it, so that opening need not read it (`record-index.ts`); not needed.
 * - `checkpoint.json`: which of these files, how many of its bytes count, and the log position that they stand for.
 *
 * Promises: after any crash the documents are exactly those of the last checkpoint, and `position` says which; nothing
 * behind the checkpoint's bytes is ever read. What cannot be read is thrown away whole, for everything can be made again. Opening takes a moment, however many documents there are; without
 * the index it takes as long as reading them.
 *
 * Memory: about 30 bytes a document, a cache with a bound, and what was changed since the last commit.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  checkpointName,
  documentsName,
  generationOf,
  indexName,
  isOurs,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint.js";
import type { Checkpoint } from "./checkpoint.js";
import type { Document, Documents } from "./documents.js";
import { RecordFile } from "./record-file.js";
import type { RecordFileOptions } from "./record-file.js";

export interface DocumentFile extends Documents {
  /** What the log holds below it is in the documents that would be there after a crash. */
  readonly position: number;
  /** Documents changed since. */
  readonly changes: number;
  /** Documents at the last commit. */
  readonly size: number;
  /** Those, the ones that were written longest ago first; what is changed meanwhile comes as it was. */
  oldest(): Iterable<readonly [string, Document]>;
  /** What opening found unreadable and began anew without; null where all was well. */
  readonly damage: string | null;
  /** Makes everything put and removed so far durable, as what the log holds below `position`. */
  commit(position: number): void;
  /**
   * Rewrites the file when most of it is out of date, and the index when it is far behind, yielding between pieces;
   * nothing may be committed meanwhile.
   */
  tidy(): Promise<void>;
  /** Lets go of what is not committed. */
  close(): void;
}

export interface DocumentFileOptions {
  /** A file is rewritten when it has more than twice as many records as documents, and more than this. */
  readonly leastRecordsToTidy: number;
  /** The index is renewed when more records than this, and than an eighth of the documents, came after it. */
  readonly leastRecordsToIndex: number;
}

const defaults: DocumentFileOptions = { leastRecordsToTidy: 50_000, leastRecordsToIndex: 32_768 };
const maxCachedDocuments = 16_384;

/** Opens the folder, made if need be, with the documents of the last checkpoint. Throws where it cannot be written. */
export function openDocumentFile(folder: string, given: Partial<DocumentFileOptions> = {}): DocumentFile {
  const options = { ...defaults, ...given };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const reading = readCheckpoint(folder);
  switch (reading.kind) {
    case "missing":
      return begin({ folder, options, damage: null });
    case "damaged":
      return begin({ folder, options, damage: reading.message });
    case "read": {
      const { checkpoint } = reading;
      try {
        const records = openRecords(folder, checkpoint.file, checkpoint);
        return new OpenDocumentFile({ folder, options, damage: null }, checkpoint, records);
      } catch (error) {
        return begin({ folder, options, damage: `${checkpoint.file} cannot be read: ${String(error)}` });
      }
    }
  }
}

/** Opens the folder without any documents, whatever it holds. */
export function beginDocumentFile(folder: string, given: Partial<DocumentFileOptions> = {}): DocumentFile {
  const options = { ...defaults, ...given };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return begin({ folder, options, damage: null });
}

interface Opening {
  readonly folder: string;
  readonly options: DocumentFileOptions;
  readonly damage: string | null;
}

function begin(opening: Opening): DocumentFile {
  const { folder } = opening;
  removeOurs(folder, () => true);
  const checkpoint = { position: 0, file: documentsName(1), bytes: 0, headsCrc: 0 };
  return new OpenDocumentFile(opening, checkpoint, openRecords(folder, checkpoint.file, checkpoint));
}

function openRecords(folder: string, file: string, counts: RecordFileOptions["counts"]): RecordFile {
  return new RecordFile({ path: join(folder, file), indexPath: join(folder, indexName(file)), counts });
}

function removeOurs(folder: string, isToGo: (name: string) => boolean): void {
  for (const name of readdirSync(folder)) if (isOurs(name) && isToGo(name)) rmSync(join(folder, name), { force: true });
}

class OpenDocumentFile implements DocumentFile {
  readonly damage: string | null;
  readonly #opening: Opening;
  #changed = new Map<string, Document | null>();
  #checkpoint: Checkpoint;
  #records: RecordFile;
  #isClosed = false;
  /**
   * Documents that were asked for or written lately; null where there is none. When it is full it becomes the older one,
   * which is let go.
   */
  #cache = new Map<string, Document | null>();
  #olderCache: ReadonlyMap<string, Document | null> = new Map();

  constructor(opening: Opening, checkpoint: Checkpoint, records: RecordFile) {
    this.damage = opening.damage;
    this.#opening = opening;
    this.#checkpoint = checkpoint;
    this.#records = records;
    this.#removeOthers();
  }

  get position(): number {
    return this.#checkpoint.position;
  }

  get size(): number {
    return this.#records.size;
  }

  oldest(): Iterable<readonly [string, Document]> {
    return this.#records.documents();
  }

  get changes(): number {
    return this.#changed.size;
  }

  get(name: string): Document | undefined {
    const known = this.#known(name);
    if (known !== undefined) return known ?? undefined;
    const document = this.#records.read(name);
    if (document !== undefined) this.#remember(name, document);
    return document;
  }

  put(name: string, document: Document): void {
    this.#changed.set(name, document);
  }

  remove(name: string): void {
    this.#changed.set(name, null);
  }

  commit(position: number): void {
    if (position === this.position && this.changes === 0) return;
    this.#records.append(this.#changed);
    // From here on the file has the changes, whether or not the checkpoint can be written: they are not made again.
    this.#rememberChanged();
    this.#write({ position, file: this.#checkpoint.file, ...countsOf(this.#records) });
    this.#records.keepIndex();
  }

  async tidy(): Promise<void> {
    const { leastRecordsToTidy, leastRecordsToIndex } = this.#opening.options;
    const { records } = this.#records.extent;
    if (records > leastRecordsToTidy && records > this.size * 2) await this.#rewrite();
    else await this.#records.renewIndex(leastRecordsToIndex);
  }

  close(): void {
    this.#isClosed = true;
    this.#changed.clear();
    this.#records.close();
  }

  async #rewrite(): Promise<void> {
    const { folder, options } = this.#opening;
    const file = documentsName(generationOf(this.#checkpoint.file) + 1);
    const next = openRecords(folder, file, { bytes: 0, headsCrc: 0 });
    try {
      await this.#records.copyTo(next);
      await next.renewIndex(options.leastRecordsToIndex);
      if (this.#isClosed) throw new Error("expected the documents to stay open while they are tidied");
      this.#write({ position: this.position, file, ...countsOf(next) });
    } catch (error) {
      next.close();
      throw error;
    }
    this.#records.close();
    this.#records = next;
    this.#removeOthers();
  }

  #write(checkpoint: Checkpoint): void {
    writeCheckpoint(this.#opening.folder, checkpoint);
    this.#checkpoint = checkpoint;
  }

  /** Undefined where the file must be asked. */
  #known(name: string): Document | null | undefined {
    const changed = this.#changed.get(name);
    if (changed !== undefined) return changed;
    const cached = this.#cache.get(name);
    return cached === undefined ? this.#olderCache.get(name) : cached;
  }

  #remember(name: string, document: Document | null): void {
    this.#cache.set(name, document);
    if (this.#cache.size >= maxCachedDocuments) this.#cacheIn(new Map());
  }

  /** Many are not copied: they are a cache as they are. */
  #rememberChanged(): void {
    const changed = this.#changed;
    this.#changed = new Map();
    if (changed.size >= maxCachedDocuments / 2) this.#cacheIn(changed);
    else for (const [name, document] of changed) this.#remember(name, document);
  }

  #cacheIn(cache: Map<string, Document | null>): void {
    this.#olderCache = this.#cache;
    this.#cache = cache;
  }

  #removeOthers(): void {
    const { file } = this.#checkpoint;
    const kept = new Set([file, indexName(file), checkpointName]);
    removeOurs(this.#opening.folder, (name) => !kept.has(name));
  }
}

function countsOf({ extent: { bytes, headsCrc } }: RecordFile): RecordFileOptions["counts"] {
  return { bytes, headsCrc };
}
