/** What the collector counts, as the feed needs it. accepted = stored + duplicates + pending, but for the few that the store cannot hold. */
export interface LiveCounts {
  /** Events the collector has answered success for. */
  readonly accepted: number;
  readonly stored: number;
  /** Accepted and not yet stored. */
  readonly pending: number;
  readonly bad: number;
  readonly duplicates: number;
}

/** The ledger in numbers, as the page's header shows it. */
export interface LiveStats extends LiveCounts {
  /** Accepted, over the time since the last reading; 0 at the first. */
  readonly eventsPerSecond: number;
}

/** Reads the counts again and again, and tells how fast `accepted` grows between two readings. */
export class LiveStatsReader {
  readonly #read: () => LiveCounts;
  readonly #monotonicMs: () => number;
  #last: { readonly accepted: number; readonly atMs: number } | undefined;

  constructor(read: () => LiveCounts, monotonicMs: () => number) {
    this.#read = read;
    this.#monotonicMs = monotonicMs;
  }

  next(): LiveStats {
    const { accepted, stored, pending, bad, duplicates } = this.#read();
    const atMs = this.#monotonicMs();
    const rate = this.#last === undefined ? 0 : perSecond(accepted - this.#last.accepted, atMs - this.#last.atMs);
    this.#last = { accepted, atMs };
    return { accepted, stored, pending, bad, duplicates, eventsPerSecond: rate };
  }

  /** Forgets the last reading: a rate over a time when nobody looked says nothing about now. */
  reset(): void {
    this.#last = undefined;
  }
}

function perSecond(count: number, elapsedMs: number): number {
  return elapsedMs > 0 ? Math.round((count * 10_000) / elapsedMs) / 10 : 0;
}
