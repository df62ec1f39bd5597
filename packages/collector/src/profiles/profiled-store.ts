/**
 * Keeps profiles and sessions in step with the store. They are derived from what the store keeps: the loader appends to
 * this store, which appends to the real one and then applies exactly the events that were new.
 *
 * Where they are behind — after a crash, a failed disk, a lost checkpoint — they catch up from the store, whose rows are
 * those same events in the same order. Where they are ahead, because the store is made anew, what they have applied is
 * passed over. So every stored event is applied once, whatever crashes when.
 *
 * Trouble here never keeps an event out of the store: profiles go back to their checkpoint and catch up later.
 */
import type { AppendResult, EventStore, LogBatch, LoggedEvent } from "../store/event-store.js";
import type { Runtime } from "../runtime.js";
import { applyEvent } from "./apply-event.js";
import type { DocumentFile } from "./document-file.js";
import { isDamagedDocument } from "./document-record.js";
import { People, profileNamed } from "./people.js";

/** What of the store is followed. */
export interface FollowedStore extends Pick<EventStore, "append" | "position"> {
  /** Stored events from the beginning of a log range on, in the order of the log, and how far that was. */
  range(range: LogSpan): Promise<{ readonly events: readonly LoggedEvent[]; readonly to: number }>;
}

interface LogSpan {
  readonly from: number;
  readonly to: number;
}

export interface ProfiledStoreParts {
  readonly store: FollowedStore;
  /** Opens the documents as they were at the last checkpoint, or without any if `anew`. */
  readonly openDocuments: (how: "kept" | "anew") => DocumentFile;
  /** Where there are more documents, people are let go, those who were seen longest ago first, a hundredth at a time. */
  readonly maxDocuments: number;
  readonly runtime: Pick<Runtime, "after">;
  readonly onFailure: (error: unknown) => void;
  /** What was applied is safe: whatever failed before does not any more. */
  readonly onCommitted?: () => void;
}

export interface ProfiledStore extends Pick<EventStore, "append" | "position"> {
  /** What is known of people; null while it cannot be had. To be used at once, for it changes with every batch. */
  readonly people: People | null;
  /** Log positions that the store holds and that are not applied yet. */
  readonly behind: number;
  /** Begins to catch up with the store. Resolves when that is done, or has failed and is tried again later. */
  catchUp(): Promise<void>;
  /** Commits what was applied, and ends. */
  close(): Promise<void>;
}

/** What was applied is committed after this long, or when so many documents changed. */
const commitIntervalMs = 5_000;
const maxChanges = 16_384;
/** After a failure the disk is left alone for this long. */
const retryMs = 5_000;

export function createProfiledStore(parts: ProfiledStoreParts): ProfiledStore {
  return new FollowingStore(parts);
}

/** The documents, and how far in the log they are in memory. */
interface Following {
  readonly documents: DocumentFile;
  readonly people: People;
  position: number;
}

class FollowingStore implements ProfiledStore {
  readonly #parts: ProfiledStoreParts;
  #following: Following | null = null;
  #opening: "kept" | "anew" = "kept";
  /** Everything below is in the store. */
  #appended: number;
  #catchingUp: Promise<void> | null = null;
  #tidying: Promise<void> | null = null;
  #cancelCommit: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;
  #isClosed = false;

  constructor(parts: ProfiledStoreParts) {
    this.#parts = parts;
    this.#appended = parts.store.position;
  }

  get position(): number {
    return this.#parts.store.position;
  }

  get people(): People | null {
    return this.#following?.people ?? null;
  }

