/**
 * Sets a field of an object that is being made; one that is undefined is none. A copy field by field is several times
 * faster than a spread on Node 20; `__proto__` is a field like any other.
 */
export function setField<T>(object: Record<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) return;
  if (name !== "__proto__") object[name] = value;
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}
