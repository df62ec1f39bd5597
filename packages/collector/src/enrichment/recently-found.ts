/** Remembers what was found for the newest keys: a text that comes again, as user agents and addresses do, is read once. */
export function recentlyFound<T>(maxKeys: number, find: (key: string) => T): (key: string) => T {
  const found = new Map<string, T>();
  return (key) => {
    const known = found.get(key);
    if (known !== undefined) return known;
    const value = find(key);
    if (found.size >= maxKeys) found.delete(found.keys().next().value ?? key);
    found.set(key, value);
    return value;
  };
}
