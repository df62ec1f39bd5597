import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { idHash, SeenIds, type IdHash } from "./seen-ids.js";

const word = fc.oneof(fc.constantFrom(0, 1, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff }));
const anId = fc.tuple(word, word, word, word).map((words) => idHash(words));

describe("a set of ids", () => {
  it("answers as a Set would", () => {
    // Ids that share their first word look for the same slot.
    const crowded = fc.tuple(fc.constantFrom(0, 1023), word, word, word).map((words) => idHash(words));
    fc.assert(
      fc.property(fc.array(fc.oneof(anId, crowded), { maxLength: 3000, size: "max" }), (ids) => {
        const seen = new SeenIds();
        const model = new Set<string>();
        for (const id of ids) {
          expect(seen.has(id)).toBe(model.has(id.join()));
          expect(seen.add(id)).toBe(!model.has(id.join()));
          model.add(id.join());
        }
        expect(seen.size).toBe(model.size);
        expect(ids.every((id) => seen.has(id))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("takes at most 40 bytes an id, at every size beyond the first thousands", () => {
    const seen = new SeenIds();
    for (let count = 1; count <= 200_000; count += 1) {
      seen.add(randomId());
      if (count >= 2000 && seen.bytes > count * 40) expect.fail(`${seen.bytes} bytes for ${count} ids`);
    }
    expect(seen.size).toBe(200_000);
  });

  it("makes room at once for as many as are expected", () => {
    const seen = new SeenIds(100_000);
    const { bytes } = seen;
    for (let count = 0; count < 100_000; count += 1) seen.add(randomId());
    expect(seen.bytes).toBe(bytes);
  });
});

function randomId(): IdHash {
  const bytes = randomBytes(16);
  return idHash([bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8), bytes.readUInt32LE(12)]);
}
