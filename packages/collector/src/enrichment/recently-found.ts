/**
 * Remembers what was found for the newest keys: a text that comes again, as user agents and addresses do, is read once.
 * A longer key is not remembered, and none keeps the text alive that it was cut from, so that memory stays bounded
 * whatever is sent.
 */
export function recentlyFound<T>(maxKeys: number, find: (key: string) => T): (key: string) => T {
  const found = new Map<string, T>();
  return (key) => {
    const known = found.get(key);
    if (known !== undefined) return known;
    if (key.length > maxKeyLength) return find(key);
    const own = copyOf(key);
    const value = find(own);
    if (found.size >= maxKeys) found.delete(found.keys().next().value ?? own);
    found.set(own, value);
    return value;
  };
}

const maxKeyLength = 1_024;

/** A text of its own: what is cut from another shares its memory. */
function copyOf(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
