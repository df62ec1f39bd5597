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
      recent.add([aRecent(position, ordinal)]);
    }
    expect(idsIn(recent, 3)).toEqual(["e-4-0", "e-3-1", "e-3-0"]);
  });

  it("let the oldest go where there are too many of them, or too many bytes", () => {
    const recent = new RecentEvents(3, 100);
    for (let position = 0; position < 5; position += 1) recent.add([aRecent(position)]);
    expect(idsIn(recent, 3)).toEqual(["e-4-0", "e-3-0", "e-2-0"]);
    recent.add([aRecent(5, 0, 85)]);
    expect(idsIn(recent, 2)).toEqual(["e-5-0", "e-4-0"]);
  });

  it("are the last hundred of those that come in bulk, and none that came before", () => {
    const recent = new RecentEvents(1000, 100_000);
    const many = (from: number, count: number): readonly RecentEvent[] =>
      Array.from({ length: count }, (_, at) => aRecent(from + at));
    recent.add(many(0, 100));
    recent.add(many(100, 100));
    expect(idsIn(recent, 200)).toHaveLength(200);
    recent.add(many(0, 150));
    expect(idsIn(recent, 200)).toHaveLength(200);
    recent.add(many(200, 101));
    expect(idsIn(recent, 100)).toEqual(Array.from({ length: 100 }, (_, at) => `e-${300 - at}-0`));
    expect(idsIn(recent, 301)).toBeUndefined();
  });

  it("are no answer where others may be part of it", () => {
    const recent = new RecentEvents(3, 100);
    recent.add([aRecent(7)]);
    expect(idsIn(recent, 2)).toBeUndefined();
    expect(recent.page(resolveSelection({ limit: 1 }), 2)).toBeUndefined();
    recent.add([aRecent(8)]);
    expect(recent.page(resolveSelection({ limit: 1 }), 9)).toMatchObject({ items: [{ id: "e-8-0" }], next: "8-0" });
  });

  it("take older ones that are read back, behind what came meanwhile, and as many as there is room for", () => {
    const recent = new RecentEvents(4, 1000);
    for (const position of [7, 8]) recent.add([aRecent(position)]);
    recent.addOlder([8, 7, 6, 5, 4].map((position) => aRecent(position)));
    expect(idsIn(recent, 4)).toEqual(["e-8-0", "e-7-0", "e-6-0", "e-5-0"]);
    recent.add([aRecent(9)]);
    expect(idsIn(recent, 4)).toEqual(["e-9-0", "e-8-0", "e-7-0", "e-6-0"]);
  });

  it("take no older ones where those between were let go, or where they would take too many bytes", () => {
    const recent = new RecentEvents(4, 100);
    for (const [position, bytes] of [
      [6, 90],
      [7, 50],
    ] as const) {
      recent.add([aRecent(position, 0, bytes)]);
    }
    recent.addOlder([aRecent(5), aRecent(4)]);
    expect(idsIn(recent, 1)).toEqual(["e-7-0"]);
    const empty = new RecentEvents(4, 100);
    empty.addOlder([aRecent(5, 0, 60), aRecent(4, 0, 60)]);
    expect(idsIn(empty, 1)).toEqual(["e-5-0"]);
  });
});
