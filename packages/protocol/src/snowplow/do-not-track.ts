/** The cookie by which a browser's user says that nothing of theirs is to be kept. */
import type { RequestHead } from "../http.js";
import { checkCookieName, readCookie } from "./cookie.js";

export interface DoNotTrackOptions {
  /** The cookie's name. */
  readonly name: string;
  /** Values that say so. `*` stands for any characters, or none: `["*"]` is whatever the cookie holds. */
  readonly values: readonly string[];
}

/** Throws a TypeError for a name that no cookie has, and where no value would ever say so. */
export function checkDoNotTrack({ name, values }: DoNotTrackOptions): void {
  checkCookieName("doNotTrackCookie.name", name);
  if (values.length === 0) throw new TypeError('`doNotTrackCookie.values` must hold at least one value, such as "*".');
}

export function saysDoNotTrack(head: RequestHead, { name, values }: DoNotTrackOptions): boolean {
  const value = readCookie(head, name);
  return value !== null && values.some((pattern) => matches(pattern, value));
}

/** Each part is looked for once, behind the one before: the time it takes grows with the text and with nothing else. */
function matches(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
