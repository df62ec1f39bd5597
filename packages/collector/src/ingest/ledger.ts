import { refusalReasons } from "../report.js";
import type { CollectorStats, RefusalReason } from "../report.js";

/** Counts what comes in and what becomes of it. accepted = stored + duplicates + unstorable + pending. */
export interface Ledger {
  /** A request was kept, with so many events and so much that is not one. */
  accepted(request: { readonly events: number; readonly bad: number; readonly bytes: number }): void;
  /** An earlier process had kept them, and this one finds them in the log. */
  inherited(events: number, bad: number): void;
  /** The store has decided on so many more. */
  settled(events: SettledEvents): void;
  refused(reason: RefusalReason): void;
  stats(): CollectorStats;
}

export interface SettledEvents {
  readonly stored: number;
  readonly duplicates: number;
  readonly unstorable: number;
}

export function createLedger(): Ledger {
  let requests = 0;
  let receivedBytes = 0;
  let accepted = 0;
  let bad = 0;
  let stored = 0;
  let duplicates = 0;
  let unstorable = 0;
  const refused = Object.fromEntries(refusalReasons.map((reason) => [reason, 0])) as Record<RefusalReason, number>;
  return {
    accepted(request) {
      requests += 1;
      receivedBytes += request.bytes;
      accepted += request.events;
      bad += request.bad;
    },
    inherited(events, badEvents) {
      accepted += events;
      bad += badEvents;
    },
    settled(events) {
      stored += events.stored;
      duplicates += events.duplicates;
      unstorable += events.unstorable;
    },
    refused(reason) {
      refused[reason] += 1;
    },
    stats: () => ({
      requests,
      receivedBytes,
      accepted,
      bad,
      stored,
      duplicates,
      unstorable,
      pending: accepted - stored - duplicates - unstorable,
      refused: { ...refused },
    }),
  };
}
