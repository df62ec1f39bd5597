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
  const [one, other] = [Buffer.from("one".repeat(20)), Buffer.from("other".repeat(20))];
  expect(one.buffer).toBe(other.buffer);
  giveBack(one);
  expect([one.toString(), other.toString()]).toEqual(["one".repeat(20), "other".repeat(20)]);
  const shared = new Uint8Array(new SharedArrayBuffer(100_000));
  giveBack(shared);
  expect(shared.byteLength).toBe(100_000);
});

it("gives back as much as one likes, and what it gave back is soon used again", () => {
  const before = process.memoryUsage().rss;
  for (let round = 0; round < 2_000; round += 1) giveBack(Buffer.alloc(4 * 1024 * 1024, round));
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
});
