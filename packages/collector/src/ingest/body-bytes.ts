/** A body in the pieces in which it came: they are made into one only where somebody reads it. */
export class BodyBytes {
  readonly byteLength: number;
  #pieces: readonly Uint8Array[];

  constructor(pieces: readonly Uint8Array[], byteLength: number) {
    this.#pieces = pieces;
    this.byteLength = byteLength;
  }

  get pieces(): readonly Uint8Array[] {
    return this.#pieces;
  }

  get whole(): Uint8Array {
    const [only] = this.#pieces;
    if (only !== undefined && this.#pieces.length === 1) return only;
    const joined = Buffer.concat(this.#pieces, this.byteLength);
    this.#pieces = [joined];
    return joined;
  }
}
