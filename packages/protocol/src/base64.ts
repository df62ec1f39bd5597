/** Base64 (RFC 4648) of the UTF-8 bytes of a text, in the alphabet with `+` and `/`, padded. */

const encoder = new TextEncoder();
/** One text's bytes after another's: most texts need no memory of their own. */
const scratch = new Uint8Array(24_576);
/** A UTF-16 unit takes at most three bytes. */
const maxPiece = scratch.length / 3;

export function toBase64(text: string): string {
  if (text.length > maxPiece) {
    const bytes = encoder.encode(text);
    return btoa(bytes.length === text.length ? text : charactersOf(bytes));
  }
  const { written } = encoder.encodeInto(text, scratch);
  return btoa(written === text.length ? text : charactersOf(scratch.subarray(0, written)));
}

/** More arguments than that may be too many for a call. */
const maxArguments = 8_192;

/** A character for each byte. */
function charactersOf(bytes: Uint8Array): string {
  let characters = "";
  for (let from = 0; from < bytes.length; from += maxArguments) {
    // Not spread, which would ask an iterator for each of them.
    characters += String(Reflect.apply(String.fromCharCode, null, bytes.subarray(from, from + maxArguments)));
  }
  return characters;
}

/** In UTF-8 the characters of ASCII alone take one byte. Asked so, it costs a third of what a pattern does. */
function isAscii(text: string): boolean {
  for (let from = 0; from < text.length; from += maxPiece) {
    const piece = text.length <= maxPiece ? text : text.slice(from, from + maxPiece);
    if (encoder.encodeInto(piece, scratch).written !== piece.length) return false;
  }
  return true;
}

const alphabet = /^[A-Za-z0-9+/]*={0,2}$/;

/** The text that was encoded, or null for what is not base64 with its padding. */
export function fromBase64(encoded: string): string | null {
  if (encoded.length % 4 !== 0 || !alphabet.test(encoded)) return null;
  return textOfBytes(atob(encoded));
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text whose UTF-8 these characters are, a byte each. Bytes that are no UTF-8 become U+FFFD. */
export function textOfBytes(characters: string): string {
  if (isAscii(characters)) return characters;
  const isShort = characters.length <= scratch.length;
  const bytes = isShort ? scratch.subarray(0, characters.length) : new Uint8Array(characters.length);
  for (let at = 0; at < characters.length; at += 1) bytes[at] = characters.charCodeAt(at);
  return decoder.decode(bytes);
}
