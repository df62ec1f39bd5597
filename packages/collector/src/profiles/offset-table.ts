/**
 * Where documents are in a file, by a 64-bit hash of their names. Two names with one hash would be one document; of four
 * million names that happens once in two million files, and whoever reads a document sees its name in it.
 *
 * The table has `partCount` parts, so that growing one never takes long, and so that a table that was stored can be used
 * before it is read: a part is read when it is first needed, and what came later is then applied to it.
 */
import { OffsetPart } from "./offset-part.js";
import type { NameHash } from "./offset-part.js";
import { eachPlace, wordsPerHead } from "./record-heads.js";

/** A power of two. */
export const partCount = 1_024;

export interface StoredOffsets {
  /** The slots of a part as they were stored; they become the table's. */
  readonly readPart: (part: number) => Uint32Array;
  /** Heads of the records that came after it was stored, and where the first of them begins. */
  readonly heads: Uint32Array;
  readonly headsFrom: number;
}

export class OffsetTable {
  readonly #parts: (OffsetPart | undefined)[] = Array.from({ length: partCount }, () => undefined);
  /** Null when all of it is here. */
  #stored: Stored | null;
  /** Every part below it is here. */
  #wholeUpTo = 0;

  constructor(stored: StoredOffsets | null = null) {
    this.#stored =
      stored === null ? null : { readPart: stored.readPart, later: placesByPart(stored.heads, stored.headsFrom) };
  }

  /** Documents that there are. Reads all that was stored. */
  get size(): number {
    let size = 0;
    for (let part = 0; part < partCount; part += 1) size += this.#partAt(part).size;
    return size;
  }

  get(hash: NameHash): number | undefined {
    return this.#partAt(partOf(hash)).get(hash);
  }

  /** Null removes it. */
  set(hash: NameHash, offset: number | null): void {
    setIn(this.#partAt(partOf(hash)), hash, offset);
  }

  slotsOf(part: number): Uint32Array {
    return this.#partAt(part).slots;
  }

  /** Reads some more of what was stored. False when there is nothing left to be read. */
  readSome(parts: number): boolean {
    const end = Math.min(partCount, this.#wholeUpTo + parts);
    while (this.#wholeUpTo < end) {
      this.#partAt(this.#wholeUpTo);
      this.#wholeUpTo += 1;
    }
    if (end === partCount) this.#stored = null;
    return end < partCount;
  }

  #partAt(index: number): OffsetPart {
    const there = this.#parts[index];
    if (there !== undefined) return there;
    const part = new OffsetPart(this.#stored?.readPart(index));
    if (this.#stored !== null) applyTo(part, this.#stored.later, index);
    this.#parts[index] = part;
    return part;
  }
}

interface Stored {
  readonly readPart: StoredOffsets["readPart"];
  readonly later: PlacesByPart;
}

function partOf(hash: NameHash): number {
  return hash[1] & (partCount - 1);
}

function setIn(part: OffsetPart, hash: NameHash, offset: number | null): void {
  if (offset === null) part.remove(hash);
  else part.set(hash, offset);
}

/** Places in the order of their parts, and within a part in the order in which they came. */
interface PlacesByPart {
  /** Of each part the first; then the end. */
  readonly firsts: Uint32Array;
  readonly hashes: Uint32Array;
  /** -1 where there is no document any more. */
  readonly offsets: Float64Array;
}

function placesByPart(heads: Uint32Array, from: number): PlacesByPart {
  const count = heads.length / wordsPerHead;
  const firsts = new Uint32Array(partCount + 1);
  eachPlace(heads, from, (hash) => {
    firsts[partOf(hash) + 1] = (firsts[partOf(hash) + 1] ?? 0) + 1;
  });
  for (let part = 1; part <= partCount; part += 1) firsts[part] = (firsts[part] ?? 0) + (firsts[part - 1] ?? 0);
  const next = firsts.slice();
  const [hashes, offsets] = [new Uint32Array(count * 2), new Float64Array(count)];
  eachPlace(heads, from, (hash, offset) => {
    const at = next[partOf(hash)] ?? 0;
    next[partOf(hash)] = at + 1;
    hashes[at * 2] = hash[0];
    hashes[at * 2 + 1] = hash[1];
    offsets[at] = offset ?? -1;
  });
  return { firsts, hashes, offsets };
}

function applyTo(part: OffsetPart, { firsts, hashes, offsets }: PlacesByPart, index: number): void {
  for (let at = firsts[index] ?? 0; at < (firsts[index + 1] ?? 0); at += 1) {
    const offset = offsets[at] ?? -1;
    setIn(part, [hashes[at * 2] ?? 0, hashes[at * 2 + 1] ?? 0], offset < 0 ? null : offset);
  }
}
