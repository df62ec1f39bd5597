import { describe, expect, it } from "vitest";
import { recentlyFound } from "./recently-found.js";

describe("recentlyFound", () => {
  it("finds once what comes again, and forgets the oldest where there are too many", () => {
    const asked: string[] = [];
    const find = recentlyFound(2, (key) => (asked.push(key), key.toUpperCase()));
    expect(["a", "b", "a", "c", "c", "b", "a"].map(find)).toEqual(["A", "B", "A", "C", "C", "B", "A"]);
    expect(asked).toEqual(["a", "b", "c", "a"]);
  });

  it("does not remember long keys, and finds them all the same", () => {
    let count = 0;
    const find = recentlyFound(2, () => (count += 1));
    const long = "x".repeat(1_025);
    expect([find(long), find(long), find("y"), find("y")]).toEqual([1, 2, 3, 3]);
  });

  it("knows a key by its letters, also odd ones", () => {
    let count = 0;
    const find = recentlyFound(9, () => (count += 1));
    expect(["\ud800", "\udc00", "", "\ud800", "\udc00", ""].map(find)).toEqual([1, 2, 3, 1, 2, 3]);
  });
});
