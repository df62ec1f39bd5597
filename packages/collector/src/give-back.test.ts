import { expect, it } from "vitest";
import { giveBack } from "./give-back.js";

it("gives the memory of large bytes back, for everyone who has a part of them", () => {
  const bytes = Buffer.alloc(100_000, 1);
  const part = bytes.subarray(500, 600);
  giveBack(part);
  expect([bytes.byteLength, part.byteLength, bytes.buffer.byteLength]).toEqual([0, 0, 0]);
  giveBack(bytes);
});

it("leaves what may be others' memory: small Buffers have theirs together", () => {
  const one = Buffer.from("one".repeat(20));
  expect(one.buffer.byteLength).toBeGreaterThan(one.byteLength);
  giveBack(one);
  expect(one.toString()).toBe("one".repeat(20));
  const shared = new Uint8Array(new SharedArrayBuffer(100_000));
  giveBack(shared);
  expect(shared.byteLength).toBe(100_000);
});
