import type { ResolvedRetain } from "./options.js";

export interface RetentionState {
  /** Position after the last record of the oldest segment. */
  readonly end: number;
  /** When its last record was written, at the latest. */
  readonly closedAtMs: number;
  /** Size of all segments together. */
  readonly bytes: number;
  /** The lowest cursor's position; null without cursors. */
  readonly acknowledged: number | null;
  readonly nowMs: number;
}

/** Whether the oldest segment, which is no longer written, may go. */
export function mayDelete(state: RetentionState, retain: ResolvedRetain | null): boolean {
  const isAcknowledged = state.acknowledged !== null && state.end <= state.acknowledged;
  if (retain === null) return isAcknowledged;
  if (!isAcknowledged && !retain.force) return false;
  return state.bytes > retain.maxBytes || state.nowMs - state.closedAtMs > retain.maxAgeMs;
}
