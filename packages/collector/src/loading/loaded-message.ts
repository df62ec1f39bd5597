/** What the collector is told of a batch that the store took. */
import type { AppendResult, LogBatch, StoredItem } from "../store/event-store.js";
import type { LoadedMessage, LoadingSetup } from "./messages.js";

export interface TakenBatch extends Pick<LoadedMessage, "storePosition" | "forgotten"> {
  readonly batch: LogBatch;
  readonly result: AppendResult;
}

/** The live page cannot show more at once, and passing events between threads has its price. */
const maxNewest = 500;

/** Counts each event once: what the thread before this one told of already is in nothing but `to`. */
export function loadedMessage(
  { inheritedTo, reportedTo }: Pick<LoadingSetup, "inheritedTo" | "reportedTo">,
  { batch, result, storePosition, forgotten }: TakenBatch,
): LoadedMessage {
  const isNews = ({ position }: { position: number }): boolean => position >= reportedTo;
  const isInherited = ({ position }: { position: number }): boolean => position < inheritedTo && position >= reportedTo;
  const stored = result.stored.filter(isNews);
  const unstorable = result.unstorable.filter(isNews);
  const bad = [...batch.bad.filter(isNews), ...unstorable];
  const newest = [
    ...stored
      .slice(-maxNewest)
      .map(({ position, event }): StoredItem => ({ type: "event", event: { ...event, position } })),
    ...bad
      .slice(-maxNewest)
      .map((item): StoredItem => ({ type: "bad", bad: { ...item.bad, position: item.position } })),
  ];
  return {
    kind: "loaded",
    to: batch.to,
    storePosition,
    inherited: { events: batch.events.filter(isInherited).length, bad: batch.bad.filter(isInherited).length },
    stored: stored.length,
    // Also those that the store had decided on before: they are there.
    duplicates: batch.events.filter(isNews).length - stored.length - unstorable.length,
    unstorable: unstorable.length,
    forgotten,
    newest,
    leftOut: stored.length + bad.length - newest.length,
  };
}
