import type { BadEvent } from "@oncewire/protocol";
import { hashEventId } from "./event-id.js";
import { badEventLine, eventLine, type RowKey } from "./event-row.js";
import type { AppendResult, LogBatch, LoggedBadEvent, LoggedEvent } from "./event-store.js";
import { firstGap, gapEnd, type LogRange, type Manifest } from "./manifest.js";
import type { RecentEvent, RecentEvents } from "./recent-events.js";
import type { SealedIds } from "./sealed-ids.js";
import type { IdHash } from "./seen-ids.js";
import type { Staging } from "./staging.js";
import { messageOf } from "./store-error.js";

export interface IntakeParts {
  readonly staging: Staging;
  readonly sealedIds: SealedIds;
  readonly recent: RecentEvents;
  /** As it is at the moment. */
  readonly manifest: () => Manifest;
}

/**
 * The way in: decides which events of a batch are new, and stages them. An id is marked as seen in the same turn in
 * which its row is staged, never before.
 */
export class Intake {
  readonly #parts: IntakeParts;
  #next: number;
  #duplicates = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#next = parts.staging.from;
  }

  /** Everything below it is sealed or staged. */
  get next(): number {
    return this.#next;
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  /** Takes what of the batch is not below `next` and not in a sealed segment. One batch at a time. */
  async take(batch: LogBatch): Promise<AppendResult> {
    const { staging, manifest } = this.#parts;
    await staging.makeRoom();
    const taken = { stored: [] as LoggedEvent[], duplicates: 0, unstorable: [] as LoggedBadEvent[], bad: 0 };
    while (this.#next < batch.to) {
      const gap = gapEnd(manifest(), this.#next);
      const range = { from: this.#next, to: Math.min(batch.to, gap) };
      const part = await this.#takeRange(range, batch, gap === Infinity);
      taken.stored.push(...part.stored);
      taken.duplicates += part.duplicates;
      taken.unstorable.push(...part.unstorable);
      taken.bad += part.bad;
      if (range.to === gap) await this.#passOver(gap);
    }
    return taken;
  }

  async #takeRange(range: LogRange, batch: LogBatch, isNewest: boolean): Promise<AppendResult> {
    const candidates = within(range, batch.events).map(toCandidate);
    const known = await this.#findKnown(candidates);
    const stored: LoggedEvent[] = [];
    const recent: RecentEvent[] = [];
    const unstorable: LoggedBadEvent[] = [];
    let duplicates = 0;
    const eventKeys = new RowKeys();
    for (const candidate of candidates) {
      const key = eventKeys.next(candidate.logged.position);
      if (known.has(candidate) || this.#parts.staging.hasId(candidate.hash)) duplicates += 1;
      else this.#stage(candidate, { key, stored, recent, unstorable });
    }
    if (isNewest) this.#parts.recent.add(recent);
    const bad = within(range, batch.bad);
    const badKeys = new RowKeys();
    for (const one of [...bad, ...unstorable]) this.#stageBad(badKeys.next(one.position), one.bad);
    this.#duplicates += duplicates;
    this.#next = range.to;
    return { stored, duplicates, unstorable, bad: bad.length };
  }

  /**
   * Those whose ids are sealed, or staged now: what is staged may be sealed while the files are asked, and would then be
   * in neither.
   */
  async #findKnown(candidates: readonly Candidate[]): Promise<ReadonlySet<Candidate>> {
    const { staging, sealedIds } = this.#parts;
    const staged = candidates.filter(({ hash }) => staging.hasId(hash));
    const isStaged = new Set(staged);
    const others = staged.length === 0 ? candidates : candidates.filter((candidate) => !isStaged.has(candidate));
    const sealed = await sealedIds.find(others, ({ hash }) => hash);
    return staged.length === 0 ? sealed : new Set([...staged, ...sealed]);
  }

  #stage({ logged, hash }: Candidate, into: StageInto): void {
    const { staging } = this.#parts;
    const line = orProblem(() => eventLine(into.key, logged.event, logged.texts));
    if (typeof line !== "string") {
      into.unstorable.push({ position: logged.position, bad: unstorableEvent(logged, into.key, line.problem) });
      return;
    }
    staging.addId(hash);
    const bytes = staging.add("events", line);
    into.recent.push({ key: into.key, event: logged.event, bytes });
    into.stored.push(logged);
  }

  #stageBad(key: RowKey, bad: BadEvent): void {
    const line = orProblem(() => badEventLine(key, bad));
    this.#parts.staging.add("bad_events", typeof line === "string" ? line : badEventLine(key, { ...bad, wire: null }));
  }

  /** What comes now is in sealed segments already, up to the next gap. */
  async #passOver(gap: number): Promise<void> {
    const resume = firstGap(this.#parts.manifest(), gap);
    await this.#parts.staging.close(gap, resume);
    this.#next = resume;
  }
}

/** An event on its way in, and what stands for its id. */
interface Candidate {
  readonly logged: LoggedEvent;
  readonly hash: IdHash;
}

interface StageInto {
  readonly key: RowKey;
  readonly stored: LoggedEvent[];
  readonly recent: RecentEvent[];
  readonly unstorable: LoggedBadEvent[];
}

function toCandidate(logged: LoggedEvent): Candidate {
  return { logged, hash: hashEventId(logged.event.project, logged.event.id) };
}

function within<T extends { readonly position: number }>({ from, to }: LogRange, all: readonly T[]): readonly T[] {
  return all.filter(({ position }) => position >= from && position < to);
}

/** Each record's place among those of the same position. The same records get the same keys at every reading. */
class RowKeys {
  #position = -1;
  #ordinal = 0;

  next(position: number): RowKey {
    this.#ordinal = position === this.#position ? this.#ordinal + 1 : 0;
    this.#position = position;
    return { position, ordinal: this.#ordinal };
  }
}

function orProblem(encode: () => string): string | { readonly problem: string } {
  try {
    return encode();
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function unstorableEvent({ event }: LoggedEvent, key: RowKey, problem: string): BadEvent {
  return {
    id: `unstorable-${key.position}-${key.ordinal}`,
    protocol: event.protocol,
    project: event.project,
    receivedAt: event.receivedAt,
    code: "unstorable",
    message: `an event must fit into JSON to be stored, but ${problem}; its request is in the accept log`,
    wire: null,
  };
}
