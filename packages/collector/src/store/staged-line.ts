/// <reference lib="es2024.string" />

/**
 * The form of a row while it is staged: the columns' values, apart by a character that JSON writes as an escape and few
 * texts have, so that nearly nothing is to be quoted or read twice. The engine reads it as CSV (`stagedFormat`).
 */
import { canonicalInstantMs, instantMs } from "./iso-instant.js";

const separator = "\u001f";
const quote = "\u001e";
const nothing = "\u0002";

/** What the engine is to be told of it. */
export const stagedFormat: string = [
  `delim = '${separator}'`,
  `quote = '${quote}'`,
  `escape = '${quote}'`,
  `nullstr = '${nothing}'`,
  "allow_quoted_nulls = false",
  "header = false",
  "auto_detect = false",
  "new_line = '\\n'",
].join(", ");

/** A text with any of these is quoted. */
// eslint-disable-next-line no-control-regex -- they are what it is about
const special = /[\u0000-\u001f]/;

/** Of values in the order of the columns. */
export function lineOf(values: readonly (string | number)[]): string {
  return values.join(separator);
}

/** Writes the values of one row, and knows whether all of them can be had again. */
export class StagedRow {
  #isExact = true;

  /** The last column, after the values of all others: all that came, where they do not hold it. */
  exact(original: object): string {
    return this.#isExact ? nothing : JSON.stringify(original);
  }

  text(value: string | null): string {
    if (value === null) return nothing;
    // What it begins with is lost on the way back from the engine, and a lone surrogate on the way there.
    if (value.startsWith(byteOrderMark) || !value.isWellFormed()) this.#isExact = false;
    return special.test(value) ? quoted(value) : value;
  }

  /** As milliseconds since the epoch. */
  time(value: string | null): string | number {
    if (value === null) return nothing;
    const ms = canonicalInstantMs(value);
    if (ms !== undefined) return ms;
    this.#isExact = false;
    return instantMs(value) ?? nothing;
  }

  /**
   * JSON.stringify writes a lone surrogate as an escape, which the engine's JSON functions refuse: the column has U+FFFD.
   * `text` is JSON of the value that has none, where it is at hand. Throws where a value cannot be written as JSON.
   */
  json(value: unknown, text: string | null = null): string {
    if (text !== null) return hasLineBreaks(text) ? quoted(text) : text;
    const json = JSON.stringify(value);
    if (!json.includes("\\ud")) return json;
    const wellFormed = replaceLoneSurrogates(json);
    if (wellFormed !== json) this.#isExact = false;
    return wellFormed;
  }
}

const byteOrderMark = "\ufeff";

function quoted(text: string): string {
  return quote + text.replaceAll(quote, quote + quote) + quote;
}

/** Of JSON, in which a tab is the only other control character; it means nothing to the engine. */
function hasLineBreaks(json: string): boolean {
  return json.includes("\n") || json.includes("\r");
}

/** Works on JSON text: an escaped backslash is taken whole, so that what follows it is not read as an escape. */
function replaceLoneSurrogates(json: string): string {
  return json.replace(/\\(?:u(d[89a-f][0-9a-f]{2})|.)/g, (escape, surrogate: string | undefined) =>
    surrogate === undefined ? escape : "\\ufffd",
  );
}
