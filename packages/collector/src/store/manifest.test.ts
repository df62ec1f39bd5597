import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countRows,
  emptyManifest,
  firstGap,
  gapEnd,
  manifestText,
  parseManifest,
  sealedFileName,
  withoutSegment,
  withReplaced,
  withSegment,
  type Manifest,
  type Segment,
} from "./manifest.js";
import { isStoreError } from "./store-error.js";

function aSegment(from: number, to: number, rows = 1): Segment {
  const file = {
    name: sealedFileName("events", { from, to }),
    rows,
    bytes: 9,
    crc: 0,
    footerCrc: 0,
    unpackedBytes: 30,
    minTimeMs: null,
    maxTimeMs: 5,
  };
  return { from, to, sealedAtMs: 1, files: rows === 0 ? {} : { events: file } };
}

const manifestOf = (...segments: readonly Segment[]): Manifest => segments.reduce(withSegment, emptyManifest);

describe("a manifest", () => {
  it("finds the first gap and where it ends", () => {
    const manifest = manifestOf(aSegment(0, 5), aSegment(9, 12), aSegment(5, 7));
    expect([firstGap(manifest), gapEnd(manifest, 7)]).toEqual([7, 9]);
    expect([firstGap(manifest, 9), gapEnd(manifest, 12)]).toEqual([12, Infinity]);
    expect(firstGap(emptyManifest)).toBe(0);
  });

  it("counts what retention let go as covered", () => {
    expect(firstGap({ first: 30, segments: [aSegment(30, 40)] })).toBe(40);
  });

  it("covers exactly the ranges it was given, in the order of the log, however they come", () => {
    const ranges = fc.shuffledSubarray(Array.from({ length: 12 }, (_, at) => aSegment(at * 3, at * 3 + 3, at % 3)));
    fc.assert(
      fc.property(ranges, (segments) => {
        const manifest = manifestOf(...segments);
        const covered = segments
          .flatMap(({ from }) => [from, from + 1, from + 2])
          .toSorted((one, other) => one - other);
        expect(
          manifest.segments.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at)),
        ).toEqual(covered);
        const gap = Array.from({ length: 40 }, (_, at) => at).find((at) => !covered.includes(at));
        expect(firstGap(manifest)).toBe(gap);
        expect(countRows(manifest, "events")).toBe(
          segments.reduce((sum, { files }) => sum + (files.events?.rows ?? 0), 0),
        );
        expect(parseManifest(manifestText(manifest))).toEqual(manifest);
      }),
    );
  });

  it("joins neighbours that hold nothing", () => {
    const manifest = manifestOf(aSegment(0, 2), aSegment(2, 5, 0), aSegment(5, 9, 0), aSegment(9, 10));
    expect(manifest.segments.map(({ from, to }) => [from, to])).toEqual([
      [0, 2],
      [2, 9],
      [9, 10],
    ]);
  });

  it("takes one segment for several", () => {
    const manifest = manifestOf(aSegment(0, 2), aSegment(2, 5), aSegment(5, 9));
    const merged = withReplaced(manifest, manifest.segments.slice(0, 2), aSegment(0, 5));
    expect(merged.segments.map(({ from, to }) => [from, to])).toEqual([
      [0, 5],
      [5, 9],
    ]);
    const [first, second] = merged.segments as [Segment, Segment];
    expect(withoutSegment(merged, first).segments).toEqual([second]);
  });

  it("is read from a text that is one, and from no other", () => {
    const good = JSON.parse(manifestText(manifestOf(aSegment(0, 2)))) as Record<string, unknown>;
    const wrong = [
      "",
      "null",
      "[]",
      JSON.stringify({ ...good, version: 2 }),
      JSON.stringify({ ...good, first: -1 }),
      JSON.stringify({ ...good, segments: {} }),
      JSON.stringify({ ...good, segments: [aSegment(0, 5), aSegment(4, 6)] }),
      JSON.stringify({ ...good, segments: [aSegment(5, 5)] }),
      manifestText(manifestOf(aSegment(0, 2))).replace("events-0", "'); --"),
      manifestText(manifestOf(aSegment(0, 2))).replace('"rows": 1', '"rows": 1.5'),
    ];
    for (const text of wrong) {
      expect(() => parseManifest(text), text).toThrow(expect.objectContaining({ code: "folder-unusable" }));
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseManifest(text);
        } catch (error) {
          expect(isStoreError(error)).toBe(true);
        }
      }),
    );
  });
});
