// @vitest-environment happy-dom
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonTree } from "./json-tree.js";
import type { JsonValue } from "./json-value.js";

const lines = (root: Element): (string | null)[] =>
  [...root.querySelectorAll("li")].map((item) => (item.querySelector("summary") ?? item).textContent);

/** Opens every branch and presses every button until there is none left. */
function unfold(root: Element): void {
  for (let more = true; more;) {
    more = false;
    for (const details of root.querySelectorAll<HTMLDetailsElement>("details:not([open])")) {
      details.open = true;
      details.dispatchEvent(new Event("toggle"));
      more = true;
    }
    for (const button of root.querySelectorAll("button")) {
      button.click();
      more = true;
    }
  }
}

describe("jsonTree", () => {
  it("shows every kind of value under its key", () => {
    const tree = jsonTree({ text: "a", number: 1.5, yes: true, nothing: null, none: [], empty: {}, list: ["x"] });
    expect(lines(tree)).toEqual([
      "texta",
      "number1.5",
      "yestrue",
      "nothingnull",
      "none[0]",
      "empty{0}",
      "list[1]",
      "0x",
    ]);
    expect([...tree.querySelectorAll(".value")].map(({ className }) => className)).toEqual(
      ["string", "number", "boolean", "null", "string"].map((type) => `value ${type}`),
    );
  });

  it("shows a value that is no object", () => {
    expect(lines(jsonTree("{not json"))).toEqual(["{not json"]);
    expect(lines(jsonTree(null))).toEqual(["null"]);
  });

  it("makes what is in a deep branch only when it is opened", () => {
    const tree = jsonTree({ a: { b: { c: { d: { e: 1 } } } } });
    const closed = tree.querySelectorAll<HTMLDetailsElement>("details:not([open])");
    expect(closed).toHaveLength(1);
    expect(closed[0]?.querySelectorAll("li")).toHaveLength(0);
    unfold(tree);
    expect(lines(tree).at(-1)).toBe("e1");
  });

  it("shows a long list piece by piece", () => {
    const tree = jsonTree(Array.from({ length: 450 }, (_, at) => at));
    expect(tree.querySelectorAll("li")).toHaveLength(201);
    expect(tree.querySelector("button")?.textContent).toBe("Show more (250 left)");
    unfold(tree);
    expect(tree.querySelectorAll("li")).toHaveLength(450);
    expect(tree.querySelector("button")).toBeNull();
  });

  it("opens what is nested thousands of levels deep one level at a time", () => {
    const deep: JsonValue = JSON.parse(`${"[".repeat(4_000)}${"]".repeat(4_000)}`);
    expect(jsonTree(deep).querySelectorAll("li").length).toBeLessThan(6);
  });

  it("shows each key and each value of any JSON, once, when all is unfolded", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (given) => {
        const value: JsonValue = JSON.parse(JSON.stringify(given));
        const tree = jsonTree(value);
        unfold(tree);
        expect(tree.querySelectorAll(".value, .size")).toHaveLength(countNodes(value) - (isBranch(value) ? 1 : 0));
      }),
      { numRuns: 60 },
    );
  });
});

const isBranch = (value: JsonValue): boolean => typeof value === "object" && value !== null;

function countNodes(value: JsonValue): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, child: JsonValue) => sum + countNodes(child), 1);
}
