/**
 * Which positions of a journal are done with, though events do not end in the order in which they came: everything
 * below `low`, and some stretches above it. The stretches fit into a cursor's memo, so that a restart does not deliver
 * again what was delivered ahead of something that is stuck. Pure.
 *
 * The memo: pairs of unsigned LEB128 numbers, each the distance from the end of the stretch before (the first: from
 * `low`) and the length of the stretch.
 */

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The journal stores a memo of 64 KiB at most. */
const maxMemoBytes = 65_536;

export class SettledMarks {
  #low: number;
  /** In order, neither touching nor overlapping, all above `low`. */
  #stretches: Stretch[] = [];

  /**
   * Of the memo counts what is below `end`: beyond it positions have yet to be given, or are given again, as that of an
   * event which ended before it was on stable storage.
   */
  constructor(low: number, memo: Uint8Array | null, end: number = Infinity) {
    this.#low = low;
    for (const { from, to } of readMemo(low, memo ?? new Uint8Array())) this.settle(from, Math.min(to, end));
  }

  /** Every position below it is done with. */
  get low(): number {
    return this.#low;
  }

  isSettled(position: number): boolean {
    if (position < this.#low) return true;
    const stretch = this.#stretches[this.#indexAfter(position) - 1];
    return stretch !== undefined && position < stretch.to;
  }

  /** Positions from `from` up to, not including, `to` are done with. */
  settle(from: number, to: number = from + 1): void {
    if (to <= this.#low || to <= from) return;
    let start = this.#indexAfter(from);
    const before = this.#stretches[start - 1];
    if (before !== undefined && before.to >= from) start -= 1;
    let end = start;
    let merged: Stretch = { from, to };
    for (let next = this.#stretches[end]; next !== undefined && next.from <= merged.to; next = this.#stretches[end]) {
      merged = { from: Math.min(merged.from, next.from), to: Math.max(merged.to, next.to) };
      end += 1;
    }
    this.#stretches.splice(start, end - start, merged);
    this.#raise();
  }

  /** As much as fits. What does not is delivered again after a restart, with the same id. */
  memo(): Uint8Array {
    const bytes: number[] = [];
    let end = this.#low;
    for (const { from, to } of this.#stretches) {
      const pair = [...leb128(from - end), ...leb128(to - from)];
      if (bytes.length + pair.length > maxMemoBytes) break;
      bytes.push(...pair);
      end = to;
    }
    return Uint8Array.from(bytes);
  }

  #raise(): void {
    const first = this.#stretches[0];
    if (first === undefined || first.from > this.#low) return;
    this.#low = Math.max(this.#low, first.to);
    this.#stretches.shift();
  }

  /** Index of the first stretch that begins after the position. */
  #indexAfter(position: number): number {
    let low = 0;
    let high = this.#stretches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const stretch = this.#stretches[middle];
      if (stretch !== undefined && stretch.from <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function leb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  // Positions may exceed 32 bits, which the bit operators cut off.
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return bytes;
}

function readMemo(low: number, memo: Uint8Array): Stretch[] {
  const numbers: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of memo) {
    value += (byte % 128) * scale;
    scale *= 128;
    if (byte >= 128) continue;
    numbers.push(value);
    value = 0;
    scale = 1;
  }
  const stretches: Stretch[] = [];
  let end = low;
  for (let index = 0; index + 1 < numbers.length; index += 2) {
    const from = end + (numbers[index] ?? 0);
    end = from + (numbers[index + 1] ?? 0);
    if (Number.isSafeInteger(end)) stretches.push({ from, to: end });
  }
  return stretches;
}
