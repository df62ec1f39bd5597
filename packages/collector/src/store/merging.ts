import type { Segment } from "./manifest.js";

export interface MergeBounds {
  /** How much larger a merged file is than those it is made of, roughly. */
  readonly factor: number;
  readonly maxRows: number;
}

/**
 * Which neighbours are worth making into one: a run without gaps, each of whose segments is below a size that all of
 * them together reach. The sizes are `maxRows / 2` and that divided by `factor` again and again, smallest first. So a
 * row comes into a larger class each time it is rewritten, and is rewritten once for each class at most.
 */
export function chooseMerge(segments: readonly Segment[], bounds: MergeBounds): readonly Segment[] {
  for (const size of sizesAscending(bounds)) {
    const run = runReaching(size, segments);
    if (run.length > 0) return run;
  }
  return [];
}

function sizesAscending({ factor, maxRows }: MergeBounds): readonly number[] {
  const sizes: number[] = [];
  for (let size = maxRows / 2; size >= factor; size /= factor) sizes.unshift(size);
  return sizes;
}

function runReaching(size: number, segments: readonly Segment[]): readonly Segment[] {
  let run: Segment[] = [];
  let rows = 0;
  for (const segment of segments) {
    const isNext = run.length === 0 || run.at(-1)?.to === segment.from;
    const isSmall = segmentRows(segment) < size;
    if (!isNext || !isSmall) {
      run = [];
      rows = 0;
    }
    if (!isSmall) continue;
    run.push(segment);
    rows += segmentRows(segment);
    if (rows >= size) return run;
  }
  return [];
}

function segmentRows({ files }: Segment): number {
  return (files.events?.rows ?? 0) + (files.bad_events?.rows ?? 0);
}
