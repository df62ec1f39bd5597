import { giveBack } from "../give-back.js";

/** A body in the pieces in which it came: they are made into one only where somebody reads it. */
export class BodyBytes {
  readonly byteLength: number;
  #pieces: readonly Uint8Array[];

  /** The pieces are its own: nobody else uses their memory. */
  constructor(pieces: readonly Uint8Array[], byteLength: number) {
    this.#pieces = pieces;
    this.byteLength = byteLength;
  }

  /** Good until the whole is asked for. */
  get pieces(): readonly Uint8Array[] {
    return this.#pieces;
  }

  get whole(): Uint8Array {
    const [only] = this.#pieces;
    if (only !== undefined && this.#pieces.length === 1) return only;
    const joined = Buffer.concat(this.#pieces, this.byteLength);
    this.letGo();
    this.#pieces = [joined];
    return joined;
  }

  /** It is not used any more; nor is anything that is a part of its bytes. */
  letGo(): void {
    for (const piece of this.#pieces) giveBack(piece);
    this.#pieces = [];
  }
}
