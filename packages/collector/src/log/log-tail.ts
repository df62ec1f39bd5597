/**
 * The newest records once more, in memory: whoever follows the log closely takes them from here, so that the disk and the
 * checking of what it gives are spared. Bounded; what is not here, or no longer, is in the log.
 */
import type { PackedRead } from "./packed-read.js";

interface Piece {
  /** Position of its first record; each further one is one more. */
  readonly first: number;
  readonly bytes: Buffer;
  /** Where each record ends. */
  readonly ends: number[];
}

export interface TailBounds {
  readonly pieceBytes: number;
  readonly pieces: number;
}

const defaults: TailBounds = { pieceBytes: 512 * 1024, pieces: 8 };

export class LogTail {
  readonly #bounds: TailBounds;
  /** Oldest first, each beginning where the one before ends. */
  #pieces: Piece[] = [];

  constructor(bounds: TailBounds = defaults) {
    this.#bounds = bounds;
  }

  /** Takes a record that is durable, in the order of positions. */
  add(position: number, parts: readonly Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
    if (position !== this.#next()) this.#pieces = [];
    if (length > this.#bounds.pieceBytes) return;
    const piece = this.#pieceFor(position, length);
    let at = piece.ends.at(-1) ?? 0;
    for (const part of parts) {
      piece.bytes.set(part, at);
      at += part.byteLength;
    }
    piece.ends.push(at);
  }

  /** Records from `from` on, at most so many; null where the first of them is not here. */
  read(from: number, maxRecords: number): PackedRead | null {
    const piece = this.#pieces.find(({ first, ends }) => from >= first && from < first + ends.length);
    if (piece === undefined) return null;
    const index = from - piece.first;
    const start = piece.ends[index - 1] ?? 0;
    const ends = Uint32Array.from(piece.ends.slice(index, index + maxRecords), (end) => end - start);
    const bytes = Buffer.allocUnsafeSlow(ends.at(-1) ?? 0);
    piece.bytes.copy(bytes, 0, start, start + bytes.length);
    const positions = Float64Array.from(ends, (_, at) => from + at);
    return { positions, ends, bytes, next: from + ends.length, lost: [] };
  }

  #next(): number | undefined {
    const last = this.#pieces.at(-1);
    return last === undefined ? undefined : last.first + last.ends.length;
  }

  #pieceFor(position: number, length: number): Piece {
    const last = this.#pieces.at(-1);
    if (last !== undefined && (last.ends.at(-1) ?? 0) + length <= this.#bounds.pieceBytes) return last;
    // Its memory is used again: fresh memory costs more than the copy into it.
    const oldest = this.#pieces.length < this.#bounds.pieces ? undefined : this.#pieces.shift();
    const bytes = oldest?.bytes ?? Buffer.allocUnsafeSlow(this.#bounds.pieceBytes);
    const piece = { first: position, bytes, ends: [] };
    this.#pieces.push(piece);
    return piece;
  }
}
