/** Pairs as the text of an event: one JSON object for POST, one query for GET. Both end in what every event ends in. */
import { holdsLoneSurrogate } from "../json.js";
import { toWellFormed } from "../well-formed.js";

export type Pairs = ReadonlyMap<string, string>;

/** `ending` is members of the object, as JSON. */
export function jsonOf(pairs: Pairs, ending: string): string {
  const json = `{${membersOf(pairs)}${ending}}`;
  return holdsLoneSurrogate(json) ? `{${membersOf(wellFormed(pairs))}${ending}}` : json;
}

/** Every pair as a member with a comma behind it. */
export function membersOf(pairs: Pairs): string {
  let members = "";
  for (const [key, value] of pairs) members += `"${key}":${quoted(value)},`;
  return members;
}

/** Printable ASCII without the quote and the backslash: in JSON as it is. */
const plainText = /^[ !#-[\]-~]*$/;
const maxPlainText = 256;

/** Most texts need no escapes, and a test for that costs less than JSON.stringify. */
function quoted(text: string): string {
  return text.length <= maxPlainText && plainText.test(text) ? `"${text}"` : JSON.stringify(text);
}

function wellFormed(pairs: Pairs): Pairs {
  return new Map([...pairs].map(([key, value]) => [key, toWellFormed(value)]));
}

/** Every pair with an ampersand behind it. */
export function queryOf(pairs: Pairs): string {
  let query = "";
  for (const [key, value] of pairs) query += `${key}=${encodeURIComponent(toWellFormed(value))}&`;
  return query;
}
