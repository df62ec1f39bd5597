/** Cross-origin headers as the gateway sets them: any page may send events, and none may read anything. */
import type { RequestHead } from "../http.js";

type Headers = Readonly<Record<string, string>>;

const methods: ReadonlySet<string> = new Set(["GET", "POST", "HEAD"]);
const preflightSeconds = 900;

/** For every answer; a preflight is answered with 204, these headers and nothing else. */
export function corsHeaders(head: RequestHead): Headers {
  const wanted = head.headers["access-control-request-method"];
  return head.method === "OPTIONS" && wanted !== undefined ? preflight(head, wanted) : actual(head);
}

function actual(head: RequestHead): Headers {
  const { origin } = head.headers;
  const vary = { vary: "Origin" };
  return origin === undefined || !methods.has(head.method) ? vary : { ...vary, ...allowed(origin) };
}

function preflight(head: RequestHead, wanted: string): Headers {
  const { origin } = head.headers;
  const vary = { vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers" };
  if (origin === undefined || !methods.has(wanted.toUpperCase())) return vary;
  const wantedHeaders = head.headers["access-control-request-headers"];
  return {
    ...vary,
    ...allowed(origin),
    "access-control-allow-methods": wanted.toUpperCase(),
    "access-control-max-age": String(preflightSeconds),
    ...(wantedHeaders === undefined ? {} : { "access-control-allow-headers": wantedHeaders }),
  };
}

function allowed(origin: string): Headers {
  return { "access-control-allow-origin": origin, "access-control-allow-credentials": "true" };
}
