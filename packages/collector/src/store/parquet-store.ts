/**
 * The embedded store. In its folder:
 *
 * - `manifest.json`: which sealed files there are, and which range of the accept log each holds (see `manifest.ts`).
 * - `events-<from>-<to>.parquet`, `bad-<from>-<to>.parquet`: sealed rows, zstd, never changed (columns: `tables.ts`).
 *   Any tool that reads Parquet may read them while the store is open.
 * - `staging/`, `spill/`: rows that are not sealed yet, and the engine's scratch space; emptied at every start.
 *
 * Promises: a row is there once, whatever crashes when; `position` covers only what is synced; everything can be made
 * again from the accept log. One store at a time may have the folder open.
 */
import { Engine } from "./engine.js";
import type { SqlResult } from "./engine-protocol.js";
import { cursorAfter, matches, resolveSelection, type Selection } from "./event-query.js";
import { badEventFromRow, eventFromRow, rowKey, type RowValues } from "./event-row.js";
import type {
  AppendResult,
  EventQuery,
  EventStore,
  LogBatch,
  Page,
  StoreCounts,
  StoredBadEvent,
  StoredEvent,
} from "./event-store.js";
import { Intake } from "./intake.js";
import { countRows, firstGap, gapEnd, type LogRange } from "./manifest.js";
import { readPage, snapshotSql, type Snapshot } from "./page-reader.js";
import { readRange, type RangePage } from "./range-reader.js";
import { Readers } from "./readers.js";
import { RecentEvents, type RecentEvent } from "./recent-events.js";
import { recoverStore, type Recovered } from "./recovery.js";
import { Sealer } from "./sealer.js";
import { isStoreError, messageOf, StoreError } from "./store-error.js";
import { resolveStoreOptions, type ParquetStoreOptions, type ResolvedStoreOptions } from "./store-options.js";
import { Staging, stagingFolder } from "./staging.js";
import { badEventsTable, eventsTable, tables, type Table, type TableName } from "./tables.js";
import { Turns } from "./turns.js";

export type { ParquetStoreOptions } from "./store-options.js";
export type { SqlResult } from "./engine-protocol.js";

/** The embedded store, with what only it can do. */
export interface ParquetStore extends EventStore {
  /** Names of files that opening found damaged and put aside as `<name>.unreadable`. */
  readonly unreadable: readonly string[];
  /** The engine's process; null while none runs. */
  readonly enginePid: number | null;
  /**
   * Runs one SELECT over the views `events` and `bad_events`. It can read nothing outside the store's folder, and write
   * nothing. Throws `sql-refused`, `sql-timeout`, or `engine-failed` with what the engine says of the query.
   */
  sql(text: string, bounds: { readonly maxRows: number; readonly timeoutMs: number }): Promise<SqlResult>;
  /** Stored events from the beginning of a range on, in the order of the log: as many as are read well at once. */
  range(range: LogRange): Promise<RangePage>;
}

/**
 * Opens the store of a folder, mending what a crash left there.
 *
 * @throws StoreError `invalid-option`, or `folder-unusable` when the folder cannot be read and written.
 */
export async function openParquetStore(options: ParquetStoreOptions): Promise<ParquetStore> {
  const resolved = resolveStoreOptions(options);
  const { directory, files, runtime } = resolved;
  const scratchFolders = [stagingFolder, "spill"];
  const engine = new Engine(
    directory,
    { memoryBytes: resolved.engineMemoryBytes, threads: resolved.engineThreads },
    { idleMs: resolved.engineIdleMs, runtime },
  );
  try {
    await files.prepare(scratchFolders);
    const { dedupWindowRows } = resolved;
    const recovered = await recoverStore({ engine, files, runtime }, { scratchFolders, dedupWindowRows });
    const store = new OpenParquetStore(resolved, engine, recovered);
    await store.recall();
    return store;
  } catch (error) {
    await engine.close();
    if (isStoreError(error)) throw error;
    throw new StoreError(
      "folder-unusable",
      `\`${directory}\` must be readable and writable: ${messageOf(error)}`,
      error,
    );
  }
}

