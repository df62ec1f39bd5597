/**
 * A set of 128-bit ids in one typed array: open addressing, linear probing, 16 bytes a slot, filled to at most four
 * fifths. It therefore costs 20 bytes an id when full and 40 just after it has doubled; nothing is ever removed.
 *
 * An id is four 32-bit words of a cryptographic hash, so its first word serves as the place to look. A slot whose last
 * word is zero is free; `idHash` makes no such id.
 */
export class SeenIds {
  #slots: Uint32Array;
  #mask: number;
  #size = 0;

  constructor(expectedIds = 0) {
    const capacity = capacityFor(expectedIds);
    this.#slots = new Uint32Array(capacity * wordsPerId);
    this.#mask = capacity - 1;
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#slots.byteLength;
  }

  has(id: IdHash): boolean {
    return this.#slots[this.#slotOf(id) + lastWord] !== 0;
  }

  /** Adds the id; false when it was there already. */
  add(id: IdHash): boolean {
    const at = this.#slotOf(id);
    if (this.#slots[at + lastWord] !== 0) return false;
    this.#write(at, id);
    this.#size += 1;
    if (this.#size > (this.#mask + 1) * maxFill) this.#grow();
    return true;
  }

  /** All of them, one after the other, four words each. */
  packed(): Uint32Array {
    const packed = new Uint32Array(this.#size * wordsPerId);
    let end = 0;
    for (let at = 0; at < this.#slots.length; at += wordsPerId) {
      if (this.#slots[at + lastWord] === 0) continue;
      packed.set(this.#slots.subarray(at, at + wordsPerId), end);
      end += wordsPerId;
    }
    return packed;
  }

  /** Where the id is, or the free slot where it would go. */
  #slotOf(id: IdHash): number {
    const slots = this.#slots;
    for (let slot = id[0] & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * wordsPerId;
      if (slots[at + lastWord] === 0) return at;
      if (slots[at] === id[0] && slots[at + 1] === id[1] && slots[at + 2] === id[2] && slots[at + 3] === id[3]) {
        return at;
      }
    }
  }

  #write(at: number, id: IdHash): void {
    this.#slots[at] = id[0];
    this.#slots[at + 1] = id[1];
    this.#slots[at + 2] = id[2];
    this.#slots[at + 3] = id[3];
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let at = 0; at < old.length; at += wordsPerId) {
      if (old[at + lastWord] === 0) continue;
      const id = idHash([old[at] ?? 0, old[at + 1] ?? 0, old[at + 2] ?? 0, old[at + 3] ?? 0]);
      this.#write(this.#slotOf(id), id);
    }
  }
}

/** 128 bits that stand for an id; the last word is never zero, which marks a free slot. */
export type IdHash = readonly [number, number, number, number];

export function idHash(words: IdHash): IdHash {
  return words[lastWord] === 0 ? [words[0], words[1], words[2], 1] : words;
}

export const wordsPerId = 4;
const lastWord = 3;
const maxFill = 0.8;
const minCapacity = 1024;

function capacityFor(ids: number): number {
  let capacity = minCapacity;
  while (ids > capacity * maxFill) capacity *= 2;
  return capacity;
}
