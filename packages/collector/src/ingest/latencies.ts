import type { LatencySnapshot } from "../report.js";

/** How long answers took, counted in fixed classes: constant memory, whatever happens. */
export interface Latencies {
  observe(ms: number): void;
  snapshot(): LatencySnapshot;
}

const boundsMs: readonly number[] = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

export function createLatencies(): Latencies {
  const counts = Array<number>(boundsMs.length).fill(0);
  let count = 0;
  let sumMs = 0;
  return {
    observe(ms) {
      count += 1;
      sumMs += ms;
      const index = boundsMs.findIndex((bound) => ms <= bound);
      if (index !== -1) counts[index] = (counts[index] ?? 0) + 1;
    },
    snapshot() {
      let below = 0;
      const buckets = boundsMs.map((atMostMs, index) => ({ atMostMs, count: (below += counts[index] ?? 0) }));
      return { buckets, count, sumMs };
    },
  };
}
