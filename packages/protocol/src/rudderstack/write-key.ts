/** The write key of a request: the user name of Basic authorization, or `?writeKey=` where there are no headers. */
import { fromBase64 } from "../base64.js";
import { headersWithout } from "../http.js";
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

/** The head as it may be kept: without the key, wherever it stood, and without cookies, which no route reads. */
export function withoutKey({ method, path, query, headers }: RequestHead): RequestHead {
  const keptQuery = query === "" ? "" : query.split("&").map(withoutKeyValue).join("&");
  return { method, path, query: keptQuery, headers: headersWithout(headers, unkept) };
}

const unkept = new Set(["authorization", "cookie"]);

/** Of `writeKey=…` the name alone, however the name is encoded; every other parameter stays as it came. */
function withoutKeyValue(parameter: string): string {
  return new URLSearchParams(parameter).has("writeKey") ? "writeKey=" : parameter;
}

function unreadable(expected: string): Result<never> {
  return failed({ path: "", code: "unreadable-key", message: `Expected ${expected}, got none that can be read.` });
}
