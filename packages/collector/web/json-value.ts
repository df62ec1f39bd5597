/** What `JSON.parse` gives. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Parsed JSON, or undefined where the text is none. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Strings as they are, everything else as JSON; empty for null and what is not there. */
export function jsonText(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Beyond it, indentation would be most of the text: 5,000 levels indent to 50 MB. */
const maxIndentedDepth = 64;

/** JSON for reading: indented, unless it is nested too deep for that to help. */
export function prettyJson(value: JsonValue): string {
  return isDeeperThan(maxIndentedDepth, value) ? JSON.stringify(value) : JSON.stringify(value, null, 2);
}

function isDeeperThan(limit: number, value: JsonValue): boolean {
  let level: JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
}
