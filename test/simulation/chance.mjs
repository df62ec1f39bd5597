/** Chance that repeats: the same seed gives the same numbers. Each part of a run draws from a stream of its own. */
export class Chance {
  #a;
  #b;
  #c;
  #count = 1;

  constructor(seed) {
    this.#a = seed | 0;
    this.#b = (seed / 2 ** 32) | 0;
    this.#c = 0x9e3779b9 | 0;
    for (let round = 0; round < 12; round += 1) this.uint32();
  }

  /** Small Fast Chaotic generator, 32 bits. */
  uint32() {
    const sum = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** In [0, 1). */
  next() {
    return this.uint32() / 2 ** 32;
  }

  is(probability) {
    return this.next() < probability;
  }

  /** A whole number from `least` to `most`. */
  int(least, most) {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** A number in [least, most) of which each order of magnitude is as likely. `least` is above 0. */
  spread(least, most) {
    return least * (most / least) ** this.next();
  }

  pick(list) {
    return list[Math.floor(this.next() * list.length)];
  }

  /** A key of `weights`, each as likely as its weight says. */
  weighted(weights) {
    let sum = 0;
    for (const key in weights) sum += weights[key];
    let left = this.next() * sum;
    let last;
    for (const key in weights) {
      last = key;
      left -= weights[key];
      if (left < 0) break;
    }
    return last;
  }

  fork() {
    return new Chance(this.uint32() + this.uint32() * 2 ** 32);
  }
}
