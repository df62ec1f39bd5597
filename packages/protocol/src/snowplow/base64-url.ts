/**
 * Base64 in its URL-safe alphabet (RFC 4648, 5), without padding. Reading takes both alphabets, padded or not, because
 * trackers differ in it and pipelines take all of them.
 */
import { textOfBytes, toBase64 } from "../base64.js";

export function toBase64Url(text: string): string {
  const encoded = toBase64(text);
  const padding = encoded.indexOf("=");
  const digits = padding === -1 ? encoded : encoded.slice(0, padding);
  return digits.replaceAll("+", "-").replaceAll("/", "_");
}

/** The text that was encoded, or null for what is not base64. Bytes that are no UTF-8 become U+FFFD. */
export function fromBase64Url(encoded: string): string | null {
  const binary = fromDigits(withoutPadding(encoded).replaceAll("-", "+").replaceAll("_", "/"));
  return binary === null ? null : textOfBytes(binary);
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
