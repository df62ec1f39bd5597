/** Gives what of a value as JSON where JSON has no form for it, such as a class of one's own or a bigint. */
export type JsonEncoder = (value: unknown) => unknown;

/** Deeper than any event may be, and the end of what refers to itself. */
const maxDepth = 64;

/** The value, with what JSON has no form for replaced by what the encoder gives. The value given stays as it is. */
export function applyJsonEncoder(value: unknown, encode: JsonEncoder, depth: number = 0): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number")
    return value;
  if (depth > maxDepth || value === undefined) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => applyJsonEncoder(item, encode, depth + 1));
  if (typeof value !== "object") return applyJsonEncoder(encode(value), encode, depth + 1);
  if (isPlain(value)) {
    const fields = Object.entries(value).map(([name, field]) => [name, applyJsonEncoder(field, encode, depth + 1)]);
    return Object.fromEntries(fields);
  }
  // A Date and its like say themselves what they are.
  if (typeof Reflect.get(value, "toJSON") === "function") return value;
  return applyJsonEncoder(encode(value), encode, depth + 1);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
