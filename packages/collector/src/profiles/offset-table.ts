/**
 * Where documents are in a file, by a 64-bit hash of their names, in typed arrays: open addressing, linear probing, 16
 * bytes a slot, filled to at most three quarters. Two names with one hash would be one document; of four million names
 * that happens once in two million files, and whoever reads a document sees its name in it.
 */
export class OffsetTable {
  #hashes: Uint32Array;
  /** 0 is a free slot, `gone` one whose document was removed; else the offset plus one. */
  #offsets: Float64Array;
  #used = 0;
  #size = 0;

  constructor(capacity: number = minCapacity) {
    this.#hashes = new Uint32Array(capacity * 2);
    this.#offsets = new Float64Array(capacity);
  }

  /** Documents that there are. */
  get size(): number {
    return this.#size;
  }

  get(hash: NameHash): number | undefined {
    const offset = this.#offsets[this.#slotOf(hash)] ?? 0;
    return offset > 0 ? offset - 1 : undefined;
  }

  set(hash: NameHash, offset: number): void {
    this.#write(hash, offset + 1);
  }

  remove(hash: NameHash): void {
    if (this.get(hash) !== undefined) this.#write(hash, gone);
  }

  #write(hash: NameHash, value: number): void {
    const slot = this.#slotOf(hash);
    const before = this.#offsets[slot] ?? 0;
    this.#hashes[slot * 2] = hash[0];
    this.#hashes[slot * 2 + 1] = hash[1];
    this.#offsets[slot] = value;
    this.#size += Number(value > 0) - Number(before > 0);
    if (before !== 0) return;
    this.#used += 1;
    if (this.#used > this.#offsets.length * maxFill) this.#grow();
  }

  /** Where the hash is, or the free slot where it would go. */
  #slotOf(hash: NameHash): number {
    const mask = this.#offsets.length - 1;
    for (let slot = hash[0] & mask; ; slot = (slot + 1) & mask) {
      if (this.#offsets[slot] === 0) return slot;
      if (this.#hashes[slot * 2] === hash[0] && this.#hashes[slot * 2 + 1] === hash[1]) return slot;
    }
  }

  #grow(): void {
    const [hashes, offsets] = [this.#hashes, this.#offsets];
    const capacity = this.#size > offsets.length / 4 ? offsets.length * 2 : offsets.length;
    this.#hashes = new Uint32Array(capacity * 2);
    this.#offsets = new Float64Array(capacity);
    this.#used = 0;
    this.#size = 0;
    for (let slot = 0; slot < offsets.length; slot += 1) {
      const value = offsets[slot] ?? 0;
      if (value > 0) this.#write([hashes[slot * 2] ?? 0, hashes[slot * 2 + 1] ?? 0], value);
    }
  }
}

export type NameHash = readonly [number, number];

const gone = -1;
const minCapacity = 1_024;
const maxFill = 0.75;
