import { toWellFormed } from "./well-formed.js";

/** Printable ASCII without the quote and the backslash: in JSON as it is. */
const plain = /^[ !#-[\]-~]*$/;
const maxPlain = 256;

/** Whether the text can stand between quotes in JSON. Most can, and this costs less than JSON.stringify. */
export function isPlainText(text: string): boolean {
  return text.length <= maxPlain && plain.test(text);
}

/** A text as JSON, with U+FFFD for each half of a surrogate pair. */
export function quoted(text: string): string {
  return isPlainText(text) ? `"${text}"` : JSON.stringify(toWellFormed(text));
}