  get behind(): number {
    return Math.max(0, this.#appended - (this.#following?.position ?? 0));
  }

  async append(batch: LogBatch): Promise<AppendResult> {
    const result = await this.#parts.store.append(batch);
    this.#appended = Math.max(this.#appended, batch.to);
    const following = this.#open();
    if (following === null) return result;
    if (following.position >= batch.from && isWhole(batch, result)) {
      this.#apply(following, result.stored, batch.to);
    } else {
      void this.catchUp();
    }
    return result;
  }

  catchUp(): Promise<void> {
    this.#catchingUp ??= this.#catchUp().then(() => {
      this.#catchingUp = null;
      // More may have been appended, or a failure waited out, after its last look.
      const isOver = this.behind === 0 || this.#cancelRetry !== null || this.#isClosed;
      return isOver ? undefined : this.catchUp();
    });
    return this.#catchingUp;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelCommit?.();
    this.#cancelRetry?.();
    await this.#catchingUp;
    await this.#tidying;
    this.#commit();
    this.#following?.documents.close();
    this.#following = null;
  }

  /** Null while a failure is waited out. */
  #open(): Following | null {
    if (this.#following !== null || this.#cancelRetry !== null) return this.#following;
    try {
      const documents = this.#parts.openDocuments(this.#opening);
      this.#opening = "kept";
      if (documents.damage !== null) this.#parts.onFailure(new Error(`profiles are made anew: ${documents.damage}`));
      this.#following = { documents, people: new People(documents), position: documents.position };
    } catch (error) {
      this.#failed(error);
    }
    return this.#following;
  }

  async #catchUp(): Promise<void> {
    for (let following = this.#open(); following !== null; following = this.#following) {
      const { position } = following;
      if (this.#isClosed || position >= this.#appended) return;
      try {
        const page = await this.#parts.store.range({ from: position, to: this.#appended });
        // A failure meanwhile has put these documents away.
        if (following === this.#following) this.#apply(following, page.events, page.to);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  #apply(following: Following, events: readonly LoggedEvent[], to: number): void {
    if (following.position >= to) return;
    try {
      for (const logged of events) if (logged.position >= following.position) this.#applyOne(following, logged);
      following.position = to;
    } catch (error) {
      return this.#failed(error);
    }
    if (following.documents.changes >= maxChanges) return this.#commit();
    this.#cancelCommit ??= this.#parts.runtime.after(commitIntervalMs, () => {
      this.#cancelCommit = null;
      this.#commit();
    });
  }

  /** An event that cannot be applied stops no other; documents that cannot be read stop them all. */
  #applyOne({ people }: Following, { event }: LoggedEvent): void {
    try {
      applyEvent(people, event);
    } catch (error) {
      if (isDamagedDocument(error) || isFileError(error)) throw error;
      this.#parts.onFailure(error);
    }
  }

  #commit(): void {
    // What changes while the file is tidied is committed the next time.
    if (this.#following === null || this.#tidying !== null) return;
    const { documents, people, position } = this.#following;
    try {
      documents.commit(position);
      if (documents.size > this.#parts.maxDocuments) {
        makeRoom(documents, people, this.#parts.maxDocuments * 0.99);
        documents.commit(position);
      }
    } catch (error) {
      return this.#failed(error);
    }
    this.#parts.onCommitted?.();
    if (this.#isClosed) return;
    this.#tidying = documents
      .tidy()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#tidying = null;
      });
  }

  /** Back to the checkpoint: what was applied since is applied again, later. */
  #failed(error: unknown): void {
    if (isDamagedDocument(error)) this.#opening = "anew";
    this.#following?.documents.close();
    this.#following = null;
    this.#parts.onFailure(error);
    if (this.#isClosed) return;
    this.#cancelRetry ??= this.#parts.runtime.after(retryMs, () => {
      this.#cancelRetry = null;
      void this.catchUp();
    });
  }
}

function makeRoom(documents: DocumentFile, people: People, most: number): void {
  let excess = documents.size - most;
  for (const [name, document] of documents.oldest()) {
    if (excess <= 0) return;
    const profile = profileNamed(name, document);
    if (profile !== null) excess -= people.forgetPerson(profile);
  }
}

/** Whether the store decided on everything in the batch now: what it held already is not in its result. */
function isWhole({ events, bad }: LogBatch, { stored, duplicates, unstorable, bad: badStored }: AppendResult): boolean {
  return stored.length + duplicates + unstorable.length === events.length && badStored === bad.length;
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
