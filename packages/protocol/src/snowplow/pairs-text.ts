/** Pairs as the text of an event: one JSON object for POST, one query for GET. Both end in what every event ends in. */
import { holdsLoneSurrogate } from "../json.js";
import { toWellFormed } from "../well-formed.js";

export type Pairs = ReadonlyMap<string, string>;

/** What an event says, and what of it is base64 already: that needs no escapes in any text. */
export interface TextParts {
  readonly pairs: Pairs;
  readonly digits: Pairs;
  /** What every event of the tracker ends in, in the form of the text. */
  readonly ending: string;
}

export function jsonOf({ pairs, digits, ending }: TextParts): string {
  const members = membersOf(pairs);
  const readable = holdsLoneSurrogate(members) ? membersOf(wellFormed(pairs)) : members;
  let plain = "";
  for (const [key, value] of digits) plain += `"${key}":"${value}",`;
  return `{${readable}${plain}${ending}}`;
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

export function queryOf({ pairs, digits, ending }: TextParts): string {
  let plain = "";
  for (const [key, value] of digits) plain += `${key}=${value}&`;
  return `${parametersOf(pairs)}${plain}${ending}`;
}

/** Every pair with an ampersand behind it. */
export function parametersOf(pairs: Pairs): string {
  let query = "";
  for (const [key, value] of pairs) query += `${key}=${encodeURIComponent(toWellFormed(value))}&`;
  return query;
}
