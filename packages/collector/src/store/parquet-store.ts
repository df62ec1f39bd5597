/**
 * The embedded store. In its folder:
 *
 * - `manifest.json`: which sealed files there are, and which range of the accept log each holds (see `manifest.ts`).
 * - `events-<from>-<to>.parquet`, `bad-<from>-<to>.parquet`: sealed rows, zstd, never changed (columns: `tables.ts`).
 *   Any tool that reads Parquet may read them while the store is open.
 * - `ids-<from>-<to>.ids`: the ids of those events, to know one that comes again (`id-file.ts`).
 * - `staging/`, `spill/`: rows that are not sealed yet, and the engine's scratch space; emptied at every start.
 *
 * Promises: a row is there once, whatever crashes when; `position` covers only what is synced; everything can be made
 * again from the accept log. One store at a time may have the folder open.
 */
import { Engine } from "./engine.js";
import { spillFolders, type SqlResult } from "./engine-protocol.js";
import { resolveSelection } from "./event-query.js";
import { badEventFromRow, eventFromRow } from "./event-row.js";
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
import { countRows, firstGap, gapEnd, sealedFiles, type LogRange } from "./manifest.js";
import { meanRowBytes, readPage, snapshotSql, type Snapshot } from "./page-reader.js";
import { readRange, type RangePage } from "./range-reader.js";
import { Readers } from "./readers.js";
import { recentFromRow, RecentEvents } from "./recent-events.js";
import { recoverStore, type Recovered } from "./recovery.js";
import { SealedIds } from "./sealed-ids.js";
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
  /** Names of files that opening found damaged and put aside as `<name>.unreadable`, or that were missing. */
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
  const scratchFolders = [stagingFolder, ...spillFolders];
  const engine = new Engine(
    directory,
    { memoryBytes: resolved.engineMemoryBytes, threads: resolved.engineThreads },
    { idleMs: resolved.engineIdleMs, runtime },
  );
  try {
    await files.prepare(scratchFolders);
    const recovered = await recoverStore({ engine, files, runtime }, scratchFolders);
    const store = new OpenParquetStore(resolved, engine, recovered);
    store.rememberInBackground();
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
  readonly #sealedIds: SealedIds;
  readonly #readers = new Readers();
  /** Whatever looks at staging and the manifest together, or changes staging, takes a turn. */
  readonly #turns = new Turns();
  #cancelTimer: (() => void) | null = null;
  #tending: Promise<void> | null = null;
  #remembering: Promise<void> | null = null;
  #damage: StoreError | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: ResolvedStoreOptions, engine: Engine, recovered: Recovered) {
    this.#options = options;
    this.#engine = engine;
    this.unreadable = recovered.unreadable;
    const { files } = options;
    this.#sealedIds = new SealedIds(files);
    this.#staging = new Staging(files, firstGap(recovered.manifest), stagingBufferBytes);
    this.#recent = new RecentEvents(options.recentEvents, options.recentBytes);
    this.#sealer = new Sealer(
      {
        ports: { engine, files },
        staging: this.#staging,
        sealedIds: this.#sealedIds,
        readers: this.#readers,
        merging: { factor: options.mergeFactor, maxRows: options.sealRows, maxBytes: options.sealBytes },
        retention: options,
        runtime: options.runtime,
      },
      recovered.manifest,
    );
    this.#intake = new Intake({
      staging: this.#staging,
      sealedIds: this.#sealedIds,
      recent: this.#recent,
      manifest: () => this.#sealer.manifest,
    });
  }

  /** Reads what may wait until the store is open, and is otherwise read when it is needed. */
  rememberInBackground(): void {
    const remembering = this.#knowIds().then(() => this.#recall());
    void remembering.catch((error: unknown) => {
      if (this.#closing === null) this.#options.onFailure(error);
    });
  }

  /** Resolves when the ids of all that is sealed are known. */
  #knowIds(): Promise<void> {
    const ports = { engine: this.#engine, files: this.#options.files };
    const { segments } = this.#sealer.manifest;
    this.#remembering ??= this.#unlessDamaged(() => this.#sealedIds.load(ports, segments)).catch((error: unknown) => {
      this.#remembering = null;
      throw error;
    });
    return this.#remembering;
  }

  /** Brings the newest events back into memory, unless a gap is to be filled before they are the newest. */
  async #recall(): Promise<void> {
    const { manifest } = this.#sealer;
    const limit = Math.min(recalledEvents, this.#options.recentEvents);
    const isEmpty = this.#countRows(eventsTable) === 0;
    if (limit === 0 || isEmpty || this.#closing !== null || gapEnd(manifest, this.position) !== Infinity) return;
    const page = { selection: resolveSelection({ limit }), fromRow: recentFromRow };
    const { items } = await this.#ask((now) => readPage(this.#engine, now.events, page));
    this.#recent.addOlder(items);
  }

  get position(): number {
    return firstGap(this.#sealer.manifest);
  }

  get enginePid(): number | null {
    return this.#engine.pid;
  }

  async append(batch: LogBatch): Promise<AppendResult> {
    this.#refuseIfClosed();
    await this.#knowIds();
    if (this.#staging.closed.length >= maxClosedChunks) await this.#sealer.sealClosed();
    return await this.#turns.take(async () => {
      const result = await this.#readers.during(() => this.#intake.take(batch));
      if (this.#isChunkFull()) await this.#endChunk();
      else this.#endChunkLater();
      return result;
    });
  }

  async events(query: EventQuery): Promise<Page<StoredEvent>> {
    this.#refuseIfClosed();
    const selection = resolveSelection(query);
    const page = { selection, fromRow: eventFromRow };
    return (
      this.#recent.page(selection, this.#countRows(eventsTable)) ??
      (await this.#ask((now) => readPage(this.#engine, now.events, page)))
    );
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
    return await this.#ask((now) => readPage(this.#engine, now.bad_events, page));
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
    return await this.#ask((now) => readRange(this.#engine, now.events, { range, maxRows: rangeRows }));
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
    await this.#sealer.sealClosed();
  }

  async #closeChunk(): Promise<void> {
    const { next } = this.#intake;
    if (next > this.#staging.from) await this.#staging.close(next, next);
  }

  #isChunkFull(): boolean {
    return this.#staging.rows >= this.#options.sealRows || this.#staging.bytes >= this.#options.sealBytes;
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
      await this.#knowIds();
      do await this.#sealer.sealClosed();
      while (this.#closing === null && (await this.#sealer.mergeOnce()));
      await this.#sealer.expire();
      this.#options.onSuccess();
    } catch (error) {
      failed = true;
      this.#options.onFailure(error);
    }
    this.#tending = null;
    if (!failed && this.#staging.closed.length > 0) this.#tendInBackground();
    else this.#endChunkLater();
  }

  /** Of a question that is the store's own, so that the engine has no reason to fail but the files. */
  #ask<T>(read: (now: Snapshots) => Promise<T>): Promise<T> {
    return this.#unlessDamaged(() => this.#read(read));
  }

  async #unlessDamaged<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!isStoreError(error) || error.code !== "engine-failed" || this.#closing !== null) throw error;
      const names = await this.#sealer.putAsideDamaged();
      if (names.length === 0) throw error;
      this.#damage = new StoreError(
        "engine-unavailable",
        `${names.join(", ")} must be as it was sealed; it is put aside, and what it held is read from the log. Ask again.`,
        error,
      );
      this.#options.onDamaged(this.#damage, names);
      throw this.#damage;
    }
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
    const { segments } = this.#sealer.manifest;
    return {
      table,
      staged: this.#staging.sources(table.name),
      stagedFrom: this.#staging.closed[0]?.from ?? this.#staging.from,
      segments,
      rowBytes: meanRowBytes(this.#staging.totals(table.name), sealedFiles(segments, table.name)),
    };
  }

  #countRows({ name }: Table): number {
    return countRows(this.#sealer.manifest, name) + this.#staging.totals(name).rows;
  }

  #refuseIfClosed(): void {
    if (this.#damage !== null) throw this.#damage;
    if (this.#closing !== null) throw new StoreError("closed", "the store must be open to be used; it has been closed");
  }
}
