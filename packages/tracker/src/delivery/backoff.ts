/** How long to leave a destination alone. Pure. */

export interface BackoffBounds {
  readonly baseMs: number;
  readonly capMs: number;
}

/** Twice as long for each failure in a row, up to the cap. `count` is at least 1. */
export function ceilingMs(count: number, bounds: BackoffBounds): number {
  return Math.min(bounds.capMs, bounds.baseMs * 2 ** Math.min(count - 1, 52));
}

/**
 * Any moment up to the ceiling ("full jitter"), so that many senders which failed together do not come back together.
 * At least 1 ms, so that no chance makes a loop of it.
 */
export function backoffMs(count: number, bounds: BackoffBounds, random: number): number {
  return Math.max(1, Math.round(ceilingMs(count, bounds) * random));
}

/** The second half of the ceiling: for a destination that refuses us, asking early is of no use. */
export function pauseMs(count: number, bounds: BackoffBounds, random: number): number {
  return Math.max(1, Math.round(ceilingMs(count, bounds) * (0.5 + random / 2)));
}
