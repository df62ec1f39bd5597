/**
 * Limits how often somebody may come, at the cost of one number per somebody: the time up to which their allowance is
 * spent (GCRA, the leaky bucket as a virtual schedule: ITU-T I.371). Memory is bounded: the one who has not come for
 * longest is forgotten first, and a forgotten one begins anew.
 */
import { isIPv6 } from "node:net";

export interface RateLimiter {
  /** Counts one visit. Null when it is within the limit, else milliseconds until the next one may come. */
  take(who: string): number | null;
  /** How many are remembered. */
  readonly size: number;
}

export interface RateLimiterOptions {
  /** One second's worth may come at once. */
  readonly perSecond: number;
  /** At least 1. */
  readonly maxRemembered: number;
  readonly monotonicMs: () => number;
}

const rememberedAtMost = 65_536;

export function createRateLimiter({ perSecond, maxRemembered, monotonicMs }: RateLimiterOptions): RateLimiter {
  const intervalMs = 1_000 / perSecond;
  const burstMs = Math.max(1_000, intervalMs);
  // In the order of the last visit, so that the first one is the one to forget.
  const spentUntil = new Map<string, number>();
  return {
    take(who) {
      const nowMs = monotonicMs();
      const spent = Math.max(nowMs, spentUntil.get(who) ?? 0) + intervalMs;
      const waitMs = spent - nowMs - burstMs;
      spentUntil.delete(who);
      spentUntil.set(who, waitMs > tolerance ? spent - intervalMs : spent);
      const oldest = spentUntil.keys().next();
      if (spentUntil.size > maxRemembered && oldest.done !== true) spentUntil.delete(oldest.value);
      return waitMs > tolerance ? waitMs : null;
    },
    get size() {
      return spentUntil.size;
    },
  };
}

/** Sums of intervals such as 1000/3 are not exact. */
const tolerance = 1e-6;

/** No limit where there is none. */
export function rateLimiterFor(perSecond: number | null, monotonicMs: () => number): RateLimiter | null {
  return perSecond === null ? null : createRateLimiter({ perSecond, maxRemembered: rememberedAtMost, monotonicMs });
}

/** Whom an address stands for: of IPv6 the /64 network, since one machine has all of its addresses. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, "").replace(/%.*$/, "");
  if (!isIPv6(plain)) return plain;
  const [before = "", after] = plain.split("::");
  const left = before === "" ? [] : before.split(":");
  const right = after === undefined || after === "" ? [] : after.split(":");
  const zeros = after === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  return [...left, ...zeros, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
