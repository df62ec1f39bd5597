/**
 * Base64 in its URL-safe alphabet (RFC 4648, 5), without padding. Reading takes both alphabets, padded or not, because
 * trackers differ in it and pipelines take all of them.
 */
import { toBase64 } from "../base64.js";

// oxlint-disable-next-line no-control-regex -- ASCII is what is asked for.
const ascii = /^[\x00-\x7F]*$/;

export function toBase64Url(text: string): string {
  const encoded = ascii.test(text) ? btoa(text) : toBase64(text);
  const padding = encoded.indexOf("=");
  const digits = padding === -1 ? encoded : encoded.slice(0, padding);
  return digits.includes("+") || digits.includes("/") ? digits.replaceAll("+", "-").replaceAll("/", "_") : digits;
}

/** The text that was encoded, or null for what is not base64. Bytes that are no UTF-8 become U+FFFD. */
export function fromBase64Url(encoded: string): string | null {
  const binary = fromDigits(withoutPadding(encoded).replaceAll("-", "+").replaceAll("_", "/"));
  if (binary === null || isAscii(binary)) return binary;
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

function withoutPadding(encoded: string): string {
  if (!encoded.endsWith("=")) return encoded;
  return encoded.slice(0, encoded.endsWith("==") ? -2 : -1);
}

/** A character for each byte. Whitespace and padding, which atob passes over, are no digits: bytes of theirs are missing. */
function fromDigits(digits: string): string | null {
  if (digits.length % 4 === 1) return null;
  try {
    const binary = atob(digits);
    return binary.length === (digits.length * 3) >> 2 ? binary : null;
  } catch {
    return null;
  }
}

const encoder = new TextEncoder();
const scratch = new Uint8Array(8_192);
/** Each takes two bytes at most. */
const maxPiece = scratch.length / 2;

/** Asked of characters that are bytes: in UTF-8 those of ASCII alone stay one byte. It costs a third of a pattern. */
function isAscii(binary: string): boolean {
  for (let from = 0; from < binary.length; from += maxPiece) {
    const piece = binary.length <= maxPiece ? binary : binary.slice(from, from + maxPiece);
    if (encoder.encodeInto(piece, scratch).written !== piece.length) return false;
  }
  return true;
}
