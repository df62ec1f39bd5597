/**
 * Where documents are in a file, by a 64-bit hash of their names: open addressing, linear probing, 16 bytes a slot,
 * filled to at most three quarters. A slot is four words: the hash, then the offset plus one, low word first. A free
 * slot has no offset; one whose document was removed has `goneHigh`, which no offset reaches.
 */
export type NameHash = readonly [number, number];

export class OffsetPart {
  #slots: Uint32Array;
  /** Slots that are not free. */
  #used = 0;
  #size = 0;

  /** Takes over the slots of another, as `slots` gave them. */
  constructor(slots: Uint32Array = new Uint32Array(minSlots * wordsPerSlot)) {
    this.#slots = slots;
    for (let at = 2; at < slots.length; at += wordsPerSlot) {
      if (slots[at] === 0 && slots[at + 1] === 0) continue;
      this.#used += 1;
      if (slots[at + 1] !== goneHigh) this.#size += 1;
    }
  }

  /** Documents that there are. */
  get size(): number {
    return this.#size;
  }

  get slots(): Uint32Array {
    return this.#slots;
  }

  get(hash: NameHash): number | undefined {
    const at = this.#find(hash);
    if (!this.#isHeld(at)) return undefined;
    return (this.#slots[at + 3] ?? 0) * wordRange + (this.#slots[at + 2] ?? 0) - 1;
  }

  set(hash: NameHash, offset: number): void {
    const at = this.#find(hash);
    const isNew = this.#isFree(at);
    if (!this.#isHeld(at)) this.#size += 1;
    this.#slots[at] = hash[0];
    this.#slots[at + 1] = hash[1];
    this.#slots[at + 2] = (offset + 1) >>> 0;
    this.#slots[at + 3] = Math.floor((offset + 1) / wordRange);
    if (!isNew) return;
    this.#used += 1;
    if (this.#used * wordsPerSlot > this.#slots.length * maxFill) this.#grow();
  }

  remove(hash: NameHash): void {
    const at = this.#find(hash);
    if (!this.#isHeld(at)) return;
    this.#slots[at + 3] = goneHigh;
    this.#size -= 1;
  }

  #isFree(at: number): boolean {
    return this.#slots[at + 2] === 0 && this.#slots[at + 3] === 0;
  }

  #isHeld(at: number): boolean {
    return this.#slots[at + 3] !== goneHigh && !this.#isFree(at);
  }

  /** Where the hash is, or the free slot where it would go. */
  #find(hash: NameHash): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = (hash[0] << slotShift) & mask; ; at = (at + wordsPerSlot) & mask) {
      if (slots[at] === hash[0] && slots[at + 1] === hash[1]) return at;
      if (slots[at + 2] === 0 && slots[at + 3] === 0) return at;
    }
  }

  /** Twice as large, or as large as it is where most slots are of documents that are gone. */
  #grow(): void {
    const before = this.#slots;
    const isFull = this.#size * wordsPerSlot > before.length / 4;
    this.#slots = new Uint32Array(isFull ? before.length * 2 : before.length);
    for (let at = 0; at < before.length; at += wordsPerSlot) {
      const [low, high] = [before[at + 2], before[at + 3]];
      if ((low === 0 && high === 0) || high === goneHigh) continue;
      const to = this.#find([before[at] ?? 0, before[at + 1] ?? 0]);
      for (let word = 0; word < wordsPerSlot; word += 1) this.#slots[to + word] = before[at + word] ?? 0;
    }
    this.#used = this.#size;
  }
}

const wordsPerSlot = 4;
const slotShift = 2;
const minSlots = 8;
const maxFill = 0.75;
const wordRange = 2 ** 32;
const goneHigh = 0xffff_ffff;
