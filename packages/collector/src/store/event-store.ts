import type { BadEvent, CanonicalEvent, EventTexts } from "@oncewire/protocol";

/** What one read of the accept log decoded to. The range it came from is its identity: appending it twice is once. */
export interface LogBatch {
  /** Log position of the first record. */
  readonly from: number;
  /** Log position after the last record. */
  readonly to: number;
  readonly events: readonly LoggedEvent[];
  readonly bad: readonly LoggedBadEvent[];
}

export interface LoggedEvent {
  readonly position: number;
  readonly event: CanonicalEvent;
  /** JSON of parts of the event, where it is at hand. */
  readonly texts?: EventTexts | undefined;
}

export interface LoggedBadEvent {
  readonly position: number;
  readonly bad: BadEvent;
}

/** What became of a batch: each event of it that the store had not decided on before is in one of the first three. */
export interface AppendResult {
  /** In the order they were given. */
  readonly stored: readonly LoggedEvent[];
  readonly duplicates: number;
  /** Events that no row can hold, as the bad events that are kept instead of them. */
  readonly unstorable: readonly LoggedBadEvent[];
  /** Bad events of the batch that are kept. */
  readonly bad: number;
}

/** An event as the store gives it back. */
export interface StoredEvent extends CanonicalEvent {
  /** Log position of the request that carried it. */
  readonly position: number;
}

export interface StoredBadEvent extends BadEvent {
  readonly position: number;
}

/** What the store was given and keeps, good or bad. */
export type StoredItem =
  | { readonly type: "event"; readonly event: StoredEvent }
  | { readonly type: "bad"; readonly bad: StoredBadEvent };

export interface EventQuery {
  readonly project?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly userId?: string;
  readonly anonymousId?: string;
  readonly sessionId?: string;
  readonly id?: string;
  /** ISO 8601; on `time`; from inclusive, to exclusive. */
  readonly from?: string;
  readonly to?: string;
  /** At most 1,000. */
  readonly limit: number;
  /** The `next` of the answer before. */
  readonly cursor?: string;
}

/** Newest first, by log position. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Give it as `cursor` to read on; null at the end. */
  readonly next: string | null;
}

export interface StoreCounts {
  readonly events: number;
  readonly bad: number;
  /** Events that came again and were kept once; since the process started. */
  readonly duplicates: number;
}

/** The questions a store answers. */
export interface EventReader {
  events(query: EventQuery): Promise<Page<StoredEvent>>;
  bad(query: Pick<EventQuery, "project" | "limit" | "cursor">): Promise<Page<StoredBadEvent>>;
  counts(): Promise<StoreCounts>;
}

/**
 * Where events can be asked for. It is derived: everything in it can be made again from the accept log. Another engine
 * takes the embedded one's place by passing event-store.contract.ts.
 */
export interface EventStore extends EventReader {
  /** Log position below which everything is held durably; after a restart the loader reads the log from here. */
  readonly position: number;
  /**
   * Takes the next batch, in log order. (project, id) is kept once: later ones are duplicates, whatever they hold.
   * Resolves when the batch can be queried; durability follows (`position`). Batches below `position` change nothing.
   */
  append(batch: LogBatch): Promise<AppendResult>;
  /** Makes everything appended so far durable, and `position` follow. */
  seal(): Promise<void>;
  /** Seals, then ends the engine. */
  close(): Promise<void>;
}
