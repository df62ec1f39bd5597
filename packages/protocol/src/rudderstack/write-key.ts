/** The write key of a request: the user name of Basic authorization, or `?writeKey=` where there are no headers. */
import { fromBase64 } from "../base64.js";
import type { RequestHead } from "../http.js";
import { failed, ok } from "../problem.js";
import type { Result } from "../problem.js";

export function keyFromHeader(head: RequestHead): Result<string> {
  const encoded = head.headers["authorization"]?.match(/^basic (.*)$/i)?.[1];
  const credentials = encoded === undefined ? null : fromBase64(encoded);
  const colon = credentials?.indexOf(":") ?? -1;
  const key = credentials?.slice(0, Math.max(colon, 0)) ?? "";
  return key === "" ? unreadable('an Authorization header "Basic <base64 of writeKey:>"') : ok(key);
}

export function keyFromQuery(head: RequestHead): Result<string> {
  const key = new URLSearchParams(head.query).get("writeKey") ?? "";
  return key === "" ? unreadable("?writeKey=<write key> in the address") : ok(key);
}

function unreadable(expected: string): Result<never> {
  return failed({ path: "", code: "unreadable-key", message: `Expected ${expected}, got none that can be read.` });
}
