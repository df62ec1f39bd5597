import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFrameReader, frameHead, frameKinds } from "./frame.js";
import type { Frame } from "./frame.js";

const frames = fc.array(
  fc.record({
    kind: fc.constantFrom(...frameKinds),
    id: fc.nat(0xffff_ffff),
    payload: fc.uint8Array({ maxLength: 60 }),
  }),
  { maxLength: 8 },
);

function bytesOf(given: readonly Frame[]): Buffer {
  return Buffer.concat(given.flatMap(({ kind, id, payload }) => [frameHead(kind, id, payload.byteLength), payload]));
}

function read(chunks: readonly Buffer[]): Frame[] {
  const taken: Frame[] = [];
  const reader = createFrameReader(({ kind, id, payload }) =>
    taken.push({ kind, id, payload: Uint8Array.from(payload) }),
  );
  for (const chunk of chunks) reader(chunk);
  return taken;
}

describe("a stream of frames", () => {
  it("is cut into the frames it was made of, however it is cut into chunks", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(80), { minLength: 1 }), (given, lengths) => {
        const bytes = bytesOf(given);
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.byteLength; turn += 1) {
          const length = 1 + (lengths[turn % lengths.length] ?? 0);
          chunks.push(bytes.subarray(at, at + length));
          at += length;
        }
        expect(read(chunks)).toEqual(given);
      }),
    );
  });

  it("is not copied where a payload came in one chunk", () => {
    const bytes = bytesOf([{ kind: "tell", id: 0, payload: Buffer.from("abc") }]);
    createFrameReader(({ payload }) => expect(payload.buffer).toBe(bytes.buffer))(bytes);
    expect.assertions(1);
  });

  it.each([
    ["an unknown kind", Buffer.from([0, 0, 0, 0, 99, 0, 0, 0, 0]), "a kind of frame"],
    ["a length that no frame has", Buffer.from([255, 255, 255, 255, 0, 0, 0, 0, 0]), "a frame of at most"],
  ])("is refused for %s", (_, bytes, message) => {
    expect(() => read([bytes])).toThrow(message);
  });
});
