import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { unpack } from "./unpack.js";

const limits = { maxBytes: 1_000_000, contentEncodings: ["gzip"] };

describe("unpack", () => {
  it("undoes gzip, and several members as one body", async () => {
    const members = Buffer.concat([gzipSync("one "), gzipSync("two")]);
    expect(await unpack(members, "gzip", limits)).toEqual({ kind: "unpacked", bytes: Buffer.from("one two") });
  });

  it.each([undefined, "GZIP", "deflate", "br", "gzip, gzip"])(
    "leaves a body with coding %s as it is",
    async (coding) => {
      const body = Buffer.from("{}");
      expect(await unpack(body, coding, limits)).toEqual({ kind: "unpacked", bytes: body });
    },
  );

  it.each([
    ["small on the wire", 2_000_000],
    ["large on the wire", 100_000_000],
  ])("stops a bomb at the limit: %s", async (_what, bytes) => {
    const bomb = gzipSync(Buffer.alloc(bytes));
    const before = process.memoryUsage().rss;
    expect(await unpack(bomb, "gzip", limits)).toEqual({ kind: "too-large", maxBytes: 1_000_000 });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  it("takes up to a mebibyte at any ratio, and more only of what compresses as events do", async () => {
    const wide = { ...limits, maxBytes: 4_000_000 };
    expect(await unpack(gzipSync(Buffer.alloc(1_000_000)), "gzip", wide)).toMatchObject({ kind: "unpacked" });
    expect(await unpack(gzipSync(Buffer.alloc(3_000_000)), "gzip", wide)).toMatchObject({ kind: "too-large" });
    const events = Array.from({ length: 20_000 }, (_, index) =>
      JSON.stringify({ type: "track", event: "Seen", messageId: `m-${index}` }),
    );
    const like = gzipSync(`{"batch":[${events.join(",")}]}`);
    expect(await unpack(like, "gzip", wide)).toMatchObject({ kind: "unpacked" });
  });

  it("says so when the bytes are not gzip, or end early", async () => {
    expect(await unpack(Buffer.from("plain"), "gzip", limits)).toMatchObject({ kind: "unreadable" });
    const whole = gzipSync("x".repeat(10_000));
    expect(await unpack(whole.subarray(0, -6), "gzip", limits)).toMatchObject({ kind: "unreadable" });
  });
});
