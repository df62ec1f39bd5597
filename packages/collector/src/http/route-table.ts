import type { Receiver, RequestHead, Route } from "@oncewire/protocol";
import { showPaths } from "../api/a-track-show.js";
import { microPrefix } from "./micro-handler.js";

export interface FoundRoute {
  readonly receiver: Receiver;
  readonly route: Route;
}

/**
 * Paths of the collector's own: what a Snowplow collector would take for a webhook's path, and what a misspelt path of
 * ours is not.
 */
const ownPaths: ReadonlySet<string> = new Set(["/", "/metrics", ...showPaths]);
const ownPrefixes = ["/api/", "/health/", "/_live/", microPrefix];

/**
 * Finds who receives a request: exact paths first, then patterns such as `/:vendor/:version`, whose parts are not empty.
 * The collector's own paths are nobody's. A pattern does not take a request with credentials: it was meant for a wire that has them, under a path of that wire
 * that does not exist, and its sender must hear so.
 */
export function createRouteTable(receivers: readonly Receiver[]): (head: RequestHead) => FoundRoute | null {
  const exact = new Map<string, FoundRoute>();
  const patterns: { readonly pattern: RegExp; readonly found: FoundRoute }[] = [];
  for (const receiver of receivers) {
    for (const route of receiver.routes) {
      const found = { receiver, route };
      if (route.path.includes(":")) patterns.push({ pattern: toPattern(route.path), found });
      else if (!isOwnPath(route.path)) exact.set(route.path, found);
    }
  }
  return ({ path, headers }) => {
    const found = exact.get(path);
    if (found !== undefined) return found;
    if (headers["authorization"] !== undefined || isOwnPath(path)) return null;
    return patterns.find(({ pattern }) => pattern.test(path))?.found ?? null;
  };
}

function isOwnPath(path: string): boolean {
  return ownPaths.has(path) || ownPrefixes.some((prefix) => path.startsWith(prefix));
}

function toPattern(path: string): RegExp {
  const parts = path.split("/").map((part) => (part.startsWith(":") ? "[^/]+" : part.replaceAll(/[^\w-]/g, "\\$&")));
  return new RegExp(`^${parts.join("/")}$`);
}
