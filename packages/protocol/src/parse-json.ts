/**
 * Reads JSON that came from outside.
 *
 * One pass over the bytes tells what JSON.parse is not to be trusted with; only then is anything slower done:
 * - a number that a double cannot hold is kept as its text: 157963456373623802 arrives as "157963456373623802";
 * - half a surrogate pair, which other languages refuse to read, becomes U+FFFD;
 * - nesting without end is JSON.parse's to survive, and `measureJson`'s to find without recursion.
 * Bytes that are not UTF-8 become U+FFFD. Of equal keys the last one counts. A key `__proto__` is a key.
 */
import type { JsonValue } from "./event.js";
import { quoteInexactNumbers } from "./exact-numbers.js";
import { isWellFormed, toWellFormed } from "./well-formed.js";

export type ParsedJson = Parsed | { readonly kind: "invalid"; readonly text: string; readonly message: string };

export interface Parsed {
  readonly kind: "parsed";
  readonly value: JsonValue;
  readonly text: string;
  readonly scan: JsonScan;
}

/** What a pass over the bytes finds, whether they are JSON or not. */
export interface JsonScan {
  /** How many objects and lists lie within one another, at most. */
  readonly depth: number;
  readonly keys: number;
  /** A number of 16 or more digits, or with an exponent. */
  readonly hasLongNumbers: boolean;
  /** An escape of half a surrogate pair without its other half. */
  readonly hasSurrogates: boolean;
  /** JSON.stringify may write it otherwise: space outside of texts, escapes of what needs none, or numbers such as 5.0. */
  readonly isWrittenOtherwise: boolean;
  /** The objects and lists on the level asked for. */
  readonly items: readonly ScannedItem[];
}

/** An object or a list, and where in the bytes it is. */
export interface ScannedItem extends Place {
  /** Of its own, not of what is in it. */
  readonly keys: number;
  /** The last of the name asked for that is an object or a list; one whose name is written with escapes is not seen. */
  readonly member: ScannedMember | null;
}

export interface ScannedMember extends Place {
  /** All that are in it. */
  readonly keys: number;
}

interface Place {
  readonly from: number;
  readonly to: number;
}

/** What to look for in passing. */
export interface ItemsAskedFor {
  /** How many objects and lists an item is in, itself among them: 3 for those of `{"batch": [{}, {}]}`. */
  readonly depth: number;
  /** Plain ASCII. */
  readonly member: string;
}

const noItems: ItemsAskedFor = { depth: -1, member: "" };

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function parseJson(bytes: Uint8Array, askedFor: ItemsAskedFor = noItems): ParsedJson {
  const text = decoder.decode(bytes);
  try {
    let value: JsonValue = JSON.parse(text);
    const escapes = { has: text.includes("\\"), areNeedless: text.includes("\\u") || text.includes("\\/") };
    const scan = scanJson(bytes, escapes, askedFor);
    if (scan.hasLongNumbers) value = JSON.parse(quoteInexactNumbers(text));
    if (scan.hasSurrogates) value = repairTexts(value);
    return { kind: "parsed", value, text, scan };
  } catch (error) {
    return { kind: "invalid", text, message: error instanceof Error ? error.message : String(error) };
  }
}

const quote = 0x22;
const backslash = 0x5c;
/** A double holds any number of fewer digits. */
const longDigits = 16;

/**
 * What a byte outside of texts means to the scan. A look into a table costs half of what comparisons do, and a written
 * number less than a name for it, which the engine would look up at each byte.
 */
const meanings: Uint8Array = tableOf([
  ["./0123456789", 1],
  [":", 2],
  ["{[", 3],
  ["}]", 4],
  ["eE", 5],
  [" \t\n\r", 6],
]);

function tableOf(entries: readonly (readonly [characters: string, meaning: number])[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const [characters, value] of entries) {
    for (const character of characters) table[character.charCodeAt(0)] = value;
  }
  return table;
}

/**
 * Of valid JSON. It runs over every body that comes in: bytes in strings, which are most, must cost next to nothing.
 * Most bodies escape nothing, and then a string ends with the next quote.
 */
function scanJson(bytes: Uint8Array, escapes: Escapes, askedFor: ItemsAskedFor): JsonScan {
  const found = { hasEscapes: escapes.has, hasSurrogates: false, isWrittenOtherwise: escapes.areNeedless };
  const items = new ItemScan(bytes, askedFor);
  let [textFrom, keys, depth, deepest, digits, longest] = [0, 0, 0, 0, 0, 0];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) {
      textFrom = at;
      at = endOfText(bytes, at, found);
      continue;
    }
    switch (meanings[byte] ?? 0) {
      case 1:
        digits += 1;
        longest = Math.max(longest, digits);
        continue;
      case 2:
        keys += 1;
        items.hasKey(depth);
        break;
      case 3:
        depth += 1;
        deepest = Math.max(deepest, depth);
        items.opens(depth, at, { textFrom, keys });
        break;
      case 4:
        items.closes(depth, at + 1, keys);
        depth -= 1;
        break;
      case 5:
        // After a digit it is a number's, and as good as a long one; after none it is a letter of `true`.
        longest = Math.max(longest, digits + longDigits - 1);
        break;
      case 6:
        found.isWrittenOtherwise = true;
        break;
    }
    found.isWrittenOtherwise ||= isPadded(bytes, at - digits, at);
    digits = 0;
  }
  return { ...found, depth: deepest, keys, hasLongNumbers: longest >= longDigits, items: items.all };
}

/**
 * Whether the digits of a number, if there are any, may have zeros too many, a sign that is lost, or another form where
 * they are written.
 */
