/**
 * The instant of a time in the one form that milliseconds turn back into, `YYYY-MM-DDTHH:MM:SS.mmmZ` from the year 100
 * on: for such a time, and for no other text, `new Date(instant).toISOString()` is the text again. Read by hand, as
 * each event has four of them and `Date` takes a microsecond for the way there and back.
 */
export function canonicalInstantMs(text: string): number | undefined {
  if (text.length !== 24) return undefined;
  const slot = (text.charCodeAt(21) * 10 + text.charCodeAt(22)) % slots;
  if (knownTexts[slot] === text) return knownMs[slot];
  const ms = hasMarks(text) ? midnightMs(text) + timeOfDayMs(text) : Number.NaN;
  if (Number.isNaN(ms)) return undefined;
  knownTexts[slot] = text;
  knownMs[slot] = ms;
  return ms;
}

/** Those of late, by their last digits: the events of a request have times in common, and each is asked for twice. */
const slots = 64;
const knownTexts: string[] = Array.from({ length: slots }, () => "");
const knownMs = new Float64Array(slots);

/** The instant that any text names which `Date` understands; null where it names none. */
export function instantMs(text: string): number | null {
  const canonical = canonicalInstantMs(text);
  if (canonical !== undefined) return canonical;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

function hasMarks(text: string): boolean {
  const isTimed = text[10] === "T" && text[13] === ":" && text[16] === ":" && text[19] === "." && text[23] === "Z";
  return isTimed && text[4] === "-" && text[7] === "-";
}

let cachedDate = "";
let cachedMidnightMs = Number.NaN;

/** Of the date in front; NaN where it is none. Most times are of the day of the time before. */
function midnightMs(text: string): number {
  if (cachedDate !== "" && text.startsWith(cachedDate)) return cachedMidnightMs;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  if (!(year >= 100) || !(month >= 1 && month <= 12) || !(day >= 1 && day <= daysIn(year, month))) return Number.NaN;
  cachedDate = text.slice(0, 10);
  cachedMidnightMs = Date.UTC(year, month - 1, day);
  return cachedMidnightMs;
}

/** NaN where it is none. */
function timeOfDayMs(text: string): number {
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  const isTime = hour <= 23 && minute <= 59 && second <= 59;
  return isTime ? ((hour * 60 + minute) * 60 + second) * 1000 + digits(text, 20, 3) : Number.NaN;
}

/** NaN where a character is no digit. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index += 1) {
    const digit = text.charCodeAt(index) - zero;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

const zero = 0x30;
const daysOfMonths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (daysOfMonths[month - 1] ?? 0);
}
