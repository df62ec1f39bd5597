/** Times on the wire: ISO 8601, UTC, milliseconds. */

/** Years before 0 and after 9999 need a longer form, which others do not read. */
const firstMs = -62_167_219_200_000;
const lastMs = 253_402_300_799_999;

/** Whether `isoTime` can write it. */
export function isTimeMs(ms: number): boolean {
  return ms >= firstMs && ms <= lastMs;
}

let cachedSecond = Number.NaN;
let cachedText = "";

/** `2026-11-20T14:28:12.741Z`. The time must pass `isTimeMs`. Most calls fall into the second of the call before. */
export function isoTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== cachedSecond) {
    cachedText = new Date(second * 1000).toISOString().slice(0, 20);
    cachedSecond = second;
  }
  const milli = Math.trunc(ms - second * 1000);
  return `${cachedText}${milli < 10 ? "00" : milli < 100 ? "0" : ""}${milli}Z`;
}

const iso = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?)?$/;

/** Milliseconds since the epoch of an ISO 8601 time, read as UTC where it names no zone; null for anything else. */
export function parseIsoTime(text: string): number | null {
  const match = iso.exec(text);
  if (match === null) return null;
  const zone = match[1] ?? "";
  const ms = Date.parse(text.length > 10 && zone === "" ? `${text}Z` : text);
  return isTimeMs(ms) ? ms : null;
}
