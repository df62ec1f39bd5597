import type { Manifest, Segment } from "./manifest.js";

export interface RetentionBounds {
  readonly retainMs: number;
  readonly retainBytes: number;
  readonly nowMs: number;
}

/**
 * The position below which segments may be let go: those sealed longer ago than `retainMs`, and the oldest of those
 * that take more than `retainBytes` together. Only whole segments go, from the oldest on, and none behind a gap that
 * is still to be filled.
 */
export function retentionStart({ first, segments }: Manifest, bounds: RetentionBounds): number {
  let start = first;
  let bytes = segments.reduce((sum, segment) => sum + fileBytes(segment), 0);
  for (const segment of segments) {
    const isExpired = bounds.nowMs - segment.sealedAtMs > bounds.retainMs;
    if (segment.from > start || (!isExpired && bytes <= bounds.retainBytes)) return start;
    start = segment.to;
    bytes -= fileBytes(segment);
  }
  return start;
}

function fileBytes({ files }: Segment): number {
  return Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
}
