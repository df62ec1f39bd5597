import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OffsetTable } from "./offset-table.js";
import type { NameHash } from "./offset-part.js";

describe("a table of offsets", () => {
  it("holds what a map would, also where hashes crowd, grow and go", () => {
    const hash = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 2_000 }));
    const step = fc.record({ hash, offset: fc.option(fc.nat({ max: 2 ** 45 })) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 3_000, size: "max" }), (steps) => {
        const table = new OffsetTable();
        const model = new Map<string, number>();
        for (const { hash: name, offset } of steps) {
          table.set(name, offset);
          if (offset === null) model.delete(name.join());
          else model.set(name.join(), offset);
        }
        expect(table.size).toBe(model.size);
        for (const { hash: name } of steps) expect(table.get(name)).toBe(model.get(name.join()));
      }),
      { numRuns: 30 },
    );
  });

  it("finds the one name at offset zero, and of names with one hash half the other not at all", () => {
    const table = new OffsetTable();
    const names: NameHash[] = [
      [0, 0],
      [0, 1],
      [1, 0],
    ];
    table.set([0, 0], 0);
    expect(names.map((name) => table.get(name))).toEqual([0, undefined, undefined]);
  });
});
