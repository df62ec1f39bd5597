import { describe, expect, it } from "vitest";
import { hashEventId } from "./event-id.js";
import { SeenWindow } from "./seen-window.js";

const id = (number: number): ReturnType<typeof hashEventId> => hashEventId("shop", `e-${number}`);

describe("the window of seen ids", () => {
  it("knows every id at or above its floor, and never lets go of one that is not sealed", () => {
    const window = new SeenWindow({ maxIds: 10, floor: 0 });
    for (let next = 0, sealed = 0; next < 200; next += 1) {
      expect(window.add(id(next))).toBe(true);
      if (next % 7 === 6) sealed = next - 2;
      window.slide(sealed, next + 1);
      expect(window.floor).toBeLessThanOrEqual(sealed);
      for (let at = window.floor; at <= next; at += 1) expect([at, window.has(id(at))]).toEqual([at, true]);
    }
    expect(window.floor).toBeGreaterThan(150);
    expect(window.has(id(0))).toBe(false);
  });

  it("adds an id once, whichever half holds it", () => {
    const window = new SeenWindow({ maxIds: 4, floor: 0 });
    for (const number of [0, 1]) window.add(id(number));
    window.slide(2, 2);
    expect([window.add(id(0)), window.add(id(2)), window.add(id(2))]).toEqual([false, true, false]);
  });
});