function isPadded(bytes: Uint8Array, from: number, to: number): boolean {
  if (from === to) return false;
  const isZeroFirst = bytes[from] === zero;
  if (isZeroFirst && (to - from > shortDigits || bytes[from - 1] === minus)) return true;
  return bytes[to - 1] === zero && bytes.subarray(from, to).includes(point);
}

const zero = 0x30;
const minus = 0x2d;
const point = 0x2e;
/** With a zero in front and so few of them a number is not written with an exponent. */
const shortDigits = 8;

interface Escapes {
  readonly has: boolean;
  /** Some may be: JSON.stringify writes few with a `u`, and a slash as it is. */
  readonly areNeedless: boolean;
}

/** The items that a scan has come by. */
class ItemScan {
  readonly all: ScannedItem[] = [];
  readonly #bytes: Uint8Array;
  readonly #depth: number;
  /** As it is written, with its quotes. */
  readonly #name: Uint8Array;
  #from = 0;
  #keys = 0;
  #member: ScannedMember | null = null;
  #isInMember = false;
  #memberFrom = 0;
  #keysBefore = 0;

  constructor(bytes: Uint8Array, { depth, member }: ItemsAskedFor) {
    this.#bytes = bytes;
    this.#depth = depth;
    this.#name = Uint8Array.from(`"${member}"`, (character) => character.charCodeAt(0));
  }

  hasKey(depth: number): void {
    if (depth === this.#depth) this.#keys += 1;
  }

  /** `textFrom`: where the last text before began, which is the name of what opens if it is in an object. */
  opens(depth: number, at: number, { textFrom, keys }: { readonly textFrom: number; readonly keys: number }): void {
    if (depth === this.#depth) {
      this.#from = at;
      this.#keys = 0;
      this.#member = null;
    } else if (depth === this.#depth + 1) {
      this.#isInMember = this.#isName(textFrom);
      this.#memberFrom = at;
      this.#keysBefore = keys;
    }
  }

  closes(depth: number, to: number, keys: number): void {
    if (depth === this.#depth) {
      this.all.push({ from: this.#from, to, keys: this.#keys, member: this.#member });
    } else if (depth === this.#depth + 1 && this.#isInMember) {
      this.#member = { from: this.#memberFrom, to, keys: keys - this.#keysBefore };
    }
  }

  #isName(from: number): boolean {
    return this.#name.every((byte, index) => this.#bytes[from + index] === byte);
  }
}

interface TextsFound {
  readonly hasEscapes: boolean;
  hasSurrogates: boolean;
}

/** Where the text that begins at `from` ends. */
function endOfText(bytes: Uint8Array, from: number, found: TextsFound): number {
  return found.hasEscapes ? endOfEscapedText(bytes, from, found) : endOfPlainText(bytes, from);
}

/** In bytes without a backslash. */
function endOfPlainText(bytes: Uint8Array, from: number): number {
  const { length } = bytes;
  let at = from + 1;
  while (at < length && bytes[at] !== quote) at += 1;
  return at;
}

function endOfEscapedText(bytes: Uint8Array, from: number, found: TextsFound): number {
  let at = from + 1;
  for (; at < bytes.length && bytes[at] !== quote; at += 1) {
    if (bytes[at] !== backslash) continue;
    if (isSurrogate(bytes, at, highHalf)) {
      if (isSurrogate(bytes, at + 6, lowHalf)) at += 6;
      else found.hasSurrogates = true;
    } else if (isSurrogate(bytes, at, lowHalf)) {
      found.hasSurrogates = true;
    }
    at += 1;
  }
  return at;
}

const highHalf = /^[89ab]$/i;
const lowHalf = /^[c-f]$/i;

/** Whether an escape of such a half, `\\ud8…` to `\\udf…`, stands here. */
function isSurrogate(bytes: Uint8Array, at: number, half: RegExp): boolean {
  if (bytes[at] !== backslash || bytes[at + 1] !== 0x75 || ((bytes[at + 2] ?? 0) | 0x20) !== 0x64) return false;
  return half.test(String.fromCharCode(bytes[at + 3] ?? 0));
}

/** Makes every text well formed, in place, without recursion. */
function repairTexts(value: JsonValue): JsonValue {
  const box = { value };
  const containers: object[] = [box];
  for (let container = containers.pop(); container !== undefined; container = containers.pop()) {
    for (const [key, member] of Object.entries(container)) {
      if (typeof member === "object" && member !== null) containers.push(member);
      repairMember(container, key, member);
    }
  }
  return box.value;
}

function repairMember(container: object, key: string, member: unknown): void {
  const keyIsFine = isWellFormed(key);
  if (keyIsFine && (typeof member !== "string" || isWellFormed(member))) return;
  if (!keyIsFine) Reflect.deleteProperty(container, key);
  const value = typeof member === "string" ? toWellFormed(member) : member;
  Object.defineProperty(container, toWellFormed(key), { value, writable: true, enumerable: true, configurable: true });
}

export interface JsonMeasure {
  readonly depth: number;
  readonly keys: number;
}

/** How deep a value is nested and how many keys it has, without recursion. */
export function measureJson(value: JsonValue): JsonMeasure {
  let depth = 0;
  let keys = 0;
  let level: JsonValue[] = [value];
  while (level.length > 0) {
    const below: JsonValue[] = [];
    let containers = 0;
    for (const item of level) {
      if (typeof item !== "object" || item === null) continue;
      containers += 1;
      const members: readonly JsonValue[] = Array.isArray(item) ? item : Object.values(item);
      if (!Array.isArray(item)) keys += members.length;
      for (const member of members) below.push(member);
    }
    if (containers > 0) depth += 1;
    level = below;
  }
  return { depth, keys };
}
