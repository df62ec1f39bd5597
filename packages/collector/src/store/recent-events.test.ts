import { describe, expect, it } from "vitest";
import { resolveSelection } from "./event-query.js";
import { anEvent } from "./event-store.contract.js";
import { RecentEvents, type RecentEvent } from "./recent-events.js";

const aRecent = (position: number, ordinal = 0, bytes = 10): RecentEvent => ({
  key: { position, ordinal },
  event: anEvent({ id: `e-${position}-${ordinal}` }),
  bytes,
});

function idsIn(recent: RecentEvents, total: number): readonly string[] | undefined {
  return recent.page(resolveSelection({ limit: 1000 }), total)?.items.map(({ id }) => id);
}

describe("the newest events in memory", () => {
  it("are only what is newer than all that is there", () => {
    const recent = new RecentEvents(10, 1000);
    for (const [position, ordinal] of [
      [3, 0],
      [3, 1],
      [3, 1],
      [3, 0],
      [2, 5],
      [4, 0],
    ] as const) {
      recent.add(aRecent(position, ordinal));
    }
    expect(idsIn(recent, 3)).toEqual(["e-4-0", "e-3-1", "e-3-0"]);
  });

  it("let the oldest go where there are too many of them, or too many bytes", () => {
    const recent = new RecentEvents(3, 100);
    for (let position = 0; position < 5; position += 1) recent.add(aRecent(position));
    expect(idsIn(recent, 3)).toEqual(["e-4-0", "e-3-0", "e-2-0"]);
    recent.add(aRecent(5, 0, 85));
    expect(idsIn(recent, 2)).toEqual(["e-5-0", "e-4-0"]);
  });

  it("are no answer where others may be part of it", () => {
    const recent = new RecentEvents(3, 100);
    recent.add(aRecent(7));
    expect(idsIn(recent, 2)).toBeUndefined();
    expect(recent.page(resolveSelection({ limit: 1 }), 2)).toBeUndefined();
    recent.add(aRecent(8));
    expect(recent.page(resolveSelection({ limit: 1 }), 9)).toMatchObject({ items: [{ id: "e-8-0" }], next: "8-0" });
  });
});
