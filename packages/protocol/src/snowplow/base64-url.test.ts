import fc from "fast-check";
import { expect, it } from "vitest";
import { fromBase64Url, toBase64Url } from "./base64-url.js";

it("writes what every reader of base64url reads", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 5_000 }), (text, times) => {
      for (const one of [text, text.repeat(times)]) {
        expect(toBase64Url(one)).toBe(Buffer.from(one).toString("base64url"));
      }
    }),
  );
});

it("reads both alphabets, padded or not, of any length", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 12_000, size: "max" }), (text) => {
      const bytes = Buffer.from(text);
      for (const encoded of [bytes.toString("base64"), bytes.toString("base64url")]) {
        expect(fromBase64Url(encoded)).toBe(text);
        expect(fromBase64Url(encoded.replaceAll("=", ""))).toBe(text);
      }
    }),
    { numRuns: 50 },
  );
});

it("reads bytes that are no UTF-8 as U+FFFD", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(fromBase64Url(Buffer.from(bytes).toString("base64url"))).toBe(Buffer.from(bytes).toString());
    }),
  );
});

it.each([
  "!",
  "YQ ==",
  " YQ",
  "Y Q",
  "YW\nE=",
  "Y=Q=",
  "YWFh====",
  "YQ===",
  "A",
  "AAAAA",
  "YQ==YQ==",
  "ä",
  "\n",
  "YWF\nh",
])("takes %j for no base64", (text) => expect(fromBase64Url(text)).toBeNull());

it("agrees with the rule of digits and at most two signs of padding", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("A", "b", "9", "+", "_", "=", " ", "\n", "!") }), (text) => {
      const digits = text.replaceAll("=", "");
      const isBase64 = /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) && digits.length % 4 !== 1;
      expect(fromBase64Url(text) !== null).toBe(isBase64);
    }),
  );
});
