/**
 * Whether a destination may be asked now, and by how many requests at once. One breaker per destination, obeyed by all
 * its batches, lanes and flushes. Pure: each function gives the next state.
 *
 * After a failure nothing is sent until `notBeforeMs`; then one request goes ahead, and only its success opens the way
 * for the others. A request belongs to the period in which it was started: that one of an earlier period succeeds says
 * nothing about a Retry-After that came meanwhile, and four requests which fail together are one failure.
 */
import { backoffMs, pauseMs, type BackoffBounds } from "./backoff.js";
import type { DestinationDecision } from "./decide.js";

export interface Breaker {
  readonly kind: "open" | "backing-off" | "paused";
  /** Failures or refusals in a row. */
  readonly failures: number;
  /** Rises with every failure that counts. */
  readonly period: number;
  /** Monotonic; no request before it. */
  readonly notBeforeMs: number;
}

export interface BreakerBounds {
  readonly retry: BackoffBounds;
  readonly pause: BackoffBounds;
}

/** When something happened, and chance, which the real ones come from the runtime. */
export interface Moment {
  readonly nowMs: number;
  /** In [0, 1). */
  readonly random: number;
}

export const openBreaker: Breaker = Object.freeze({ kind: "open", failures: 0, period: 0, notBeforeMs: 0 });

/** How many requests may be under way at once. */
export function width(breaker: Breaker, maxInFlight: number): number {
  return breaker.kind === "open" ? maxInFlight : 1;
}

/** The state after an answer to a request that was started in `period`. */
export function afterReply(
  breaker: Breaker,
  reply: { readonly decision: DestinationDecision; readonly period: number; readonly moment: Moment },
  bounds: BreakerBounds,
): Breaker {
  const { decision, period, moment } = reply;
  const isCurrent = period === breaker.period;
  switch (decision.kind) {
    case "answered":
      return isCurrent && breaker.kind !== "open" ? { ...openBreaker, period } : breaker;
    case "failed":
      return isCurrent ? failed(breaker, decision.afterMs ?? 0, { moment, bounds }) : putOff(breaker, decision, moment);
    case "denied":
      return isCurrent || breaker.kind !== "paused" ? refused(breaker, { moment, bounds }) : breaker;
  }
}

interface Circumstances {
  readonly moment: Moment;
  readonly bounds: BreakerBounds;
}

function failed(breaker: Breaker, afterMs: number, { moment, bounds }: Circumstances): Breaker {
  const failures = breaker.kind === "backing-off" ? breaker.failures + 1 : 1;
  // A Retry-After of 0 names no time; without a wait of our own it would be a loop.
  const delayMs = afterMs > 0 ? afterMs : backoffMs(failures, bounds.retry, moment.random);
  return closed(breaker, "backing-off", { failures, notBeforeMs: moment.nowMs + delayMs });
}

function refused(breaker: Breaker, { moment, bounds }: Circumstances): Breaker {
  const failures = breaker.kind === "paused" ? breaker.failures + 1 : 1;
  const delayMs = pauseMs(failures, bounds.pause, moment.random);
  return closed(breaker, "paused", { failures, notBeforeMs: moment.nowMs + delayMs });
}

/** A later Retry-After counts also when it answers a request of an earlier period. */
function putOff(breaker: Breaker, decision: { readonly afterMs: number | null }, moment: Moment): Breaker {
  const notBeforeMs = moment.nowMs + (decision.afterMs ?? 0);
  return notBeforeMs <= breaker.notBeforeMs ? breaker : { ...breaker, notBeforeMs };
}

function closed(
  breaker: Breaker,
  kind: "backing-off" | "paused",
  { failures, notBeforeMs }: { readonly failures: number; readonly notBeforeMs: number },
): Breaker {
  return { kind, failures, period: breaker.period + 1, notBeforeMs: Math.max(breaker.notBeforeMs, notBeforeMs) };
}
