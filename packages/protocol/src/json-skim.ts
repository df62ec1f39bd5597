/**
 * Finds its way through JSON without making anything of it: objects and lists are stepped through, and what is of no
 * interest is stepped over, but checked all the same. That takes less than half the time of JSON.parse.
 *
 * It never takes for JSON what JSON.parse would refuse. It gives up, by throwing `unclear`, wherever a look in passing is
 * not enough; whoever asks then reads the whole.
 */

/** Always the same one: nobody wants its stack. */
export const unclear: Error = new Error("expected JSON that is plain enough to be skimmed");

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;
const colon = 0x3a;
const backslash = 0x5c;
const space = 0x20;
const openList = 0x5b;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** Deeper than any event is, and shallow enough to go down by recursion. */
const maxDepth = 190;

/** Of a text that is taken: a time, a number, a name. */
const maxPlainLength = 100;
const isAscii = /^[ -~]*$/;

const literals: ReadonlyMap<number, Uint8Array> = new Map(
  ["true", "false", "null"].map((text) => [text.charCodeAt(0), asciiOf(text)]),
);

/** Of each byte within a text: 1 where it is no end, no escape, and may be there. */
const isPlain: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= space && byte !== quote && byte !== backslash ? 1 : 0,
);

/** Stands before a value, behind one, or between a key and its value. */
export class JsonSkim {
  readonly #bytes: Uint8Array;
  #at = 0;
  #depth = 0;
  /** Whether nothing was passed yet of the object or list that was begun last. */
  #isFirst = false;
  #keyFrom = 0;
  #keyTo = 0;
  /** Whether the text that was passed last, and the key, are written with escapes. */
  #hasEscapes = false;
  #isKeyEscaped = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#skipSpace();
  }

  /** Bytes from the beginning. */
  get at(): number {
    return this.#at;
  }

  /** The byte that the value begins with; 0 at the end. */
  get opening(): number {
    return this.#bytes[this.#at] ?? 0;
  }

  beginObject(): void {
    this.#begin(openObject);
  }

  beginList(): void {
    this.#begin(openList);
  }

  /** Goes on to the next value of the object, past its key; false, and behind the object, when there is none. */
  nextMember(): boolean {
    if (!this.#nextOf(closeObject)) return false;
    this.#keyFrom = this.#at + 1;
    this.#skipText();
    this.#keyTo = this.#at - 1;
    this.#isKeyEscaped = this.#hasEscapes;
    this.#skipSpace();
    this.#expect(colon);
    this.#skipSpace();
    return true;
  }

  /** Goes on to the next value of the list; false, and behind the list, when there is none. */
  nextItem(): boolean {
    return this.#nextOf(closeList);
  }

  /** Whether the key is this one, in ASCII. An escaped one could be any. */
  isKey(name: Uint8Array): boolean {
    if (this.#isKeyEscaped) throw unclear;
    const from = this.#keyFrom;
    if (this.#keyTo - from !== name.length) return false;
    for (let at = 0; at < name.length; at += 1) if (this.#bytes[from + at] !== name[at]) return false;
    return true;
  }

  /** Past a value of any kind; whether it is a text without escapes that has a character of ASCII which can be seen. */
  skipVisibleText(): boolean {
    if (this.#bytes[this.#at] !== quote) {
      this.skip();
      return false;
    }
    const from = this.#at + 1;
    this.#skipText();
    if (this.#hasEscapes) return false;
    for (let at = from; at < this.#at - 1; at += 1) if (isVisible(this.#bytes[at] ?? 0)) return true;
    return false;
  }

  /** Past a text that is not empty. */
  skipFilledText(): void {
    const behindEmpty = this.#at + 2;
    this.#skipText();
    if (this.#at === behindEmpty) throw unclear;
  }

  /** Past a text of ASCII without escapes, and what it says. */
  takePlainText(): string {
    const from = this.#at + 1;
    this.#skipText();
    const text = String.fromCharCode(...this.#bytes.subarray(from, Math.min(this.#at - 1, from + maxPlainLength + 1)));
    if (this.#hasEscapes || text.length > maxPlainLength || !isAscii.test(text)) throw unclear;
    return text;
  }

  /** Past a value of any kind. */
  skip(): void {
    const byte = this.#bytes[this.#at];
    if (byte === quote) {
      this.#skipText();
    } else if (byte === openObject) {
      this.beginObject();
      while (this.nextMember()) this.skip();
    } else if (byte === openList) {
      this.beginList();
      while (this.nextItem()) this.skip();
    } else {
      this.#skipScalar();
    }
  }

  /** Nothing but space may be left. */
  end(): void {
    this.#skipSpace();
    if (this.#at !== this.#bytes.length) throw unclear;
  }

  #begin(bracket: number): void {
    this.#expect(bracket);
    this.#depth += 1;
    if (this.#depth > maxDepth) throw unclear;
    this.#isFirst = true;
  }

  /** Past the comma, if there must be one, and to the value or key behind it; past the bracket where it closes. */
  #nextOf(bracket: number): boolean {
    this.#skipSpace();
    if (this.#bytes[this.#at] === bracket) {
      this.#at += 1;
      this.#depth -= 1;
      this.#isFirst = false;
      return false;
    }
    if (!this.#isFirst) {
      this.#expect(comma);
      this.#skipSpace();
    }
    this.#isFirst = false;
    return true;
  }

  #expect(byte: number): void {
    if (this.#bytes[this.#at] !== byte) throw unclear;
    this.#at += 1;
  }

  #skipSpace(): void {
    // Most of what is sent has none.
    if ((this.#bytes[this.#at] ?? space) > space) return;
    while (isSpace(this.#bytes[this.#at] ?? 0)) this.#at += 1;
  }

  #skipText(): void {
    this.#expect(quote);
    const bytes = this.#bytes;
    const { length } = bytes;
    this.#hasEscapes = false;
    for (let at = this.#at; at < length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (isPlain[byte] === 1) continue;
      if (byte === quote) {
        this.#at = at + 1;
        return;
      }
      if (byte !== backslash) throw unclear;
      this.#hasEscapes = true;
      at += escapeLength(bytes, at) - 1;
    }
    throw unclear;
  }

  #skipScalar(): void {
    const word = literals.get(this.#bytes[this.#at] ?? 0);
    if (word === undefined) return this.#skipNumber();
    for (const byte of word) this.#expect(byte);
  }

  #skipNumber(): void {
    if (this.#bytes[this.#at] === minus) this.#at += 1;
    const from = this.#at;
    this.#skipDigits();
    if (this.#bytes[from] === zero && this.#at > from + 1) throw unclear;
    if (this.#bytes[this.#at] === point) {
      this.#at += 1;
      this.#skipDigits();
    }
    if (((this.#bytes[this.#at] ?? 0) | 0x20) === 0x65) this.#skipExponent();
  }

  #skipExponent(): void {
    this.#at += 1;
    const sign = this.#bytes[this.#at];
    if (sign === minus || sign === 0x2b) this.#at += 1;
    this.#skipDigits();
  }

  /** At least one. */
  #skipDigits(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while (isDigit(bytes[at] ?? 0)) at += 1;
    if (at === this.#at) throw unclear;
    this.#at = at;
  }
}

/** What a key must be to be looked for. */
export function asciiOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function isSpace(byte: number): boolean {
  return byte === space || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= 0x39;
}

function isVisible(byte: number): boolean {
  return byte > space && byte < 0x7f;
}

const simpleEscapes: ReadonlySet<number> = new Set(asciiOf('"\\/bfnrt'));
const longEscape = asciiOf("u")[0];

/** With the backslash. */
function escapeLength(bytes: Uint8Array, at: number): number {
  const kind = bytes[at + 1] ?? 0;
  if (simpleEscapes.has(kind)) return 2;
  if (kind !== longEscape) throw unclear;
  for (let digit = at + 2; digit < at + 6; digit += 1) if (!isHexDigit(bytes[digit] ?? 0)) throw unclear;
  return 6;
}

function isHexDigit(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}
