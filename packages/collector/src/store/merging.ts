import type { Segment } from "./manifest.js";

export interface MergeBounds {
  /** How much larger a merged file is than those it is made of, roughly. */
  readonly factor: number;
  /** The most that a merged file holds. */
  readonly maxRows: number;
  readonly maxBytes: number;
}

/**
 * Which neighbours are worth making into one: a run without gaps, each of whose segments is below a size that all of
 * them together reach. A size is the part of the bounds that is filled; those compared with are a half and that divided
 * by `factor` again and again, smallest first. So a row comes into a larger class each time it is rewritten, and is
 * rewritten once for each class at most.
 */
export function chooseMerge(segments: readonly Segment[], bounds: MergeBounds): readonly Segment[] {
  for (const size of sizesAscending(bounds)) {
    const run = runReaching(size, segments, bounds);
    if (run.length > 0) return run;
  }
  return [];
}

function sizesAscending({ factor, maxRows }: MergeBounds): readonly number[] {
  const sizes: number[] = [];
  for (let size = 1 / 2; size * maxRows >= factor; size /= factor) sizes.unshift(size);
  return sizes;
}

function runReaching(size: number, segments: readonly Segment[], bounds: MergeBounds): readonly Segment[] {
  let run: Segment[] = [];
  let filled = 0;
  for (const segment of segments) {
    const isNext = run.length === 0 || run.at(-1)?.to === segment.from;
    const part = partFilled(segment, bounds);
    const isSmall = part < size;
    if (!isNext || !isSmall) {
      run = [];
      filled = 0;
    }
    if (!isSmall) continue;
    run.push(segment);
    filled += part;
    if (filled >= size) return run;
  }
  return [];
}

function partFilled({ files }: Segment, { maxRows, maxBytes }: MergeBounds): number {
  const all = Object.values(files);
  const rows = all.reduce((sum, file) => sum + file.rows, 0);
  const bytes = all.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0);
  return Math.max(rows / maxRows, bytes / maxBytes);
}
