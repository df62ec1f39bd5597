import { cutReasons, refusalReasons, unkeptReasons } from "../report.js";
import type { CollectorStats, CutReason, RefusalReason, UnkeptReason } from "../report.js";

/** Counts what comes in and what becomes of it. accepted = stored + duplicates + unstorable + pending. */
export interface Ledger {
  /** A request was kept, with so many events, and so much that is not one, as were counted when it came. */
  accepted(request: { readonly events: number; readonly bad: number; readonly bytes: number }): void;
  /** They are in the log, and nobody has counted them yet. */
  found(events: number, bad: number): void;
  /** The store has decided on so many more. */
  settled(events: SettledEvents): void;
  refused(reason: RefusalReason): void;
  /** A request was answered, and there was nothing to keep of it. */
  unkept(reason: UnkeptReason): void;
  /** A connection was ended by a limit. */
  cut(reason: CutReason): void;
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
  const refused = createTally(refusalReasons);
  const unkept = createTally(unkeptReasons);
  const cut = createTally(cutReasons);
  return {
    accepted(request) {
      requests += 1;
      receivedBytes += request.bytes;
      accepted += request.events;
      bad += request.bad;
    },
    found(events, badEvents) {
      accepted += events;
      bad += badEvents;
    },
    settled(events) {
      stored += events.stored;
      duplicates += events.duplicates;
      unstorable += events.unstorable;
    },
    refused: refused.add,
    unkept: unkept.add,
    cut: cut.add,
    stats: () => ({
      requests,
      receivedBytes,
      accepted,
      bad,
      stored,
      duplicates,
      unstorable,
      pending: accepted - stored - duplicates - unstorable,
      refused: refused.counts(),
      unkept: unkept.counts(),
      cut: cut.counts(),
    }),
  };
}

interface Tally<Reason extends string> {
  readonly add: (reason: Reason) => void;
  readonly counts: () => Record<Reason, number>;
}

function createTally<Reason extends string>(reasons: readonly Reason[]): Tally<Reason> {
  const counts = Object.fromEntries(reasons.map((reason) => [reason, 0])) as Record<Reason, number>;
  return {
    add(reason) {
      counts[reason] += 1;
    },
    counts: () => ({ ...counts }),
  };
}
