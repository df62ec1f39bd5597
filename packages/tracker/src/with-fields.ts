/**
 * A copy of what a caller passed, with further fields, which win: the same as `{ ...object, ...more }`, which costs several
 * times as much on Node 20, at every call. Throws what a getter throws.
 */
export function withFields(object: object, more: object): object {
  const copy = {};
  copyFields(object, copy);
  copyFields(more, copy);
  return copy;
}

function copyFields(from: object, to: Record<string, unknown>): void {
  for (const name of Object.keys(from)) {
    const value: unknown = Reflect.get(from, name);
    if (name !== "__proto__") to[name] = value;
    else Object.defineProperty(to, name, { value, writable: true, enumerable: true, configurable: true });
  }
}
