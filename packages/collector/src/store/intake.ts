import type { BadEvent } from "@oncewire/protocol";
import { findOlderDuplicates, type Candidate } from "./duplicates.js";
import type { Engine } from "./engine.js";
import { hashEventId } from "./event-id.js";
import { badEventLine, eventLine, type RowKey } from "./event-row.js";
import type { AppendResult, LogBatch, LoggedBadEvent, LoggedEvent } from "./event-store.js";
import { firstGap, gapEnd, type LogRange, type Manifest } from "./manifest.js";
import type { RecentEvents } from "./recent-events.js";
import type { SeenWindow } from "./seen-window.js";
import type { Staging } from "./staging.js";
import { messageOf } from "./store-error.js";

export interface IntakeParts {
  readonly engine: Engine;
  readonly staging: Staging;
  readonly window: SeenWindow;
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
    const { engine, manifest, window } = this.#parts;
    const older = await findOlderDuplicates(engine, { manifest: manifest(), window }, candidates);
    const stored: LoggedEvent[] = [];
    const unstorable: LoggedBadEvent[] = [];
    let duplicates = 0;
    for (const [candidate, key] of withKeys(candidates, ({ logged }) => logged.position)) {
      if (older.has(candidate) || window.has(candidate.hash)) duplicates += 1;
      else this.#stage(candidate, { key, isNewest, stored, unstorable });
    }
    const bad = within(range, batch.bad);
    for (const [one, key] of withKeys([...bad, ...unstorable], ({ position }) => position))
      this.#stageBad(key, one.bad);
    this.#duplicates += duplicates;
    this.#next = range.to;
    return { stored, duplicates, unstorable, bad: bad.length };
  }

  #stage({ logged, hash }: Candidate, into: StageInto): void {
    const { staging, window, recent } = this.#parts;
    const line = orProblem(() => eventLine(into.key, logged.event));
    if (typeof line !== "string") {
      into.unstorable.push({ position: logged.position, bad: unstorableEvent(logged, into.key, line.problem) });
      return;
    }
    window.add(hash);
    const bytes = staging.add("events", line);
    if (into.isNewest) recent.add({ key: into.key, event: logged.event, bytes });
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

interface StageInto {
  readonly key: RowKey;
  readonly isNewest: boolean;
  readonly stored: LoggedEvent[];
  readonly unstorable: LoggedBadEvent[];
}

function toCandidate(logged: LoggedEvent): Candidate {
  return { logged, hash: hashEventId(logged.event.project, logged.event.id) };
}

function within<T extends { readonly position: number }>({ from, to }: LogRange, all: readonly T[]): readonly T[] {
  return all.filter(({ position }) => position >= from && position < to);
}

/** Each with its place among those of the same position. The same records get the same keys at every reading. */
function* withKeys<T>(all: readonly T[], positionOf: (one: T) => number): Generator<[T, RowKey], void, undefined> {
  let position = -1;
  let ordinal = 0;
  for (const one of all) {
    ordinal = positionOf(one) === position ? ordinal + 1 : 0;
    position = positionOf(one);
    yield [one, { position, ordinal }];
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
