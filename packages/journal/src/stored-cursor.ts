/** A cursor in use: moves are stored one after the other, and what moves meanwhile is stored in one step. */
import { CursorFiles, maxMemoBytes, type CursorFilesOptions, type CursorState } from "./cursor.js";
import { createDeferred, type Deferred } from "./deferred.js";
import { JournalError, faultOf } from "./errors.js";
import type { JournalRuntime } from "./runtime.js";

const retryMs = 1_000;

export interface StoredCursorOptions extends CursorFilesOptions {
  readonly name: string;
  readonly state: CursorState;
  readonly runtime: JournalRuntime;
  /** The position that no cursor may pass. */
  readonly limit: () => number;
  /** After every attempt to store it, whether it succeeded or not: the position counts either way. */
  readonly onMoved: () => void;
}

export class StoredCursor {
  readonly name: string;
  readonly #files: CursorFiles;
  readonly #options: StoredCursorOptions;
  #position: number;
  #stored = -1;
  #memo: Uint8Array | null;
  #generation: number;
  #queued: Deferred | null = null;
  #isSaving = false;
  #work: Promise<void> = Promise.resolve();
  #cancelRetry: () => void = () => undefined;
  #isStale = false;
  #isClosed = false;

  constructor(options: StoredCursorOptions) {
    this.name = options.name;
    this.#options = options;
    this.#files = new CursorFiles(options.name, options);
    this.#position = options.state.position;
    this.#memo = options.state.memo;
    this.#generation = options.state.generation;
  }

  get position(): number {
    return this.#position;
  }

  /** Where it is on stable storage, stored by this process; -1 before. */
  get stored(): number {
    return this.#stored;
  }

  get memo(): Uint8Array | null {
    return this.#memo;
  }

  /** Gives a new cursor its files. Where that fails it is tried again by itself: a reader can begin without. */
  async create(): Promise<void> {
    await this.#store().catch(() => undefined);
    if (!this.#isClosed) await this.#store().catch(() => undefined);
  }

  advance(position: number, memo?: Uint8Array): Promise<void> {
    if (!Number.isSafeInteger(position) || position < 0 || position > this.#options.limit()) {
      const expected = `from 0 to ${this.#options.limit()}, the journal's next position`;
      return Promise.reject(new RangeError(`\`position\` must be ${expected}, got ${position}`));
    }
    if (memo !== undefined && memo.byteLength > maxMemoBytes) {
      return Promise.reject(new RangeError(`\`memo\` may have ${maxMemoBytes} bytes, got ${memo.byteLength}`));
    }
    if (this.#isClosed) return Promise.reject(new JournalError("closed", "The journal is closed: open it again"));
    if (position >= this.#position) {
      this.#position = position;
      if (memo !== undefined) this.#memo = new Uint8Array(memo);
    }
    return this.#store();
  }

  /** Stores what is not stored yet, once more, and closes the files. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry();
    await this.#work;
    if (this.#isStale) await this.#store().catch(() => undefined);
    this.#cancelRetry();
    await this.#files.close();
  }

  /** Removes the files; after a failure it may be called again. */
  async remove(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry();
    await this.#work;
    this.#cancelRetry();
    await this.#files.remove().catch((cause: unknown) => {
      const fault = faultOf(cause);
      const message = `Cursor "${this.name}" could not be removed (${fault}) and may hold records again at the next opening: remove it again`;
      throw new JournalError("unsaved", message, { cause, fields: { fault, cursor: this.name } });
    });
  }

  #store(): Promise<void> {
    this.#queued ??= createDeferred();
    const { promise } = this.#queued;
    if (!this.#isSaving) {
      this.#isSaving = true;
      this.#work = this.#saveQueued();
    }
    return promise;
  }

  async #saveQueued(): Promise<void> {
    // One turn of the microtask queue: moves made without waiting share a write.
    await Promise.resolve();
    for (let queued = this.#queued; queued !== null; queued = this.#queued) {
      this.#queued = null;
      await this.#save(queued);
      this.#options.onMoved();
    }
    this.#isSaving = false;
  }

  async #save(waiting: Deferred): Promise<void> {
    this.#cancelRetry();
    const generation = this.#generation + 1;
    const position = this.#position;
    try {
      await this.#files.save({ generation, position, memo: this.#memo });
      this.#stored = position;
      this.#generation = generation;
      this.#isStale = false;
      waiting.resolve();
    } catch (cause) {
      this.#isStale = true;
      waiting.reject(unsaved(this.name, cause));
      if (!this.#isClosed) this.#scheduleRetry();
    }
  }

  #scheduleRetry(): void {
    this.#cancelRetry = this.#options.runtime.setTimer(() => {
      void this.#store();
    }, retryMs);
  }
}

function unsaved(name: string, cause: unknown): JournalError {
  const fault = faultOf(cause);
  const message = `Cursor "${name}" could not be stored (${fault}); it holds for this process and is stored again by itself`;
  return new JournalError("unsaved", message, { cause, fields: { fault, cursor: name } });
}
