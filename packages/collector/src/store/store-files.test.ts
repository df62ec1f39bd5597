import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { piecesOf } from "./file-parts.js";
import { openStoreFiles, type FilePart } from "./store-files.js";

const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7_919) >>> 8);
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "oncewire-"));
  await writeFile(join(directory, "file"), bytes);
});
afterAll(() => rm(directory, { recursive: true }));

const part = fc.record({ at: fc.nat(400_000), bytes: fc.integer({ min: 1, max: 20_000 }) });

describe("parts of a file", () => {
  it("are read in the order they were asked for, each as far as the file reaches", async () => {
    const files = openStoreFiles(directory);
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 20 }), async (parts) => {
        const read = await files.readParts("file", parts);
        const expected = parts.map(({ at, bytes: length }) => bytes.subarray(at, at + length));
        expect(read.map((one) => Buffer.from(one))).toEqual(expected.map((one) => Buffer.from(one)));
      }),
      { numRuns: 200 },
    );
  });
});

describe("piecesOf", () => {
  const readsOf = (parts: readonly FilePart[]): unknown[] =>
    piecesOf(parts).map(({ at, bytes: length }) => [at, length]);

  it("reads neighbours at once, and not what is far from all of them", () => {
    const page = (at: number): FilePart => ({ at, bytes: 4_096 });
    expect(readsOf([page(40_000), page(0), page(4_096), page(40_000), page(200_000)])).toEqual([
      [0, 44_096],
      [200_000, 4_096],
    ]);
  });

  it("reads no more than a mebibyte at once, unless one part is larger", () => {
    const all = Array.from({ length: 1_000 }, (_, index) => ({ at: index * 4_096, bytes: 4_096 }));
    expect(readsOf(all)).toEqual([
      [0, 2 ** 20],
      [2 ** 20, 2 ** 20],
      [2 * 2 ** 20, 2 ** 20],
      [3 * 2 ** 20, 950_272],
    ]);
    expect(readsOf([{ at: 5, bytes: 2 ** 21 }])).toEqual([[5, 2 ** 21]]);
  });
});
