import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterReply, openBreaker, width, type Breaker } from "./breaker.js";
import type { DestinationDecision } from "./decide.js";

const bounds = { retry: { baseMs: 500, capMs: 30_000 }, pause: { baseMs: 10_000, capMs: 600_000 } };

function reply(breaker: Breaker, decision: DestinationDecision, nowMs = 0, period = breaker.period): Breaker {
  return afterReply(breaker, { decision, period, moment: { nowMs, random: 0.5 } }, bounds);
}

const failure = (afterMs: number | null = null): DestinationDecision => ({ kind: "failed", reason: "503", afterMs });
const success: DestinationDecision = { kind: "answered" };
const refusal: DestinationDecision = { kind: "denied", reason: "401" };

describe("the breaker", () => {
  it("closes at a failure, lets one request ahead, and opens at its success", () => {
    const closed = reply(openBreaker, failure(), 1000);
    expect(closed).toMatchObject({ kind: "backing-off", failures: 1, notBeforeMs: 1250 });
    expect([width(openBreaker, 4), width(closed, 4)]).toEqual([4, 1]);
    expect(reply(closed, success, 2000)).toMatchObject({ kind: "open", failures: 0, notBeforeMs: 0 });
  });

  it("counts failures of requests that were in flight together as one", () => {
    const first = reply(openBreaker, failure(), 1000);
    const second = reply(first, failure(), 1001, openBreaker.period);
    expect(second).toEqual(first);
  });

  it("waits longer with each failure in a row", () => {
    let breaker: Breaker = openBreaker;
    const delays = Array.from({ length: 8 }, () => {
      breaker = reply(breaker, failure(), 0);
      return breaker.failures;
    });
    expect(delays).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("keeps the latest Retry-After, whichever request brings it", () => {
    const first = reply(openBreaker, failure(5000), 0);
    const later = reply(first, failure(9000), 100, openBreaker.period);
    const earlier = reply(later, failure(1000), 200, openBreaker.period);
    expect([first, later, earlier].map(({ notBeforeMs }) => notBeforeMs)).toEqual([5000, 9100, 9100]);
  });

  it("is not opened by the success of a request from before it closed", () => {
    const closed = reply(openBreaker, failure(5000), 0);
    expect(reply(closed, success, 10, openBreaker.period)).toEqual(closed);
  });

  it("makes no loop of a Retry-After of 0", () => {
    expect(reply(openBreaker, failure(0), 0).notBeforeMs).toBeGreaterThan(0);
  });

  it("pauses when it is refused, ever longer", () => {
    const once = reply(openBreaker, refusal, 0);
    const twice = reply(once, refusal, once.notBeforeMs);
    expect([once.kind, twice.failures]).toEqual(["paused", 2]);
    expect(twice.notBeforeMs - once.notBeforeMs).toBeGreaterThan(once.notBeforeMs);
  });

  it("never lets a request pass before a moment that was named, until an answer to a later request", () => {
    const decisions = fc.array(
      fc.record({
        afterMs: fc.option(fc.integer({ min: 0, max: 100_000 })),
        isCurrent: fc.boolean(),
        isSuccess: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(decisions, (steps) => {
        let breaker: Breaker = openBreaker;
        let namedMs = 0;
        for (const { afterMs, isCurrent, isSuccess } of steps) {
          const period = isCurrent ? breaker.period : breaker.period - 1;
          breaker = reply(breaker, isSuccess ? success : failure(afterMs), 0, period);
          if (isSuccess && isCurrent) namedMs = 0;
          if (!isSuccess) namedMs = Math.max(namedMs, afterMs ?? 0);
          expect(breaker.notBeforeMs).toBeGreaterThanOrEqual(namedMs);
        }
      }),
    );
  });
});
