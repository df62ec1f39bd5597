/** Times on the wire: ISO 8601, UTC, milliseconds. */

/** Years before 0 and after 9999 need a longer form, which others do not read. */
const earliestMs = -62_167_219_200_000;
const latestMs = 253_402_300_799_999;

/** Whether `isoTime` can write it. */
export function isTimeMs(ms: number): boolean {
  return ms >= earliestMs && ms <= latestMs;
}

const dayMs = 86_400_000;
const twoDigits: readonly string[] = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));

let cachedDay = Number.NaN;
let cachedDate = "";
let cachedMs = Number.NaN;
let cachedText = "";

/**
 * `2026-11-20T14:28:12.741Z`. The time must pass `isTimeMs`. Many calls ask for the millisecond of the call before, and
 * most for its day.
 */
export function isoTime(ms: number): string {
  if (ms === cachedMs) return cachedText;
  cachedText = written(ms);
  cachedMs = ms;
  return cachedText;
}

function written(ms: number): string {
  const day = Math.floor(ms / dayMs);
  if (day !== cachedDay) {
    cachedDate = new Date(day * dayMs).toISOString().slice(0, 11);
    cachedDay = day;
  }
  const inDay = Math.trunc(ms - day * dayMs);
  const seconds = Math.trunc(inDay / 1000);
  const minutes = Math.trunc(seconds / 60);
  const milli = inDay - seconds * 1000;
  const clock = `${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}`;
  return `${cachedDate}${clock}.${milli < 10 ? "00" : milli < 100 ? "0" : ""}${milli}Z`;
}

function two(number: number): string {
  return twoDigits[number] ?? "";
}

/**
 * Whether a text that `parseIsoTime` reads is what `isoTime` would write, so that it can stand for its time as it is.
 * Not every month has a day after the 28th, and the hour 24 is the next day's first: those are always written anew.
 */
export function isCanonicalTime(text: string): boolean {
  return hasCanonicalForm(text) && pairAt(text, 8) <= 28 && pairAt(text, 11) < 24;
}

function hasCanonicalForm(text: string): boolean {
  return text.length === 24 && text.endsWith("Z") && text[10] === "T";
}

const iso = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?)?$/;

/** Milliseconds since the epoch of an ISO 8601 time, read as UTC where it names no zone; null for anything else. */
export function parseIsoTime(text: string): number | null {
  if (hasCanonicalForm(text)) {
    const ms = parseDate(text.slice(0, 10)) + parseClock(text);
    if (isTimeMs(ms)) return ms;
  }
  const match = iso.exec(text);
  if (match === null) return null;
  const zone = match[1] ?? "";
  const ms = Date.parse(text.length > 10 && zone === "" ? `${text}Z` : text);
  return isTimeMs(ms) ? ms : null;
}

let parsedDate = "";
let parsedDateMs = Number.NaN;

/** Midnight of `2026-11-20`, or NaN. */
function parseDate(date: string): number {
  if (date !== parsedDate) {
    parsedDate = date;
    parsedDateMs = iso.test(date) ? Date.parse(date) : Number.NaN;
  }
  return parsedDateMs;
}

/** Milliseconds of the `14:28:12.741` in a canonical time; NaN for what is none. */
function parseClock(text: string): number {
  const hours = pairAt(text, 11);
  const minutes = pairAt(text, 14);
  const seconds = pairAt(text, 17);
  const millis = pairAt(text, 20) * 10 + text.charCodeAt(22) - 0x30;
  const isClock =
    text[13] === ":" && text[16] === ":" && text[19] === "." && hours < 24 && minutes < 60 && seconds < 60;
  return isClock && millis >= 0 && text.charCodeAt(22) <= 0x39
    ? ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis
    : Number.NaN;
}

/** The number of two digits; NaN for anything else. */
function pairAt(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const ones = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
