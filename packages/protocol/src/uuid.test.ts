import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { md5 } from "./md5.js";
import { uuidOf } from "./uuid.js";

describe("md5", () => {
  it("is the MD5 of node:crypto", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(Buffer.from(md5(bytes)).toString("hex")).toBe(createHash("md5").update(bytes).digest("hex"));
      }),
      { numRuns: 300 },
    );
  });
});

describe("uuidOf", () => {
  it("is version 3 of RFC 9562", () => {
    expect(uuidOf("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com")).toBe(
      "5df41881-3aed-3515-88a7-2f4a814cf09e",
    );
  });

  it("takes a namespace that is no UUID as text", () => {
    expect(uuidOf("r", "1")).not.toBe(uuidOf("r", "2"));
    expect(uuidOf("r", "1")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-3[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
