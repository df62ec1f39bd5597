/** Reading from objects of others, which may be anything: a getter that throws, or a value of another type, is absent. */

export function fieldOf(from: unknown, name: string): unknown {
  try {
    return (typeof from === "object" && from !== null) || typeof from === "function"
      ? Reflect.get(from, name)
      : undefined;
  } catch {
    return undefined;
  }
}

/** A text that is neither blank nor longer than `maxLength`, which nothing of its kind is. */
export function textOf(from: unknown, name: string, maxLength: number): string | undefined {
  const value = fieldOf(from, name);
  if (typeof value !== "string" || value.length > maxLength) return undefined;
  return value.trim() === "" ? undefined : value;
}

/** The texts of a list; none where it is no list. */
export function textsOf(from: unknown, name: string): readonly string[] {
  try {
    const list = fieldOf(from, name);
    return Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
  } catch {
    return [];
  }
}

/** An object that has fields of its own: no list. */
export function objectOf(from: unknown, name: string): object | undefined {
  try {
    const value = fieldOf(from, name);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The fields of an object as they are now; none of them where one cannot be read. */
export function copyOf(from: object | undefined): object | undefined {
  try {
    return from === undefined ? undefined : { ...from };
  } catch {
    return undefined;
  }
}

/** What a header of that name holds, in a `Headers` object or in one with a field for each; `name` in lower case. */
export function headerOf(headers: unknown, name: string): string | undefined {
  const value = callGet(headers, name) ?? fieldOf(headers, name) ?? fieldInAnyCase(headers, name);
  const text = typeof value === "object" ? fieldOf(value, "0") : value;
  return typeof text === "string" && text.trim() !== "" && text.length <= maxHeaderLength ? text : undefined;
}

const maxHeaderLength = 8192;

function callGet(headers: unknown, name: string): unknown {
  const get = fieldOf(headers, "get");
  if (typeof get !== "function") return undefined;
  try {
    return Reflect.apply(get, headers, [name]) ?? undefined;
  } catch {
    return undefined;
  }
}

function fieldInAnyCase(headers: unknown, name: string): unknown {
  if (typeof headers !== "object" || headers === null) return undefined;
  try {
    const found = Object.keys(headers).find((key) => key.toLowerCase() === name);
    return found === undefined ? undefined : fieldOf(headers, found);
  } catch {
    return undefined;
  }
}