const stagingBufferBytes = 1024 * 1024;
/** Newest events that are read back into memory at the start: what the live page asks for first. */
const recalledEvents = 200;
const rangeRows = 1_000;
/** More than these unsealed, and appending waits for sealing. */
const maxClosedChunks = 2;

type Snapshots = Readonly<Record<TableName, Snapshot>>;

class OpenParquetStore implements ParquetStore {
  readonly unreadable: readonly string[];
  readonly #options: ResolvedStoreOptions;
  readonly #engine: Engine;
  readonly #staging: Staging;
  readonly #recent: RecentEvents;
  readonly #intake: Intake;
  readonly #sealer: Sealer;
  readonly #window: Recovered["window"];
  readonly #readers = new Readers();
  /** Whatever looks at staging and the manifest together, or changes staging, takes a turn. */
  readonly #turns = new Turns();
  #cancelTimer: (() => void) | null = null;
  #tending: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: ResolvedStoreOptions, engine: Engine, recovered: Recovered) {
    this.#options = options;
    this.#engine = engine;
    this.#window = recovered.window;
    this.unreadable = recovered.unreadable;
    const { files } = options;
    this.#staging = new Staging(files, firstGap(recovered.manifest), stagingBufferBytes);
    this.#recent = new RecentEvents(options.recentEvents, options.recentBytes);
    this.#sealer = new Sealer(
      {
        ports: { engine, files },
        staging: this.#staging,
        readers: this.#readers,
        merging: { factor: options.mergeFactor, maxRows: options.sealRows, maxBytes: options.sealBytes },
        retention: options,
        runtime: options.runtime,
      },
      recovered.manifest,
    );
    this.#intake = new Intake({
      engine,
      staging: this.#staging,
      window: recovered.window,
      recent: this.#recent,
      manifest: () => this.#sealer.manifest,
    });
  }

  /** Brings the newest events back into memory, unless a gap is to be filled before they are the newest. */
  async recall(): Promise<void> {
    const { manifest } = this.#sealer;
    const limit = Math.min(recalledEvents, this.#options.recentEvents);
    if (limit === 0 || gapEnd(manifest, this.position) !== Infinity) return;
    const fromRow = (row: RowValues): RecentEvent => ({
      key: rowKey(row),
      event: eventFromRow(row),
      bytes: row.reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 0), 0),
    });
    const page = { selection: resolveSelection({ limit }), fromRow };
    const { items } = await this.#read((now) => readPage(this.#engine, now.events, page));
    for (const item of items.toReversed()) this.#recent.add(item);
  }

  get position(): number {
    return firstGap(this.#sealer.manifest);
  }

  get enginePid(): number | null {
    return this.#engine.pid;
  }

  async append(batch: LogBatch): Promise<AppendResult> {
    this.#refuseIfClosed();
    if (this.#staging.closed.length >= maxClosedChunks) await this.#sealClosed();
    return await this.#turns.take(async () => {
      const result = await this.#intake.take(batch);
      if (this.#isChunkFull()) await this.#endChunk();
      else this.#endChunkLater();
      return result;
    });
  }

  async events(query: EventQuery): Promise<Page<StoredEvent>> {
    this.#refuseIfClosed();
    const selection = resolveSelection(query);
    const page = { selection, fromRow: eventFromRow };
    return this.#recentPage(selection) ?? (await this.#read((now) => readPage(this.#engine, now.events, page)));
  }

  async bad(query: Pick<EventQuery, "project" | "limit" | "cursor">): Promise<Page<StoredBadEvent>> {
    this.#refuseIfClosed();
    const { project, limit, cursor } = query;
    const selection = resolveSelection({
      limit,
      ...(project === undefined ? {} : { project }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const page = { selection, fromRow: badEventFromRow };
    return await this.#read((now) => readPage(this.#engine, now.bad_events, page));
  }

  async sql(text: string, { maxRows, timeoutMs }: { maxRows: number; timeoutMs: number }): Promise<SqlResult> {
    this.#refuseIfClosed();
    return await this.#read((now) => {
      const setup = tables.map(({ name }) => `CREATE TEMP VIEW "${name}" AS ${snapshotSql(now[name])}`);
      return this.#engine.select({ setup, sql: text, maxRows, timeoutMs });
    });
  }

  async range(range: LogRange): Promise<RangePage> {
    this.#refuseIfClosed();
    return await this.#read((now) => readRange(this.#engine, now.events, { range, maxRows: rangeRows }));
  }

  // eslint-disable-next-line typescript/require-await -- another store may have to ask its engine
  async counts(): Promise<StoreCounts> {
    return {
      events: this.#countRows(eventsTable),
      bad: this.#countRows(badEventsTable),
      duplicates: this.#intake.duplicates,
    };
  }

  async seal(): Promise<void> {
    this.#refuseIfClosed();
    await this.#seal();
    this.#tendInBackground();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelTimer?.();
    try {
      await this.#seal();
    } finally {
      await this.#tending;
      // Before the last files are removed: a long query would hold them otherwise.
      await this.#engine.close();
      await this.#sealer.removed();
    }
  }

  async #seal(): Promise<void> {
    await this.#turns.take(() => this.#closeChunk());
    await this.#sealClosed();
  }

  async #sealClosed(): Promise<void> {
    await this.#sealer.sealClosed();
    this.#window.slide(this.position, this.#intake.next);
  }

  async #closeChunk(): Promise<void> {
    const { next } = this.#intake;
    if (next > this.#staging.from) await this.#staging.close(next, next);
  }

  #isChunkFull(): boolean {
    const { sealRows, sealBytes } = this.#options;
    return this.#staging.rows >= sealRows || this.#staging.bytes >= sealBytes;
  }

  /** Where the chunk cannot be closed, it goes on growing and is tried again later: what it holds is taken already. */
  async #endChunk(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    try {
      await this.#closeChunk();
      this.#tendInBackground();
    } catch (error) {
      this.#options.onFailure(error);
      this.#endChunkLater();
    }
  }

  #endChunkLater(): void {
    const isIdle = this.#intake.next === this.#staging.from && this.#staging.closed.length === 0;
    if (isIdle || this.#closing !== null) return;
    const { sealIntervalMs, runtime } = this.#options;
    this.#cancelTimer ??= runtime.after(sealIntervalMs, () => void this.#turns.take(() => this.#endChunk()));
  }

  #tendInBackground(): void {
    if (this.#closing === null) this.#tending ??= this.#tend();
  }

  /** Seals closed chunks and merges small files until there is neither, and lets go of what is too old. */
  async #tend(): Promise<void> {
    let failed = false;
    try {
      do await this.#sealClosed();
      while (this.#closing === null && (await this.#sealer.mergeOnce()));
      await this.#sealer.expire();
    } catch (error) {
      failed = true;
      this.#options.onFailure(error);
    }
    this.#tending = null;
    if (!failed && this.#staging.closed.length > 0) this.#tendInBackground();
    else this.#endChunkLater();
  }

  /** Undefined where memory does not hold the whole answer. */
  #recentPage(selection: Selection): Page<StoredEvent> | undefined {
    const items: StoredEvent[] = [];
    let last = { position: 0, ordinal: 0 };
    for (const { key, event } of this.#recent.newestFirst()) {
      if (!matches(selection, key, event)) continue;
      if (items.length === selection.limit) return { items, next: cursorAfter(last) };
      items.push({ ...event, position: key.position });
      last = key;
    }
    return this.#recent.size === this.#countRows(eventsTable) ? { items, next: null } : undefined;
  }

  /** Reads what is there at one moment; its files stay until the reading has ended. */
  async #read<T>(read: (now: Snapshots) => Promise<T>): Promise<T> {
    return await this.#readers.during(async () => {
      const now = await this.#turns.take(async () => {
        await this.#staging.flush();
        return { events: this.#snapshot(eventsTable), bad_events: this.#snapshot(badEventsTable) };
      });
      return await read(now);
    });
  }

  #snapshot(table: Table): Snapshot {
    return {
      table,
      staged: this.#staging.sources(table.name),
      stagedFrom: this.#staging.closed[0]?.from ?? this.#staging.from,
      segments: this.#sealer.manifest.segments,
    };
  }

  #countRows({ name }: Table): number {
    return countRows(this.#sealer.manifest, name) + this.#staging.countRows(name);
  }

  #refuseIfClosed(): void {
    if (this.#closing !== null) throw new StoreError("closed", "the store must be open to be used; it has been closed");
  }
}
