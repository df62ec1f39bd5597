import { describe, expect, it } from "vitest";
import { aBadEvent, anEvent } from "../store/event-store.contract.js";
import type { AppendResult, LogBatch, LoggedEvent } from "../store/event-store.js";
import { loadedMessage, ShowBudget, type TakenBatch } from "./loaded-message.js";

const eventAt = (position: number): LoggedEvent => ({ position, event: anEvent({ id: `e-${position}` }) });
const batch: LogBatch = {
  from: 10,
  to: 14,
  events: [10, 11, 12, 13].map(eventAt),
  bad: [{ position: 12, bad: aBadEvent({ id: "b" }) }],
};
const result: AppendResult = {
  stored: [10, 12].map(eventAt),
  duplicates: 1,
  unstorable: [{ position: 13, bad: aBadEvent({ id: "unstorable-13-0", code: "unstorable" }) }],
  bad: 1,
};
const taken: TakenBatch = {
  batch,
  result,
  storePosition: 7,
  forgotten: 2,
  enrichmentFailures: { geo: 3 },
  isAnsweredUnread: () => false,
  maxShown: 500,
};

describe("what is told of a batch", () => {
  it("counts every event as what became of it", () => {
    expect(loadedMessage({ inheritedTo: 0, reportedTo: 0 }, taken)).toMatchObject({
      stored: 2,
      duplicates: 1,
      unstorable: 1,
      forgotten: 2,
      enrichmentFailures: { geo: 3 },
    });
  });

  it("shows what is bad, and what had to be kept as bad", () => {
    const { newest } = loadedMessage({ inheritedTo: 0, reportedTo: 0 }, taken);
    expect(newest.map((item) => (item.type === "bad" ? item.bad.id : item.event.id))).toEqual([
      "e-10",
      "e-12",
      "b",
      "unstorable-13-0",
    ]);
  });

  it("tells nothing twice, and apart what an earlier process had accepted", () => {
    const told = loadedMessage({ inheritedTo: 13, reportedTo: 12 }, taken);
    expect(told).toMatchObject({ stored: 1, duplicates: 0, unstorable: 1, found: { events: 1, bad: 1 } });
    expect(told.newest.length).toBe(3);
  });

  it("tells apart what came on a wire that is answered unread", () => {
    const message = (wire: string) =>
      loadedMessage({ inheritedTo: 0, reportedTo: 12 }, { ...taken, isAnsweredUnread: (one) => one === wire });
    expect(message(anEvent({ id: "e" }).protocol).found).toEqual({ events: 2, bad: 1 });
    expect(message("another").found).toEqual({ events: 0, bad: 0 });
  });

  it("says how many items are left out when there are too many to show", () => {
    const many = Array.from({ length: 700 }, (_, at) => eventAt(at));
    const all = { from: 0, to: 700, events: many, bad: [] };
    const stored = { stored: many, duplicates: 0, unstorable: [], bad: 0 };
    const told = loadedMessage({ inheritedTo: 0, reportedTo: 0 }, { ...taken, batch: all, result: stored });
    expect([told.newest.length, told.leftOut]).toEqual([500, 200]);
  });

  it("shows nothing where nothing more may be shown", () => {
    const told = loadedMessage({ inheritedTo: 0, reportedTo: 0 }, { ...taken, maxShown: 0 });
    expect([told.newest, told.leftOut]).toEqual([[], 4]);
  });
});

describe("the budget of what is shown", () => {
  it("lasts for a burst and grows again with time, up to the same", () => {
    let nowMs = 0;
    const budget = new ShowBudget(() => nowMs);
    expect(budget.left).toBe(500);
    budget.spend(500);
    expect(budget.left).toBe(0);
    nowMs = 10;
    expect(budget.left).toBe(10);
    budget.spend(80);
    nowMs = 10_000;
    expect(budget.left).toBe(500);
  });
});
