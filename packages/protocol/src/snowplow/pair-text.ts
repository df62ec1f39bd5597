/** A caller's value as the text of a pair. */
import { isTimeMs, parseIsoTime } from "../iso-time.js";
import { isDate } from "../object-tag.js";
import { isDecimalKey } from "./payload-keys.js";

const timeKeys: ReadonlySet<string> = new Set(["dtm", "ttm"]);
const sizeKeys: ReadonlySet<string> = new Set(["res", "vp", "ds"]);
const flagKey = /^(?:cookie|f_)/;

/** Null for what has no text under this key. Whether the text has the key's form is not asked here. */
export function pairText(key: string, value: unknown): string | null {
  if (typeof value === "string" && !timeKeys.has(key)) return key === "eid" ? value.toLowerCase() : value;
  if (timeKeys.has(key)) return timeText(value);
  if (sizeKeys.has(key)) return sizeText(value);
  if (typeof value === "boolean") return flagKey.test(key) ? String(Number(value)) : String(value);
  if (typeof value === "number") return isCertain(key, value) ? String(value) : null;
  return typeof value === "bigint" ? String(value) : null;
}

/** A whole number above 2^53 has been rounded before it came here; as a decimal it still is what it seems to be. */
function isCertain(key: string, value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && (!Number.isInteger(value) || isDecimalKey(key)));
}

function sizeText(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return null;
  return `${String(Reflect.get(value, "width"))}x${String(Reflect.get(value, "height"))}`;
}

function timeText(value: unknown): string | null {
  const ms = isDate(value) ? value.getTime() : typeof value === "string" ? parseTime(value) : value;
  return typeof ms === "number" && isTimeMs(ms) ? String(Math.trunc(ms)) : null;
}

function parseTime(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : parseIsoTime(text);
}
