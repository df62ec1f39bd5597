/**
 * Writes any value as JSON text, now, as it is at this moment.
 *
 * It never throws, whatever the value is or does: cycles, BigInt, revoked proxies, getters that throw, nesting without
 * end. What JSON cannot carry is replaced where it stands (docs/values.md is the table) and its neighbours are kept.
 * It never does more work than `maxBytes` of text is worth: a value that cannot fit is given up early.
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
  | { readonly kind: "too-large"; readonly atLeastBytes: number };

const nothingReplaced: readonly Problem[] = [];

/**
 * `at` is the value's name in the paths of what was replaced. The text may hold up to three times `maxBytes` in UTF-8
 * where it is not ASCII: count the bytes once it is encoded.
 */
export function writeJson(value: unknown, limits: JsonLimits, at = ""): JsonText {
  const text = writePlain(value, limits);
  if (text !== null) return { kind: "written", text, replaced: nothingReplaced };
  return new SafeWriter(limits, at).write(value);
}

/** The text, if the value is plain data throughout; null if it has to be written with care. */
export function writePlain(value: unknown, limits: JsonLimits): string | null {
  try {
    if (typeof value === "object" && value !== null) {
      if (guard(value, limits.maxDepth, limits.maxBytes) < 0) return null;
    } else if (guardPrimitive(value, limits.maxBytes) < 0) return null;
    const text: unknown = JSON.stringify(value);
    // A lone surrogate is written as an escape that other languages refuse to read.
    return typeof text === "string" && !text.includes("\\ud") ? text : null;
  } catch {
    return null;
  }
}

const unusual = -1;

/**
 * What is left of `left` characters after this object, a lower bound; negative when it is not plain data, is nested more
 * than `depth` deep, or cannot fit. That it counts is also what ends a walk around a cycle.
 */
function guard(value: object, depth: number, left: number): number {
  if (depth === 0) return unusual;
  let rest = left - 2;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length && rest >= 0; at += 1) rest = guardMember(value[at], depth - 1, rest);
    return rest;
  }
  if (!isPlain(value)) return value instanceof Date && Number.isFinite(value.getTime()) ? left - 26 : unusual;
  for (const key in value) {
    rest = guardMember(value[key], depth - 1, rest - key.length);
    if (rest < 0) return unusual;
  }
  return rest;
}

function guardMember(value: unknown, depth: number, left: number): number {
  return typeof value === "object" && value !== null ? guard(value, depth, left - 1) : guardPrimitive(value, left - 1);
}

function guardPrimitive(value: unknown, left: number): number {
  switch (typeof value) {
    case "string":
      return left - value.length;
    case "number":
      return Number.isFinite(value) ? left : unusual;
    case "bigint":
    case "function":
    case "symbol":
      return unusual;
    case "boolean":
    case "undefined":
    case "object":
      return left;
  }
}
