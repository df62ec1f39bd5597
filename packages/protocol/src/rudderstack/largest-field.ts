/** Which field of an event that is too large is to blame: for the message that rejects it, off the hot path. */
import { writeCarefully } from "../json.js";
import type { JsonLimits, ValueSize } from "../json.js";

/** Measuring stops after this many times the limit, so that a million fields cost no more than ten. */
const effort = 8;

/** `event`, or `properties.html` where one field of an object takes the most. */
export function largestField(message: object, limits: JsonLimits): ValueSize {
  const root = largestMember(message, limits);
  const value: unknown = Reflect.get(message, root.path);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return root;
  const inner = largestMember(value, limits);
  return inner.bytes * 2 < root.bytes ? root : { path: `${root.path}.${inner.path}`, bytes: inner.bytes };
}

function largestMember(object: object, limits: JsonLimits): ValueSize {
  let largest: ValueSize = { path: "", bytes: 0 };
  let left = limits.maxBytes * effort;
  for (const [key, value] of membersOf(object)) {
    const bytes = sizeOf(value, limits);
    if (bytes > largest.bytes) largest = { path: key, bytes };
    left -= bytes;
    if (left < 0) break;
  }
  return largest;
}

function sizeOf(value: unknown, limits: JsonLimits): number {
  const written = writeCarefully(value, limits, "");
  return written.kind === "written" ? written.text.length : written.atLeastBytes;
}

function* membersOf(object: object): Iterable<readonly [string, unknown]> {
  for (const key of readableKeys(object)) {
    try {
      yield [key, Reflect.get(object, key)];
    } catch {
      // A field that throws is replaced by a few bytes: never the largest.
    }
  }
}

function readableKeys(object: object): readonly string[] {
  try {
    return Object.keys(object);
  } catch {
    return [];
  }
}
