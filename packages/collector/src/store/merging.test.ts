import { describe, expect, it } from "vitest";
import { sealedFileName, type Segment } from "./manifest.js";
import { chooseMerge } from "./merging.js";

/** Segments side by side with so many rows each; null leaves a gap. */
function segmentsOf(rows: readonly (number | null)[]): readonly Segment[] {
  return rows.flatMap((count, at) => (count === null ? [] : [aSegment(at * 10, at * 10 + 10, count)]));
}

function aSegment(from: number, to: number, rows: number, unpackedBytes = rows): Segment {
  const name = sealedFileName("events", { from, to });
  return {
    from,
    to,
    sealedAtMs: 1,
    files: { events: { name, rows, bytes: 1, crc: 0, footerCrc: 0, unpackedBytes, minTimeMs: null, maxTimeMs: null } },
  };
}

// The classes end at 2.5, 5, 10 and so on up to 80 rows.
const bounds = { factor: 2, maxRows: 160, maxBytes: 1_000_000 };

describe("choosing what to merge", () => {
  it.each([
    ["nothing when they are too few", [1, 1], []],
    ["the first run that comes into the next class", [1, 1, 1, 1], [0, 10, 20]],
    ["no neighbours over a gap", [1, 1, null, 1, 1], []],
    ["no small ones with a full one between them", [1, 1, 100, 1, 1], []],
    ["small ones rather than large ones", [60, 60, 1, 1, 1], [20, 30, 40]],
    ["those of a class with smaller ones between them", [3, 1, 3], [0, 10, 20]],
    ["empty ones along with others", [1, 0, 1, 0, 1], [0, 10, 20, 30, 40]],
    ["never more than a file may hold", [79, 79, 79], [0, 10]],
    ["nothing of what is large enough", [80, 80, 100, 160], []],
  ] as const)("takes %s", (_, rows, expected) => {
    expect(chooseMerge(segmentsOf(rows), bounds).map(({ from }) => from)).toEqual(expected);
  });

  it("counts large rows by their bytes", () => {
    const segments = [0, 1, 2].map((at) => aSegment(at, at + 1, 1, 700_000));
    expect(chooseMerge(segments, bounds)).toEqual([]);
  });

  it("rewrites each row a few times only, and leaves few files", () => {
    let segments: readonly Segment[] = [];
    let rewritten = 0;
    const sealed = 3000;
    for (let at = 0; at < sealed; at += 1) {
      segments = [...segments, aSegment(at, at + 1, 1 + ((at * 7) % 39))];
      for (let run = chooseMerge(segments, busy); run.length > 0; run = chooseMerge(segments, busy)) {
        const rows = rowsOf(run);
        rewritten += rows;
        const first = segments.findIndex((segment) => segment === run[0]);
        const merged = aSegment(segments[first]?.from ?? 0, run.at(-1)?.to ?? 0, rows);
        segments = segments.toSpliced(first, run.length, merged);
      }
    }
    expect(rowsOf(segments)).toBe(
      Array.from({ length: sealed }, (_, at) => 1 + ((at * 7) % 39)).reduce((a, b) => a + b),
    );
    expect(segments.length).toBeLessThan(30);
    expect(rewritten / rowsOf(segments)).toBeLessThan(5);
  });
});

const busy = { factor: 8, maxRows: 100_000, maxBytes: 1_000_000 };

function rowsOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { files }) => sum + (files.events?.rows ?? 0), 0);
}
