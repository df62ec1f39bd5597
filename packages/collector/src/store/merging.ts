import type { Segment } from "./manifest.js";

/**
 * Which neighbours are worth making into one: the first run of at least `minSegments` segments of about the same size
 * that lie side by side without a gap. Sizes go by powers of eight, so a row is rewritten once for each, a handful of
 * times in all. Of the run, as many as hold `maxRows` together.
 */
export function chooseMerge(
  segments: readonly Segment[],
  { minSegments, maxRows }: { readonly minSegments: number; readonly maxRows: number },
): readonly Segment[] {
  let run: Segment[] = [];
  for (const segment of segments) {
    const last = run.at(-1);
    if (last !== undefined && (last.to !== segment.from || sizeClass(last) !== sizeClass(segment))) run = [];
    run.push(segment);
    if (run.length < minSegments) continue;
    const fitting = fittingPrefix(run, maxRows);
    if (fitting.length > 1) return fitting;
    run.shift();
  }
  return [];
}

export function segmentRows(segment: Segment): number {
  return (segment.files.events?.rows ?? 0) + (segment.files.bad_events?.rows ?? 0);
}

const classFactor = 8;
const smallestClassRows = 1000;

function sizeClass(segment: Segment): number {
  const size = Math.max(1, segmentRows(segment) / smallestClassRows);
  return Math.floor(Math.log2(size) / Math.log2(classFactor));
}

function fittingPrefix(run: readonly Segment[], maxRows: number): readonly Segment[] {
  let rows = 0;
  const end = run.findIndex((segment) => (rows += segmentRows(segment)) > maxRows);
  return end === -1 ? run : run.slice(0, end);
}
