/** What an object is, whichever realm it comes from, where `instanceof` would not know it. Throws for revoked proxies. */

export function objectTag(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

export function isDate(value: unknown): value is Date {
  return objectTag(value) === "Date";
}

export function isMap(value: unknown): value is Map<unknown, unknown> {
  return objectTag(value) === "Map";
}

export function isSet(value: unknown): value is Set<unknown> {
  return objectTag(value) === "Set";
}

export function isError(value: unknown): value is Error {
  return objectTag(value) === "Error";
}

export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return objectTag(value) === "ArrayBuffer" || objectTag(value) === "SharedArrayBuffer";
}

export function isTypedArray(value: unknown): value is Iterable<number | bigint> & { readonly length: number } {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** An object with fields, made by a literal or JSON.parse: its own fields are all there is to it. */
export function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
