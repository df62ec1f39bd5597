/**
 * The JSON of events as it came, so that what is kept of them need not be written again. An item is given as it came,
 * space and repeated keys and all; its member only as JSON.stringify would write it, but for the order of keys.
 */
import type { JsonObject, JsonValue } from "./event.js";
import type { JsonScan, Parsed, ScannedItem } from "./parse-json.js";

export interface ItemText {
  readonly item: string;
  /** Of the member asked for; null where it is no object, or has to be written again. */
  readonly member: string | null;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export interface ScannedValues {
  readonly items: readonly JsonObject[];
  /** What the scan looked for in them. */
  readonly member: string;
}

/**
 * Of the items that a scan found. Null where JSON of their values says something else, or where there are more objects or
 * lists on their level.
 */
export function itemTexts(
  bytes: Uint8Array,
  { text, scan }: Parsed,
  { items, member }: ScannedValues,
): readonly ItemText[] | null {
  if (scan.items.length !== items.length || !isAsItCame(scan)) return null;
  // Where every byte is a character, places are the same in both.
  const textOf =
    text.length === bytes.length
      ? ({ from, to }: Place): string => text.slice(from, to)
      : ({ from, to }: Place): string => decoder.decode(bytes.subarray(from, to));
  return scan.items.map((scanned, index) => {
    const place = scan.isWrittenOtherwise ? null : memberPlace(scanned, items[index] ?? {}, member);
    return { item: textOf(scanned), member: place === null ? null : textOf(place) };
  });
}

type Place = Pick<ScannedItem, "from" | "to">;

/** Whether the value is what the text says, and nothing of it had to be replaced. */
function isAsItCame({ hasLongNumbers, hasSurrogates }: JsonScan): boolean {
  return !hasLongNumbers && !hasSurrogates;
}

/** As many keys in the text as in the value: none of them is there twice. */
function memberPlace(scanned: ScannedItem, item: JsonObject, name: string): Place | null {
  const value = item[name];
  if (scanned.member === null || value === undefined || Object.keys(item).length !== scanned.keys) return null;
  return countKeys(value) === scanned.member.keys ? scanned.member : null;
}

/** Of all objects in the value, which is not nested deeper than a stack is. */
function countKeys(value: JsonValue): number {
  if (typeof value !== "object" || value === null) return 0;
  let keys = 0;
  if (Array.isArray(value)) {
    for (const one of value) keys += countKeys(one);
    return keys;
  }
  const object = value as JsonObject;
  for (const key in object) keys += 1 + countKeys(object[key] ?? null);
  return keys;
}
