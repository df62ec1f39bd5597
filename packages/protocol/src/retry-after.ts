/**
 * The Retry-After header (RFC 9110, 10.2.3) as a wait. Digits come first: Date.parse reads "120" as a year and parseInt
 * reads "21 Oct" as 21. A date is compared with the answer's own Date, so that this machine's clock does not matter.
 */
import type { WireHeaders } from "./http.js";

/** A destination may ask for a longer wait; it is asked again after this one. */
const maxWaitMs = 3_600_000;

/** Milliseconds to wait, from 0 to an hour; null where there is no header, or one that says nothing. */
export function retryAfterMs(headers: WireHeaders, nowMs: number): number | null {
  const header = headers["retry-after"]?.trim();
  if (header === undefined) return null;
  if (/^\d+$/.test(header)) return Math.min(Number(header) * 1000, maxWaitMs);
  const at = parseHttpDate(header);
  if (at === null) return null;
  const now = parseHttpDate(headers["date"]?.trim() ?? "") ?? nowMs;
  return Math.min(Math.max(at - now, 0), maxWaitMs);
}

const imfFixdate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;

function parseHttpDate(text: string): number | null {
  if (!imfFixdate.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
