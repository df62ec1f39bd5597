/** Pairs as the text of an event: one JSON object for POST, one query for GET. Both end in what every event ends in. */
import { quoted } from "../quoted.js";
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
  let plain = "";
  for (const [key, value] of digits) plain += `"${key}":"${value}",`;
  return `{${membersOf(pairs)}${plain}${ending}}`;
}

/** Every pair as a member with a comma behind it. */
export function membersOf(pairs: Pairs): string {
  let members = "";
  for (const [key, value] of pairs) members += `"${key}":${quoted(value)},`;
  return members;
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
