import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeRecord, encodeRecord } from "./spool-record.js";

const anyRecord = fc.record({
  event: fc.record({
    id: fc.string({ unit: "grapheme" }),
    lane: fc.string({ unit: "grapheme" }),
    bytes: fc.uint8Array(),
  }),
  wallMs: fc.double({ noNaN: true }),
  monotonicMs: fc.double({ noNaN: true }),
  writer: fc.double({ noNaN: true }),
});

it("gives back what was written", () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const decoded = decodeRecord(Buffer.concat(encodeRecord(record)));
      expect(decoded).toEqual({ ...record, event: { ...record.event, bytes: Buffer.from(record.event.bytes) } });
    }),
  );
});

it("takes nothing else for a record, and survives it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const decoded = decodeRecord(bytes);
      if (decoded !== null) expect(Buffer.concat(encodeRecord(decoded)).byteLength).toBeGreaterThanOrEqual(33);
    }),
  );
  expect(decodeRecord(new Uint8Array())).toBeNull();
});
