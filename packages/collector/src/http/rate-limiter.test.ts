import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRateLimiter, networkOf } from "./rate-limiter.js";
import type { RateLimiter } from "./rate-limiter.js";

let nowMs = 0;

function limiter(perSecond: number, maxRemembered = 100): RateLimiter {
  nowMs = 0;
  return createRateLimiter({ perSecond, maxRemembered, monotonicMs: () => nowMs });
}

describe("a rate limiter", () => {
  it("lets one second's worth come at once, and then one per interval", () => {
    const limit = limiter(4);
    expect([1, 2, 3, 4].map(() => limit.take("ada"))).toEqual([null, null, null, null]);
    expect(limit.take("ada")).toBe(250);
    nowMs = 249;
    expect(limit.take("ada")).toBe(1);
    nowMs = 250;
    expect(limit.take("ada")).toBe(null);
    expect(limit.take("ada")).toBe(250);
  });

  it("allows one visit in a long time where the rate is below one a second", () => {
    const limit = limiter(0.1);
    expect(limit.take("ada")).toBe(null);
    expect(limit.take("ada")).toBe(10_000);
    nowMs = 10_000;
    expect(limit.take("ada")).toBe(null);
  });

  it("counts everybody alone", () => {
    const limit = limiter(1);
    expect([limit.take("ada"), limit.take("bob")]).toEqual([null, null]);
    expect(limit.take("ada")).not.toBe(null);
  });

  it("remembers a bounded number of visitors, and forgets the one who has been away longest", () => {
    const limit = limiter(1, 3);
    for (const who of ["a", "b", "c", "a", "d"]) limit.take(who);
    expect(limit.size).toBe(3);
    expect(limit.take("a")).not.toBe(null);
    expect(limit.take("b")).toBe(null);
  });

  it("remembers no more when many strangers come", () => {
    const limit = limiter(10, 1_000);
    for (let index = 0; index < 200_000; index += 1) limit.take(`stranger-${index}`);
    expect(limit.size).toBe(1_000);
  });

  it("never lets more through than a second's worth and the rate allow, and never less to one who keeps to it", () => {
    const visits = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), visits, (perSecond, gapsMs) => {
        const limit = limiter(perSecond);
        let passed = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          if (limit.take("ada") === null) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(perSecond + (nowMs / 1_000) * perSecond + 1e-6);
        const patient = limiter(perSecond);
        for (let visit = 0; visit < 50; visit += 1) {
          expect(patient.take("ada")).toBe(null);
          nowMs += 1_000 / perSecond;
        }
      }),
    );
  });
});

describe("networkOf", () => {
  it.each([
    ["10.1.2.3", "10.1.2.3"],
    ["::ffff:10.1.2.3", "10.1.2.3"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:0db8:1:2:aaaa::1", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["::1", "0:0:0:0"],
    ["", ""],
  ])("%s stands for %s", (address, network) => expect(networkOf(address)).toBe(network));
});
