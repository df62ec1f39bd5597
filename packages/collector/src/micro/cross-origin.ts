/**
 * Pages that may ask the Micro API: a test that runs in a browser asks from its application's page. Those of this machine
 * and of `allowedHosts` may, as if they came from the collector itself; no other page may.
 */
import type { RequestHead } from "@oncewire/protocol";

export interface CrossOrigin {
  /** The request as its reading is to be judged. */
  readonly judged: RequestHead;
  /** For every answer to it. */
  readonly headers: Readonly<Record<string, string>>;
}

export function createCrossOrigin(names: readonly string[]): (head: RequestHead) => CrossOrigin {
  const trusted = new Set(["localhost", "127.0.0.1", "[::1]", ...names].map((name) => name.toLowerCase()));
  return (head) => {
    const { origin, "sec-fetch-site": _site, ...headers } = head.headers;
    const vary = { vary: "Origin" };
    if (origin === undefined || !trusted.has(hostOf(origin))) return { judged: head, headers: vary };
    const allowed = { ...vary, "access-control-allow-origin": origin };
    if (head.method !== "OPTIONS") return { judged: { ...head, headers }, headers: allowed };
    return { judged: { ...head, headers }, headers: { ...allowed, ...preflight } };
  };
}

const preflight = {
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "authorization, content-type",
  "access-control-max-age": "600",
} as const;

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : "";
}
