import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildRequestContext } from "./init-payload.js";
import { continueVisit, touchVisit, type Moment, type Visit } from "./visit.js";

const noon = Date.UTC(2026, 3, 8, 12);
const minutes = (count: number): number => noon + count * 60_000;

let made = 0;
const at = (nowMs: number, said: Partial<Moment> = {}): Moment => ({
  nowMs,
  newId: () => `made-${(made += 1)}`,
  ...said,
});
const open: Visit = { sessionId: "open", lastSeenAt: new Date(noon).toISOString() };
const arrival = (url: string): Partial<Moment> => ({ context: buildRequestContext({ url }) });

describe("a visit", () => {
  it("begins where there is none, under a new id or the one that somebody named", () => {
    const visit = continueVisit(null, at(noon));
    expect(visit).toEqual({ sessionId: `made-${made}`, lastSeenAt: "2026-04-08T12:00:00.000Z" });
    expect(continueVisit(null, at(noon, { sessionId: "theirs" }))).toMatchObject({ sessionId: "theirs" });
  });

  it("goes on for thirty minutes after somebody was last seen, and not a millisecond longer", () => {
    const seen = continueVisit(open, at(minutes(30)));
    expect(seen).toEqual({ sessionId: "open", lastSeenAt: "2026-04-08T12:30:00.000Z" });
    expect(continueVisit(seen, at(minutes(60))).sessionId).toBe("open");
    expect(continueVisit(seen, at(minutes(60) + 1)).sessionId).toBe(`made-${made}`);
    expect(touchVisit(open, minutes(30))).toEqual(seen);
    expect(touchVisit(open, minutes(30) + 1)).toBeNull();
  });

  it("ends with another campaign, not with the same one, nor with a page that names none", () => {
    const first = continueVisit(null, at(noon, arrival("/?utm_source=news&utm_campaign=spring")));
    const later = continueVisit(first, at(minutes(1), arrival("/pricing")));
    const again = continueVisit(later, at(minutes(2), arrival("/?utm_campaign=spring&utm_source=news")));
    expect([later.sessionId, again.sessionId]).toEqual([first.sessionId, first.sessionId]);
    const other = continueVisit(again, at(minutes(3), arrival("/?utm_source=news&utm_campaign=summer")));
    expect(other.sessionId).not.toBe(first.sessionId);
    expect(continueVisit(other, at(minutes(4), arrival("/?gclid=1"))).sessionId).not.toBe(other.sessionId);
  });

  it("is not ended by what is on every link", () => {
    expect(continueVisit(open, at(minutes(1), arrival("/?fbclid=1&ref=b"))).sessionId).toBe("open");
  });

  it("ends where a new one is asked for, and where another is named", () => {
    expect(continueVisit(open, at(minutes(1), { newSession: true })).sessionId).toBe(`made-${made}`);
    expect(continueVisit(open, at(minutes(1), { sessionId: "theirs" })).sessionId).toBe("theirs");
    expect(continueVisit(open, at(minutes(1), { sessionId: "open" })).sessionId).toBe("open");
  });

  it("is not ended by a clock that was put back, and keeps its later time", () => {
    expect(continueVisit(open, at(minutes(-90)))).toEqual(open);
    expect(touchVisit(open, minutes(-90))).toEqual(open);
  });

  it("is none where its time is none", () => {
    const damaged: Visit = { sessionId: "open", lastSeenAt: "yesterday" };
    expect(continueVisit(damaged, at(noon)).sessionId).toBe(`made-${made}`);
    expect(touchVisit(damaged, noon)).toBeNull();
  });

  it("survives whatever is passed for a context", () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), (context) => {
        const moment = at(noon, { context: context as object });
        expect(continueVisit(open, moment).lastSeenAt).toBe(open.lastSeenAt);
      }),
    );
  });
});
