import { describe, expect, it } from "vitest";
import { sealedFileName, type Manifest, type Segment } from "./manifest.js";
import { retentionStart } from "./retention.js";

function aSegment(from: number, sealedAtMs: number): Segment {
  const range = { from, to: from + 10 };
  const name = sealedFileName("events", range);
  const events = {
    name,
    rows: 1,
    bytes: 100,
    crc: 0,
    footerCrc: 0,
    unpackedBytes: 1,
    minTimeMs: null,
    maxTimeMs: null,
  };
  return { ...range, sealedAtMs, files: { events } };
}

const manifest: Manifest = { first: 0, segments: [aSegment(0, 1), aSegment(10, 2), aSegment(20, 3), aSegment(30, 4)] };
const forEver = { retainMs: Infinity, retainBytes: Infinity, nowMs: 1000 };

describe("retention", () => {
  it.each([
    ["keeps everything without a bound", {}, 0],
    ["lets go of what is older than the bound", { retainMs: 997 }, 20],
    ["keeps what is as old as the bound", { retainMs: 998 }, 10],
    ["lets go of the oldest above the bytes", { retainBytes: 299 }, 20],
    ["keeps as many bytes as the bound", { retainBytes: 300 }, 10],
    ["may let go of everything", { retainMs: 1 }, 40],
    ["takes a clock set back for no time at all", { retainMs: 1, nowMs: -5 }, 0],
  ])("%s", (_, bounds, expected) => {
    expect(retentionStart(manifest, { ...forEver, ...bounds })).toBe(expected);
  });

  it("waits for a gap to be filled", () => {
    const withGap = { first: 0, segments: [aSegment(0, 1), aSegment(20, 1)] };
    expect(retentionStart(withGap, { ...forEver, retainMs: 1 })).toBe(10);
  });
});
