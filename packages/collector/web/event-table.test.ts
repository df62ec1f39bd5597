// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { element } from "./element.js";
import { eventRow } from "./event-row.js";
import { EventTable } from "./event-table.js";

const body = element("tbody");
let opened: string[];
let table: EventTable;

const rows = (...names: string[]) => names.map((name) => eventRow("event", { name, kind: "track" }));
const shown = (): (string | null)[] =>
  [...body.querySelectorAll("tr")].map((row) => row.querySelector(".cell-name")?.textContent ?? null);
const add = (...names: string[]): void => table.apply({ startOver: false, added: rows(...names) });
const rowNamed = (name: string): HTMLElement => {
  const found = [...body.querySelectorAll("tr")].find((row) => row.querySelector(".cell-name")?.textContent === name);
  if (found === undefined) throw new Error(`no row ${name}`);
  return found;
};
const press = (key: string): void => {
  document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
};

beforeEach(() => {
  opened = [];
  const fresh = element("table", {}, body);
  body.replaceChildren();
  document.body.replaceChildren(fresh);
  table = new EventTable({ body, maxRows: 5, onOpen: (row) => opened.push(row.name) });
});

describe("EventTable", () => {
  it("puts new rows on top and drops the oldest beyond its bound", () => {
    add("a", "b");
    add("c", "d", "e", "f");
    expect(shown()).toEqual(["f", "e", "d", "c", "b"]);
  });

  it("starts over when told to", () => {
    add("a", "b");
    table.apply({ startOver: true, added: rows("b") });
    expect(shown()).toEqual(["b"]);
  });

  it("opens the row that is clicked, also when rows moved on while the button was down", () => {
    add("a");
    rowNamed("a").dispatchEvent(new Event("pointerdown", { bubbles: true }));
    add("b");
    body.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    expect(opened).toEqual(["a"]);
    expect(rowNamed("a").getAttribute("aria-selected")).toBe("true");
  });

  it("is one stop for the tab key: the newest row, until the focus is on another", () => {
    add("a", "b", "c");
    const stops = (): (string | null | undefined)[] =>
      [...body.querySelectorAll('[tabindex="0"]')].map((row) => row.querySelector(".cell-name")?.textContent);
    expect(stops()).toEqual(["c"]);
    rowNamed("c").focus();
    press("ArrowDown");
    add("d");
    expect([stops(), document.activeElement]).toEqual([["b"], rowNamed("b")]);
  });

  it("moves by arrow keys, Home and End, and stops at the ends", () => {
    add("a", "b", "c");
    rowNamed("c").focus();
    for (const [key, name] of [
      ["ArrowUp", "c"],
      ["ArrowDown", "b"],
      ["End", "a"],
      ["ArrowDown", "a"],
      ["Home", "c"],
    ] as const) {
      press(key);
      expect(document.activeElement).toBe(rowNamed(name));
    }
    expect(opened).toEqual([]);
  });

  it("opens by Enter, then what the arrow keys lead to, until nothing is open", () => {
    add("a", "b", "c");
    rowNamed("c").focus();
    press("Enter");
    press("ArrowDown");
    expect(opened).toEqual(["c", "b"]);
    table.deselect();
    press("ArrowDown");
    expect(opened).toEqual(["c", "b"]);
    expect(body.querySelectorAll('[aria-selected="true"]')).toHaveLength(0);
  });

  it("keeps the focus among the rows when the row that had it is dropped", () => {
    add("a");
    rowNamed("a").focus();
    add("b", "c", "d", "e", "f");
    expect(document.activeElement).toBe(rowNamed("b"));
  });
});
