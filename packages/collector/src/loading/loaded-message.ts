/** What the collector is told of a batch that the store took. */
import type { ProtocolName } from "@oncewire/protocol";
import type { AppendResult, LogBatch, StoredItem } from "../store/event-store.js";
import type { LoadedMessage, LoadingSetup } from "./messages.js";

export interface TakenBatch extends Pick<LoadedMessage, "storePosition" | "forgotten" | "enrichmentFailures"> {
  readonly batch: LogBatch;
  readonly result: AppendResult;
  /** Whether requests on that wire are answered before anybody knows what they hold. */
  readonly isAnsweredUnread: (protocol: ProtocolName) => boolean;
  /** At most so many events, and so many bad ones, are shown. */
  readonly maxShown: number;
}

/** Counts each event once: what the thread before this one told of already is in nothing but `to`. */
export function loadedMessage(
  { inheritedTo, reportedTo }: Pick<LoadingSetup, "inheritedTo" | "reportedTo">,
  { batch, result, storePosition, forgotten, enrichmentFailures, isAnsweredUnread, maxShown }: TakenBatch,
): LoadedMessage {
  const isNews = ({ position }: { position: number }): boolean => position >= reportedTo;
  const isFound = ({ position }: { position: number }, protocol: ProtocolName): boolean =>
    position >= reportedTo && (position < inheritedTo || isAnsweredUnread(protocol));
  const stored = result.stored.filter(isNews);
  const unstorable = result.unstorable.filter(isNews);
  const bad = [...batch.bad.filter(isNews), ...unstorable];
  const newest = [
    ...stored
      .slice(Math.max(0, stored.length - maxShown))
      .map(({ position, event }): StoredItem => ({ type: "event", event: { ...event, position } })),
    ...bad
      .slice(Math.max(0, bad.length - maxShown))
      .map((item): StoredItem => ({ type: "bad", bad: { ...item.bad, position: item.position } })),
  ];
  return {
    kind: "loaded",
    to: batch.to,
    storePosition,
    found: {
      events: batch.events.filter((one) => isFound(one, one.event.protocol)).length,
      bad: batch.bad.filter((one) => isFound(one, one.bad.protocol)).length,
    },
    stored: stored.length,
    // Also those that the store had decided on before: they are there.
    duplicates: batch.events.filter(isNews).length - stored.length - unstorable.length,
    unstorable: unstorable.length,
    forgotten,
    enrichmentFailures,
    newest,
    leftOut: stored.length + bad.length - newest.length,
  };
}

/**
 * How many items may be shown now. The live page cannot show more, and passing them between threads has its price: a
 * loader that catches up would pay it for each event.
 */
export class ShowBudget {
  readonly #nowMs: () => number;
  #left = maxAtOnce;
  #atMs: number;

  constructor(monotonicMs: () => number) {
    this.#nowMs = monotonicMs;
    this.#atMs = monotonicMs();
  }

  get left(): number {
    const nowMs = this.#nowMs();
    this.#left = Math.min(maxAtOnce, this.#left + (nowMs - this.#atMs) * perMillisecond);
    this.#atMs = nowMs;
    return Math.floor(this.#left);
  }

  spend(items: number): void {
    this.#left = Math.max(0, this.#left - items);
  }
}

const maxAtOnce = 500;
const perMillisecond = 1;
