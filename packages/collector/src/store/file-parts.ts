import type { FilePart } from "./store-files.js";

/** What lies between two parts is read with them where that takes less time than another trip to the file. */
const maxGapBytes = 32 * 1024;
const maxPieceBytes = 1024 * 1024;

/** One read of a file, and the parts that it holds, by their places among those that were asked for. */
export interface Piece extends FilePart {
  readonly parts: ReadonlyMap<number, FilePart>;
}

/** The reads that parts of a file take. Neighbours share one: many may be asked for, and lie close together. */
export function piecesOf(parts: readonly FilePart[]): readonly Piece[] {
  const inOrder = [...parts.entries()].toSorted(([, a], [, b]) => a.at - b.at);
  const pieces: { at: number; bytes: number; parts: Map<number, FilePart> }[] = [];
  for (const [index, part] of inOrder) {
    const last = pieces.at(-1);
    const bytes = last === undefined ? Infinity : Math.max(last.bytes, part.at + part.bytes - last.at);
    if (last === undefined || bytes > maxPieceBytes || part.at - last.at - last.bytes > maxGapBytes) {
      pieces.push({ ...part, parts: new Map([[index, part]]) });
    } else {
      last.bytes = bytes;
      last.parts.set(index, part);
    }
  }
  return pieces;
}
