import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashEventId } from "./event-id.js";
import { decodeIdFile, encodeIdFile, fencesOf, holdsId, idFileName, placeOf } from "./id-file.js";
import { idHash, SeenIds, wordsPerId, type IdHash } from "./seen-ids.js";

const word = fc.oneof(fc.constantFrom(0, 7, 8, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff }));
const anId = fc.tuple(word, word, word, word).map((words) => idHash(words));
const id = (number: number): IdHash => hashEventId("shop", `e-${number}`);

function pack(ids: readonly IdHash[]): Uint32Array {
  const seen = new SeenIds();
  for (const one of ids) seen.add(one);
  return seen.packed();
}

function fileOf(ids: readonly IdHash[]): { readonly bytes: Uint8Array; readonly holds: (id: IdHash) => boolean } {
  const packed = pack(ids);
  const bytes = encodeIdFile(packed);
  const fences = fencesOf(decodeIdFile(bytes, packed.length / wordsPerId) ?? new Uint32Array());
  const holds = (one: IdHash): boolean => {
    const { at, bytes: length } = placeOf(fences, one);
    return holdsId(bytes.subarray(at, at + length), one);
  };
  return { bytes, holds };
}

describe("a file of ids", () => {
  it("holds the ids it was made of, and no other, wherever they are looked for", () => {
    const many = fc.array(anId, { maxLength: 2000, size: "max" });
    fc.assert(
      fc.property(many, fc.array(anId, { maxLength: 50 }), (ids, others) => {
        const { holds } = fileOf(ids);
        const held = new Set(ids.map((one) => one.join()));
        expect(ids.every(holds)).toBe(true);
        for (const other of others) expect(holds(other)).toBe(held.has(other.join()));
      }),
      { numRuns: 30 },
    );
  });

  it("finds ids that all begin with the same word, over many pages", () => {
    const ids = Array.from({ length: 3000 }, (_, at) => idHash([77, at, at, 1]));
    const { holds } = fileOf([...ids, idHash([0, 1, 1, 1]), idHash([0xffffffff, 1, 1, 1])]);
    expect(ids.every(holds)).toBe(true);
    expect([
      holds(idHash([0, 1, 1, 1])),
      holds(idHash([0xffffffff, 1, 1, 1])),
      holds(idHash([77, 3000, 1, 1])),
    ]).toEqual([true, true, false]);
  });

  it("needs one page of 4 KiB for an id, or two, of a hundred thousand", () => {
    const packed = pack(Array.from({ length: 100_000 }, (_, at) => id(at)));
    const fences = fencesOf(decodeIdFile(encodeIdFile(packed), 100_000) ?? new Uint32Array());
    const bytes = Array.from({ length: 500 }, (_, at) => placeOf(fences, id(at)).bytes);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(3 * 4096);
    expect(bytes.reduce((sum, one) => sum + one, 0) / bytes.length).toBeLessThan(1.1 * 4096);
  });

  it("is not taken for whole when any byte of it has changed, or some are missing", () => {
    const { bytes } = fileOf(Array.from({ length: 9 }, (_, at) => id(at)));
    for (let at = 0; at < bytes.length; at += 1) {
      if (at >= 12 && at < 16) continue;
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 4;
      expect([at, decodeIdFile(changed, 9)]).toEqual([at, undefined]);
    }
    expect(decodeIdFile(bytes.subarray(0, -16), 9)).toBeUndefined();
    expect(decodeIdFile(bytes, 8)).toBeUndefined();
    expect(decodeIdFile(bytes, 9)).toBeDefined();
  });

  it("is named as the events are", () => {
    expect(idFileName({ from: 0, to: 12 })).toBe("ids-0000000000000000-0000000000000012.ids");
  });
});
