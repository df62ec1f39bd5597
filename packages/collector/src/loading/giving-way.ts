/**
 * Answering comes first. Where it keeps a machine of few cores busy, of what comes in a little more than half is loaded at
 * once, and the loader rests between pieces; the log holds the rest until there is room again.
 */
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
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
const restPerWork = 1.5;
const longestRestMs = 100;

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

/** With more cores than these the client, the accept path and the loader do not take them from each other. */
const fewCores = 2;
/** Of the time looked at; below it the accept path leaves the loader enough. */
const busyShare = 0.5;
const lookMs = 20;

/** Whether the calling thread, which answers, and the loader are in each other's way. */
export function crowding({ monotonicMs }: Pick<Runtime, "monotonicMs">): () => boolean {
  if (availableParallelism() > fewCores) return () => false;
  let before = performance.eventLoopUtilization();
  let lookedAtMs = monotonicMs();
  let isBusy = false;
  return () => {
    if (monotonicMs() - lookedAtMs < lookMs) return isBusy;
    const now = performance.eventLoopUtilization();
    isBusy = performance.eventLoopUtilization(now, before).utilization > busyShare;
    [before, lookedAtMs] = [now, monotonicMs()];
    return isBusy;
  };
}
