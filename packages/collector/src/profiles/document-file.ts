/**
 * Documents that outlive the process, with the log position up to which they are right. In the folder:
 *
 * - `documents-<n>.log`: records one after the other (`document-record.ts`); the last one of a name counts.
 * - `checkpoint.json`: which of these files, how many of its bytes count, and the log position that they stand for.
 *
 * Promises: after any crash the documents are exactly those of the last checkpoint, and `position` says which; nothing
 * behind the checkpoint's bytes is ever read. What cannot be read is thrown away whole, for everything can be made again.
 * Memory: about 30 bytes a document, a cache with a bound, and what was changed since the last commit.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkpointName, documentsName, generationOf, isOurs, readCheckpoint, writeCheckpoint } from "./checkpoint.js";
import type { Checkpoint } from "./checkpoint.js";
import type { Document, Documents } from "./documents.js";
import { RecordFile } from "./record-file.js";

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
  /** Rewrites the file when most of it is out of date, yielding between pieces; nothing may be committed meanwhile. */
  tidy(): Promise<void>;
  /** Lets go of what is not committed. */
  close(): void;
}

export interface DocumentFileOptions {
  /** A file is rewritten when it has more than twice as many records as documents, and more than this. */
  readonly leastRecordsToTidy: number;
}

const defaults: DocumentFileOptions = { leastRecordsToTidy: 50_000 };
const maxCachedDocuments = 16_384;

/** Opens the folder, made if need be, with the documents of the last checkpoint. Throws where it cannot be written. */
export function openDocumentFile(folder: string, options: DocumentFileOptions = defaults): DocumentFile {
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
        const records = new RecordFile(join(folder, checkpoint.file), checkpoint.bytes);
        return new OpenDocumentFile({ folder, options, damage: null }, checkpoint, records);
      } catch (error) {
        return begin({ folder, options, damage: `${checkpoint.file} cannot be read: ${String(error)}` });
      }
    }
  }
}

/** Opens the folder without any documents, whatever it holds. */
export function beginDocumentFile(folder: string, options: DocumentFileOptions = defaults): DocumentFile {
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
  const checkpoint = { position: 0, file: documentsName(1), bytes: 0 };
  return new OpenDocumentFile(opening, checkpoint, new RecordFile(join(folder, checkpoint.file), 0));
}

function removeOurs(folder: string, isToGo: (name: string) => boolean): void {
  for (const name of readdirSync(folder)) if (isOurs(name) && isToGo(name)) rmSync(join(folder, name), { force: true });
}

class OpenDocumentFile implements DocumentFile {
  readonly damage: string | null;
  readonly #opening: Opening;
  readonly #changed = new Map<string, Document | null>();
  #checkpoint: Checkpoint;
  #records: RecordFile;
  #isClosed = false;
  /** Documents that were asked for or written lately. When it is full it becomes the older one, which is let go. */
  #cache = new Map<string, Document>();
  #olderCache: ReadonlyMap<string, Document> = new Map();

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
    const changed = this.#changed.get(name);
    if (changed !== undefined) return changed ?? undefined;
    const cached = this.#cache.get(name) ?? this.#olderCache.get(name);
    if (cached !== undefined) return cached;
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
    for (const [name, document] of this.#changed) this.#remember(name, document);
    this.#changed.clear();
    const checkpoint = { ...this.#checkpoint, position, bytes: this.#records.bytes };
    writeCheckpoint(this.#opening.folder, checkpoint);
    this.#checkpoint = checkpoint;
  }

  async tidy(): Promise<void> {
    const { folder, options } = this.#opening;
    const { size, records } = this.#records;
    if (records <= Math.max(options.leastRecordsToTidy, size * 2)) return;
    const file = documentsName(generationOf(this.#checkpoint.file) + 1);
    const next = new RecordFile(join(folder, file), 0);
    try {
      await this.#records.copyTo(next);
      if (this.#isClosed) throw new Error("expected the documents to stay open while they are tidied");
      const checkpoint = { position: this.position, file, bytes: next.bytes };
      writeCheckpoint(folder, checkpoint);
      this.#checkpoint = checkpoint;
    } catch (error) {
      next.close();
      throw error;
    }
    this.#records.close();
    this.#records = next;
    this.#removeOthers();
  }

  close(): void {
    this.#isClosed = true;
    this.#changed.clear();
    this.#records.close();
  }

  #remember(name: string, document: Document | null): void {
    if (document === null) {
      this.#cache.delete(name);
      if (this.#olderCache.has(name)) this.#olderCache = new Map();
      return;
    }
    this.#cache.set(name, document);
    if (this.#cache.size < maxCachedDocuments) return;
    this.#olderCache = this.#cache;
    this.#cache = new Map();
  }

  #removeOthers(): void {
    const { file } = this.#checkpoint;
    removeOurs(this.#opening.folder, (name) => name !== file && name !== checkpointName);
  }
}
