/**
 * Answering comes first. Where it has to wait for a core, of what comes in a little more than half is loaded at once, and
 * the loader rests between pieces; the log holds the rest until there is room again.
 */
import { readFileSync } from "node:fs";
import type { Runtime } from "../runtime.js";

export interface GivingWay {
  /** The log position up to which may be loaded now, of everything below `durable`. */
  readonly allowed: (durable: number) => number;
  /** How long the loader is to rest after so much work. */
  readonly restMs: (workedMs: number) => number;
}

/** Of what came in since the last look. */
const shareWhenCrowded = 0.6;
/** Of the work before, and in all. */
const restPerWork = 3;
const longestRestMs = 1_000;

export function createGivingWay(isCrowded: () => boolean): GivingWay {
  let allowed = 0;
  let seen = 0;
  return {
    allowed(durable) {
      allowed = isCrowded() ? Math.min(durable, allowed + Math.ceil((durable - seen) * shareWhenCrowded)) : durable;
      seen = durable;
      return allowed;
    },
    restMs: (workedMs) => (isCrowded() ? Math.min(workedMs * restPerWork, longestRestMs) : 0),
  };
}

/** Of the time looked at: who waits longer than this for a core has too few of them. */
const crowdedShare = 0.05;
const lookMs = 250;

/** Whether the calling thread, which answers, has to wait for a core. Linux alone tells; elsewhere it never has. */
export function createCrowding(
  { monotonicMs }: Pick<Runtime, "monotonicMs">,
  waitedMs: () => number | null = readWaitedMs,
): () => boolean {
  let before = { atMs: monotonicMs(), waitedMs: waitedMs() };
  let isCrowded = false;
  return () => {
    const atMs = monotonicMs();
    if (before.waitedMs === null || atMs - before.atMs < lookMs) return isCrowded;
    const now = { atMs, waitedMs: waitedMs() };
    isCrowded = ((now.waitedMs ?? 0) - before.waitedMs) / (atMs - before.atMs) > crowdedShare;
    before = now;
    return isCrowded;
  };
}

/** How long this thread has been ready to run without running: the second field, in nanoseconds. */
function readWaitedMs(): number | null {
  try {
    const [, waitedNs] = readFileSync("/proc/thread-self/schedstat", "latin1").split(" ");
    return waitedNs === undefined ? null : Number(waitedNs) / 1e6;
  } catch {
    return null;
  }
}
