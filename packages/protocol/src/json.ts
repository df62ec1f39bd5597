/**
 * Writes any value as JSON text, now, as it is at this moment.
 *
 * It never throws, whatever the value is or does: cycles, BigInt, revoked proxies, getters that throw, nesting without
 * end. What JSON cannot carry is replaced where it stands (docs/values.md is the table) and its neighbours are kept.
 * It never does more work than `maxBytes` of text is worth: a value that cannot fit is given up early. What is beyond it
 * is V8's: it lists the keys of an object all at once, however few are wanted, so that is done twice here and no more.
 *
 * Two ways lead to the same text. A guard first walks the value; where it finds nothing but plain data, the engine's own
 * JSON.stringify writes it. Everything else is written by hand, in `SafeWriter`.
 */
import { isPlain } from "./object-tag.js";
import type { Problem } from "./problem.js";
import { SafeWriter } from "./safe-writer.js";

export interface JsonLimits {
  /** Text of more UTF-8 bytes than this may be given up. */
  readonly maxBytes: number;
  /** Objects and lists within one another; what lies deeper is replaced. */
  readonly maxDepth: number;
}

export type JsonText =
  /** `replaced` names what JSON could not carry. An empty text is a value that JSON leaves out, such as undefined. */
  | { readonly kind: "written"; readonly text: string; readonly replaced: readonly Problem[] }
  /** `culprit` is the one value that cannot fit by itself; null where it took several. */
  | { readonly kind: "too-large"; readonly atLeastBytes: number; readonly culprit: ValueSize | null };

export interface ValueSize {
  /** `properties.html`, say. */
  readonly path: string;
  /** At least this many. */
  readonly bytes: number;
}

const nothingReplaced: readonly Problem[] = [];

/**
 * `at` is the value's name in the paths of what was replaced. The text may hold up to three times `maxBytes` in UTF-8
 * where it is not ASCII: count the bytes once it is encoded.
 */
export function writeJson(value: unknown, limits: JsonLimits, at = ""): JsonText {
  const text = writePlain(value, limits);
  if (text === null || holdsLoneSurrogate(text)) return writeCarefully(value, limits, at);
  return { kind: "written", text, replaced: nothingReplaced };
}

/** As `writeJson`, without the short cut. */
export function writeCarefully(value: unknown, limits: JsonLimits, at: string): JsonText {
  return new SafeWriter(limits, at).write(value);
}

/**
 * The text, if the value is plain data throughout; null if it has to be written with care. Half a surrogate pair comes
 * out as an escape: whoever joins texts asks `holdsLoneSurrogate` once, of the whole.
 */
export function writePlain(value: unknown, limits: JsonLimits): string | null {
  try {
    if (guard(value, limits.maxDepth, limits.maxBytes) < 0) return null;
    const text: unknown = JSON.stringify(value);
    return typeof text === "string" ? text : null;
  } catch {
    return null;
  }
}

/** Whether JSON.stringify had to escape half a surrogate pair, which other languages refuse to read; or it looks so. */
export function holdsLoneSurrogate(json: string): boolean {
  return json.includes("\\ud");
}

const unusual = -1;

/**
 * What is left of `left` characters after this value, a lower bound; negative when it is not plain data, is nested more
 * than `depth` deep, or cannot fit. That it counts is also what ends a walk around a cycle.
 */
function guard(value: unknown, depth: number, left: number): number {
  switch (typeof value) {
    case "string":
      return left - value.length;
    case "number":
      return Number.isFinite(value) ? left : unusual;
    case "object":
      if (value === null) return left;
      return Array.isArray(value) ? guardList(value, depth - 1, left) : guardObject(value, depth - 1, left);
    case "bigint":
    case "function":
    case "symbol":
      return unusual;
    case "boolean":
    case "undefined":
      return left;
  }
}

function guardObject(object: object, depth: number, left: number): number {
  if (depth < 0) return unusual;
  if (!isPlain(object)) return object instanceof Date && Number.isFinite(object.getTime()) ? left - 26 : unusual;
  let rest = left;
  for (const key in object) {
    const value = object[key];
    // Most values are texts: they are counted here, without a call.
    rest = typeof value === "string" ? rest - value.length - 4 : guard(value, depth, rest - 4);
    if (rest < 0) return unusual;
  }
  return rest;
}

function guardList(list: readonly unknown[], depth: number, left: number): number {
  if (depth < 0) return unusual;
  let rest = left;
  for (let at = 0; at < list.length && rest >= 0; at += 1) rest = guard(list[at], depth, rest - 1);
  return rest;
}
