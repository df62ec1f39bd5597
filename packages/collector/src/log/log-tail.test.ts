import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogTail } from "./log-tail.js";
import { unpackRead } from "./packed-read.js";

const bounds = { pieceBytes: 10, pieces: 3 };

function recordsFrom(tail: LogTail, from: number, maxRecords = 100): readonly (readonly [number, string])[] | null {
  const read = tail.read(from, maxRecords);
  if (read === null) return null;
  const { records, next } = unpackRead(read);
  expect(next).toBe(from + records.length);
  return records.map(({ position, bytes }) => [position, Buffer.from(bytes).toString()]);
}

const parts = (...texts: readonly string[]): readonly Uint8Array[] => texts.map((text) => Buffer.from(text));

describe("the tail of the log", () => {
  it("gives back what was added, from any of its records on, a piece at a time", () => {
    const tail = new LogTail(bounds);
    for (const [at, text] of ["aaaa", "bb", "", "cccc", "dddddddd"].entries()) tail.add(7 + at, parts(text));
    expect(recordsFrom(tail, 7)).toEqual([
      [7, "aaaa"],
      [8, "bb"],
      [9, ""],
      [10, "cccc"],
    ]);
    expect(recordsFrom(tail, 8, 2)).toEqual([
      [8, "bb"],
      [9, ""],
    ]);
    expect(recordsFrom(tail, 11)).toEqual([[11, "dddddddd"]]);
    expect([recordsFrom(tail, 6), recordsFrom(tail, 12)]).toEqual([null, null]);
  });

  it("puts the parts of a record together", () => {
    const tail = new LogTail(bounds);
    tail.add(0, parts("ab", "", "c"));
    expect(recordsFrom(tail, 0)).toEqual([[0, "abc"]]);
  });

  it("lets the oldest go, and begins anew behind a gap or a record that is too large", () => {
    const tail = new LogTail(bounds);
    for (let position = 0; position < 4; position += 1) tail.add(position, parts("0123456789"));
    expect([recordsFrom(tail, 0), recordsFrom(tail, 1)]).toEqual([null, [[1, "0123456789"]]]);
    tail.add(9, parts("x"));
    expect([recordsFrom(tail, 3), recordsFrom(tail, 9)]).toEqual([null, [[9, "x"]]]);
    tail.add(10, parts("too large for one"));
    tail.add(11, parts("y"));
    expect([recordsFrom(tail, 9), recordsFrom(tail, 10), recordsFrom(tail, 11)]).toEqual([null, null, [[11, "y"]]]);
  });

  it("gives of any records only what was added under their positions", () => {
    const records = fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.string({ maxLength: 14 })), { maxLength: 40 });
    fc.assert(
      fc.property(records, (added) => {
        const tail = new LogTail(bounds);
        const known = new Map<number, string>();
        let position = 0;
        for (const [gap, text] of added) {
          position += gap === 2 ? 2 : 1;
          known.set(position, text);
          tail.add(position, parts(text));
          for (let from = 0; from <= position + 1; from += 1) {
            for (const [at, held] of recordsFrom(tail, from) ?? []) expect(held).toBe(known.get(at));
          }
        }
      }),
    );
  });
});
