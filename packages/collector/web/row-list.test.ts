import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventRow } from "./event-row.js";
import { RowList } from "./row-list.js";

const row = (name: string) => eventRow("event", { name });
const named = (list: RowList): string[] => list.takeChanges().added.map(({ name }) => name);

function filled(maxRows: number, count: number): RowList {
  const list = new RowList(maxRows);
  for (let at = 0; at < count; at += 1) list.add(row(`n${at}`));
  return list;
}

describe("RowList", () => {
  it("hands each row out once, oldest first", () => {
    const list = filled(10, 2);
    expect(named(list)).toEqual(["n0", "n1"]);
    list.add(row("n2"));
    expect(list.takeChanges()).toMatchObject({ startOver: false, added: [{ name: "n2" }] });
    expect(list.takeChanges()).toEqual({ startOver: false, added: [] });
  });

  it("keeps the newest and forgets the rest", () => {
    const list = filled(3, 100);
    expect([list.recent, list.shown]).toEqual([3, 3]);
    expect(named(list)).toEqual(["n97", "n98", "n99"]);
  });

  it("counts what waits during a pause and shows it, in order, when it ends", () => {
    const list = filled(3, 1);
    named(list);
    list.pause();
    for (const name of ["a", "b", "c", "d"]) list.add(row(name));
    expect([list.waiting, named(list)]).toEqual([4, []]);
    list.resume();
    expect([list.waiting, named(list)]).toEqual([0, ["b", "c", "d"]]);
  });

  it("starts over with the rows that match when the filter changes, and with all when it goes", () => {
    const list = filled(10, 4);
    list.setFilter("n2");
    expect(list.takeChanges()).toMatchObject({ startOver: true, added: [{ name: "n2" }] });
    list.add(row("n3 again"));
    expect([list.shown, named(list)]).toEqual([1, []]);
    list.setFilter("");
    expect(list.takeChanges()).toMatchObject({ startOver: true });
    expect([list.shown, list.filtered]).toEqual([5, false]);
  });

  it("keeps rows that match while others rush past", () => {
    const list = new RowList(3);
    list.setFilter("rare");
    list.add(row("rare one"));
    for (let at = 0; at < 50; at += 1) list.add(row(`n${at}`));
    expect([list.shown, list.recent]).toEqual([1, 3]);
  });

  it("changes the filter during a pause without letting what waits through", () => {
    const list = filled(5, 2);
    list.pause();
    list.add(row("n1 waits"));
    list.setFilter("n1");
    expect(named(list)).toEqual(["n1"]);
    list.resume();
    expect(named(list)).toEqual(["n1 waits"]);
  });

  it("shows what a list without bounds would show last, whatever happens in between", () => {
    const add = fc.constantFrom("apple", "pear", "apple pie").map((name) => ({ do: "add" as const, name }));
    const filter = fc.constantFrom("", "apple").map((text) => ({ do: "filter" as const, text }));
    const step = fc.oneof(
      { weight: 5, arbitrary: add },
      filter,
      fc.constantFrom({ do: "pause" as const }, { do: "resume" as const }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const list = new RowList(4);
        let view: string[] = [];
        let filterText = "";
        let [taken, waiting]: [string[], string[]] = [[], []];
        for (const at of steps) {
          if (at.do === "add") list.add(row(at.name));
          if (at.do === "add") (list.paused ? waiting : taken).push(at.name);
          if (at.do === "filter") list.setFilter((filterText = at.text));
          if (at.do === "pause") list.pause();
          if (at.do === "resume") list.resume();
          if (at.do === "resume") [taken, waiting] = [[...taken, ...waiting], []];
          const { startOver, added } = list.takeChanges();
          view = [...(startOver ? [] : view), ...added.map(({ name }) => name)].slice(-4);
          expect(list.waiting).toBe(waiting.length);
          expect(view).toHaveLength(list.shown);
          expect(view.every((name) => name.includes(filterText))).toBe(true);
          expect(taken.filter((name) => name.includes(filterText)).slice(-view.length || Infinity)).toEqual(view);
        }
      }),
    );
  });
});
