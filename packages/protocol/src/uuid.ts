/** UUIDs that are derived, never drawn: the same name gives the same id, at every reading. */
import { md5 } from "./md5.js";

/** The UUID of a name within a namespace, itself a UUID: RFC 9562, version 3. Any other namespace counts as text. */
export function uuidOf(namespace: string, name: string): string {
  const bytes = new TextEncoder().encode(name);
  const space = bytesOf(namespace);
  const joined = new Uint8Array(space.length + bytes.length);
  joined.set(space);
  joined.set(bytes, space.length);
  return formatUuid(md5(joined), 3);
}

/** Sixteen bytes as a UUID, with the version and the variant set in them. */
export function formatUuid(bytes: Uint8Array, version: number): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = (((bytes[8] ?? 0) & 0x3f) | 0x80).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), version + hex.slice(13, 16), variant + hex.slice(18, 20)];
  return `${parts.join("-")}-${hex.slice(20)}`;
}

function bytesOf(namespace: string): Uint8Array {
  const hex = namespace.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/i.test(hex)) return new TextEncoder().encode(namespace);
  return Uint8Array.from({ length: 16 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16));
}
