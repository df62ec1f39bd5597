import { describe, expect, it } from "vitest";
import { hashEventId } from "./event-id.js";
import { IdFilter } from "./id-filter.js";
import { SeenIds, type IdHash } from "./seen-ids.js";

const id = (number: number): IdHash => hashEventId("shop", `e-${number}`);

function idsOf(from: number, count: number): Uint32Array {
  const seen = new SeenIds(count);
  for (let at = from; at < from + count; at += 1) seen.add(id(at));
  return seen.packed();
}

const isIn = (filter: IdFilter<string>, from: number, count: number, owner: string): boolean =>
  Array.from({ length: count }, (_, at) => filter.ownersOf(id(from + at)).includes(owner)).every(Boolean);

describe("the filter of sealed ids", () => {
  it("never misses who owns an id, and seldom names who does not", () => {
    const filter = new IdFilter<string>();
    for (let owner = 0; owner < 40; owner += 1) filter.add(`${owner}`, idsOf(owner * 100_000, 2_000));
    filter.add("large", idsOf(50_000_000, 100_000));
    for (let owner = 0; owner < 40; owner += 1) {
      expect(isIn(filter, owner * 100_000, 2_000, `${owner}`)).toBe(true);
    }
    expect(isIn(filter, 50_000_000, 100_000, "large")).toBe(true);
    const wrong = Array.from({ length: 20_000 }, (_, at) => filter.ownersOf(id(90_000_000 + at))).flat();
    expect(wrong.filter((owner) => owner === "large").length).toBeLessThan(20);
  });

  it("spreads what is too much for a column over several", () => {
    const filter = new IdFilter<string>();
    filter.add("a", idsOf(0, 300_000));
    expect(isIn(filter, 0, 300_000, "a")).toBe(true);
    filter.remove("a");
    expect(isIn(filter, 0, 1_000, "a")).toBe(false);
  });

  it("takes no more memory for many small owners than for few large ones", () => {
    const filter = new IdFilter<string>();
    for (let owner = 0; owner < 1_000; owner += 1) filter.add(`${owner}`, idsOf(owner * 100, 100));
    expect(filter.bytes).toBe(8 * 1024 * 1024);
    expect([0, 500, 999].every((owner) => isIn(filter, owner * 100, 100, `${owner}`))).toBe(true);
  });

  it("takes at most 3 bytes an id in files as they usually are", () => {
    const filter = new IdFilter<string>();
    for (let owner = 0; owner < 32; owner += 1) filter.add(`${owner}`, new Uint32Array(100_000 * 4));
    expect(filter.bytes / (32 * 100_000)).toBeLessThan(3);
  });

  it("knows the new owner where several have become one", () => {
    const filter = new IdFilter<string>();
    for (const [at, owner] of ["a", "b", "c"].entries()) filter.add(owner, idsOf(at * 100_000, 100_000));
    filter.replace(["a", "b"], "ab");
    expect(isIn(filter, 0, 200_000, "ab")).toBe(true);
    expect(isIn(filter, 200_000, 100_000, "c")).toBe(true);
    expect(isIn(filter, 0, 1, "a")).toBe(false);
  });

  it("clears what nobody owns any more, and uses it again", () => {
    const filter = new IdFilter<string>();
    for (let round = 0; round < 70; round += 1) {
      filter.add(`${round}`, idsOf(round * 100_000, 70_000));
      if (round >= 2) filter.remove(`${round - 2}`);
    }
    expect(filter.bytes).toBe(8 * 1024 * 1024);
    expect(isIn(filter, 6_900_000, 70_000, "69")).toBe(true);
    const wrong = Array.from({ length: 10_000 }, (_, at) => filter.ownersOf(id(at))).flat();
    expect(wrong.length).toBeLessThan(20);
  });
});
