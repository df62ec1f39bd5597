import type { LogRange } from "./manifest.js";
import type { Sources } from "./relation.js";
import type { StoreFiles } from "./store-files.js";
import { messageOf, StoreError } from "./store-error.js";
import { SeenIds, type IdHash } from "./seen-ids.js";
import { tables, type Table, type TableName } from "./tables.js";

/** Rows of one range of the log that wait to be sealed. */
export interface Chunk extends LogRange {
  readonly staged: Readonly<Record<TableName, StagedRows>>;
  /** Of its events. */
  readonly ids: SeenIds;
}

export interface StagedRows {
  readonly names: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  readonly maxLineBytes: number;
}

export const stagingFolder = "staging";

/**
 * What the log has given and no sealed file holds yet, as lines of text (`staged-line.ts`). Lines gather in memory and go to a file of
 * their own, which is never written again, when there are enough of them or when someone wants to query them. Nothing
 * here outlives the process: the log has it all.
 */
export class Staging {
  readonly #files: StoreFiles;
  readonly #maxBufferedBytes: number;
  #open: OpenChunk;
  #closed: readonly Chunk[] = [];
  #fileCount = 0;

  constructor(files: StoreFiles, from: number, maxBufferedBytes: number) {
    this.#files = files;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#open = openChunk(from);
  }

  /** Where the chunk that is being filled begins. */
  get from(): number {
    return this.#open.from;
  }

  /** Of the chunk that is being filled. */
  get rows(): number {
    return this.#open.staged.events.rows + this.#open.staged.bad_events.rows;
  }

  /** Of the chunk that is being filled. */
  get bytes(): number {
    return this.#open.staged.events.bytes + this.#open.staged.bad_events.bytes;
  }

  /** Chunks that are complete and not sealed yet, in the order of the log. */
  get closed(): readonly Chunk[] {
    return this.#closed;
  }

  /** Of all that is not sealed. */
  totals(table: TableName): { readonly rows: number; readonly bytes: number } {
    const all = [...this.#closed.map(({ staged }) => staged[table]), this.#open.staged[table]];
    const sum = (of: "rows" | "bytes"): number => all.reduce((total, staged) => total + staged[of], 0);
    return { rows: sum("rows"), bytes: sum("bytes") };
  }

  /** Takes one line, without its end; returns the bytes it adds. */
  add(table: TableName, line: string): number {
    return this.#open.staged[table].add(line);
  }

  /** Marks the id of an event whose line was added. */
  addId(id: IdHash): void {
    this.#open.ids.add(id);
  }

  /** Whether an event with that id waits to be sealed. */
  hasId(id: IdHash): boolean {
    return this.#open.ids.has(id) || this.#closed.some(({ ids }) => ids.has(id));
  }

  /** Makes sure that little is held in memory. Fails where it cannot be written; it is kept and tried again then. */
  async makeRoom(): Promise<void> {
    const { events, bad_events } = this.#open.staged;
    if (events.bufferedBytes + bad_events.bufferedBytes >= this.#maxBufferedBytes) await this.flush();
  }

  /** Writes what is in memory, so that `sources` names all of it. */
  async flush(): Promise<void> {
    for (const table of tables) await this.#flushTable(table);
  }

  /** Ends the open chunk at `to` and begins the next at `from`. */
  async close(to: number, from: number): Promise<void> {
    await this.flush();
    const { staged, ids } = this.#open;
    const closed = { events: staged.events.summary(), bad_events: staged.bad_events.summary() };
    this.#closed = [...this.#closed, { from: this.#open.from, to, staged: closed, ids }];
    this.#open = openChunk(from);
  }

  /** Forgets a closed chunk, which is sealed now; its files may be removed when nobody reads them any more. */
  release(chunk: Chunk): void {
    this.#closed = this.#closed.filter((other) => other !== chunk);
  }

  /** Every written row that is not sealed. */
  sources(table: TableName): Sources {
    const staged = [...this.#closed.map((chunk) => chunk.staged[table]), this.#open.staged[table].summary()];
    return {
      sealed: [],
      staged: staged.flatMap(({ names }) => names),
      maxLineBytes: Math.max(...staged.map(({ maxLineBytes }) => maxLineBytes)),
    };
  }

  async #flushTable(table: Table): Promise<void> {
    const staged = this.#open.staged[table.name];
    if (staged.bufferedBytes === 0) return;
    const name = `${stagingFolder}/${table.filePrefix}-${this.#fileCount}.rows`;
    this.#fileCount += 1;
    try {
      await this.#files.write(name, staged.buffered());
    } catch (error) {
      throw new StoreError("write-failed", `the store's folder must be writable: ${messageOf(error)}`, error);
    }
    staged.wrote(name);
  }
}

/** The files a chunk is made of. */
export function chunkFiles(chunk: Chunk): readonly string[] {
  return tables.flatMap((table) => chunk.staged[table.name].names);
}

interface OpenChunk {
  readonly from: number;
  readonly staged: Readonly<Record<TableName, LineBuffer>>;
  readonly ids: SeenIds;
}

function openChunk(from: number): OpenChunk {
  return { from, staged: { events: new LineBuffer(), bad_events: new LineBuffer() }, ids: new SeenIds() };
}

const initialBytes = 64 * 1024;
/** UTF-8 takes at most three bytes for each unit of a JavaScript string. */
const maxBytesPerUnit = 3;
const lineEnd = 0x0a;

/** Lines that are gathered in one growing buffer, and the names of the files where those before them went. */
class LineBuffer {
  #buffer = Buffer.allocUnsafe(initialBytes);
  #length = 0;
  #names: readonly string[] = [];
  #rows = 0;
  #bytes = 0;
  #maxLineBytes = 0;

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get bufferedBytes(): number {
    return this.#length;
  }

  add(line: string): number {
    this.#reserve(line.length * maxBytesPerUnit + 1);
    const start = this.#length;
    this.#length += this.#buffer.write(line, start, "utf8");
    this.#buffer[this.#length] = lineEnd;
    this.#length += 1;
    const bytes = this.#length - start;
    this.#rows += 1;
    this.#bytes += bytes;
    this.#maxLineBytes = Math.max(this.#maxLineBytes, bytes);
    return bytes;
  }

  /** A view, good until the next `add`. */
  buffered(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  wrote(name: string): void {
    this.#names = [...this.#names, name];
    this.#length = 0;
  }

  summary(): StagedRows {
    return { names: this.#names, rows: this.#rows, bytes: this.#bytes, maxLineBytes: this.#maxLineBytes };
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
