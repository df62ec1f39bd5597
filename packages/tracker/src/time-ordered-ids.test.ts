import { describe, expect, it } from "vitest";
import { systemRuntime } from "./runtime.js";
import { TimeOrderedIds } from "./time-ordered-ids.js";

describe("time-ordered ids", () => {
  it("are UUIDs of version 7, of the time and the random bytes", () => {
    const ids = new TimeOrderedIds((bytes) => bytes.forEach((_, index) => (bytes[index] = index * 0x17 + 0xf5)));
    expect(ids.next(1_700_000_000_000)).toBe("018bcfe5-6800-750c-a33a-51687f96adc4");
    expect(ids.next(0)).toMatch(/^00000000-0000-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("sort by time", () => {
    const ids = new TimeOrderedIds((bytes) => void bytes.fill(0xff));
    const made = [1, 1_700_000_000_000, 1_700_000_000_001, 2 ** 48 - 1].map((ms) => ids.next(ms));
    expect(made.toSorted()).toEqual(made);
  });

  it("take each random byte once, and more when the stock is used up", () => {
    let fetched = 0;
    const ids = new TimeOrderedIds((bytes) => void (bytes.fill(fetched), (fetched += 1)));
    const made = Array.from({ length: 1_201 }, () => ids.next(0));
    expect([fetched, new Set(made).size]).toEqual([4, 4]);
  });

  it("of the system differ, in every bit that may", () => {
    const made = Array.from({ length: 10_000 }, () => systemRuntime.id());
    expect(new Set(made).size).toBe(10_000);
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(made.filter((id) => !form.test(id))).toEqual([]);
    for (const at of [15, 16, 17, 20, 21, 22, 24, 30, 35]) expect(new Set(made.map((id) => id[at])).size).toBe(16);
    expect(new Set(made.map((id) => id[19]))).toEqual(new Set("89ab"));
  });
});
