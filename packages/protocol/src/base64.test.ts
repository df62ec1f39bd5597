import fc from "fast-check";
import { expect, it } from "vitest";
import { fromBase64, textOfBytes, toBase64 } from "./base64.js";

/** Short ones, and such as need more than one piece of memory. */
const texts = fc
  .tuple(fc.string({ unit: "grapheme" }), fc.constantFrom(1, 1, 1, 3_000))
  .map(([text, times]) => text.repeat(times));

it("writes and reads what others write and read", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const encoded = Buffer.from(text).toString("base64");
      expect(toBase64(text)).toBe(encoded);
      expect(fromBase64(encoded)).toBe(text);
    }),
  );
});

it("keeps no byte of the text before", () => {
  expect(toBase64("übermäßig lang")).toBe(Buffer.from("übermäßig lang").toString("base64"));
  expect(toBase64("ü")).toBe("w7w=");
  expect(fromBase64("w7w=")).toBe("ü");
});

it.each(["YQ", "YQ=", "YQ-_", "Y Q=", "====", "YQ==YQ=="])("takes %j for no base64", (text) =>
  expect(fromBase64(text)).toBeNull(),
);

it("reads bytes that are no UTF-8 as U+FFFD", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(textOfBytes(Buffer.from(bytes).toString("latin1"))).toBe(
        new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes),
      );
    }),
  );
});
