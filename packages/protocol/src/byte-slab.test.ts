import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createByteSlab } from "./byte-slab.js";

describe("a byte slab", () => {
  it("gives each text its own bytes, which later texts never touch", () => {
    const text = fc.oneof(
      fc.string({ maxLength: 300, unit: "grapheme" }),
      fc.constantFrom("€".repeat(8192), "x".repeat(9000)),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 60 }), (texts) => {
        const slab = createByteSlab();
        const encoded = texts.map((one) => slab.encode(one));
        expect(encoded.map((bytes) => new TextDecoder().decode(bytes))).toEqual(texts);
      }),
      { numRuns: 100 },
    );
  });
});
