/** Base64 of the UTF-8 bytes of a text. */
export function toBase64(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

const alphabet = /^[A-Za-z0-9+/]*={0,2}$/;

/** The text that was encoded, or null for what is not base64 with its padding. */
export function fromBase64(encoded: string): string | null {
  if (encoded.length % 4 !== 0 || !alphabet.test(encoded)) return null;
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
