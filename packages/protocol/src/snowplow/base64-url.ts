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

const alphabet = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** The text that was encoded, or null for what is not base64. Bytes that are no UTF-8 become U+FFFD. */
export function fromBase64Url(encoded: string): string | null {
  if (!alphabet.test(encoded)) return null;
  const digits = encoded.replaceAll("=", "").replaceAll("-", "+").replaceAll("_", "/");
  if (digits.length % 4 === 1) return null;
  const binary = atob(digits);
  if (ascii.test(binary)) return binary;
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
