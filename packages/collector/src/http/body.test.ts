import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBody } from "./body.js";

const limits = { maxBytes: 1_000_000, contentEncodings: ["gzip"] } as const;

/** A request whose body comes in these chunks. */
function requestOf(chunks: Iterable<Uint8Array>): IncomingMessage {
  const stream: unknown = Object.assign(Readable.from(chunks, { objectMode: false }), { headers: {} });
  return stream as IncomingMessage;
}

async function read(chunks: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
  const body = await readBody(requestOf(chunks), limits);
  return body.kind === "read" ? body.received.pieces : [];
}

describe("a body", () => {
  it("is what came, in whatever chunks", async () => {
    const chunk = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 70_000 }).map((length) => new Uint8Array(length).fill(length)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 40 }), async (chunks) => {
        const sent = Buffer.concat(chunks);
        const body = await readBody(requestOf(chunks), { ...limits, maxBytes: sent.byteLength });
        if (body.kind !== "read") throw new Error(`expected a body, got ${body.kind}`);
        expect(body.received.byteLength).toBe(sent.byteLength);
        expect(Buffer.concat(body.received.pieces).equals(sent)).toBe(true);
        expect(sent.equals(body.unpacked.whole)).toBe(true);
      }),
    );
  });

  it("is too large as soon as a chunk goes over the limit", async () => {
    const chunks = [new Uint8Array(600_000), new Uint8Array(400_001), new Uint8Array(1)];
    expect(await readBody(requestOf(chunks), limits)).toEqual({ kind: "too-large", maxBytes: 1_000_000 });
  });

  it("is passed on as it came where it came in large chunks", async () => {
    const chunks = [new Uint8Array(65_000), new Uint8Array(65_536), new Uint8Array(200)];
    const pieces = await read(chunks);
    expect(pieces.map(({ byteLength }) => byteLength)).toEqual([65_000, 65_536, 200]);
    expect(pieces.map(({ buffer }) => buffer.byteLength)).toEqual([65_000, 65_536, 4_096]);
  });

  it.each([
    ["a byte each", [1]],
    ["small and not so small by turns", [1, 2_000]],
    ["small and large by turns", [1, 30_000]],
  ])("takes little more than its length where it came in chunks of %s", async (_what, lengths) => {
    const chunks: Uint8Array[] = [];
    for (let bytes = 0, at = 0; bytes < 900_000; at += 1) {
      const length = lengths[at % lengths.length] ?? 1;
      chunks.push(new Uint8Array(length));
      bytes += length;
    }
    const memory = (await read(chunks)).map((piece) => piece.buffer.byteLength + bufferBytes);
    expect(memory.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(1.2 * 900_000);
  });
});

/** Of a Buffer itself, about. */
const bufferBytes = 200;
