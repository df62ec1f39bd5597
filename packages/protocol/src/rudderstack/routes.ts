/** The gateway's paths. There is no /pixel/v1/screen, and /v1/webhook belongs to a service this is none of. */
import type { Route } from "../codec.js";

const post = (name: string, path: string): Route => ({ name, methods: ["POST"], path });
const get = (name: string, path: string): Route => ({ name, methods: ["GET"], path });

/** Routes that take one event, and overwrite its type with their own name. */
export const singleRoutes = ["identify", "track", "page", "screen", "group", "alias", "merge", "audiencelist"] as const;

export const routes: readonly Route[] = [
  post("batch", "/v1/batch"),
  ...singleRoutes.map((name) => post(name, `/v1/${name}`)),
  post("import", "/v1/import"),
  post("beacon", "/beacon/v1/batch"),
  get("pixel-track", "/pixel/v1/track"),
  get("pixel-page", "/pixel/v1/page"),
];

const singles: ReadonlySet<string> = new Set(singleRoutes);

/** Whether the body is one event; else it is a list of them, unless there is none. */
export function isSingle(route: string): boolean {
  return singles.has(route);
}

/** Routes whose key is in the query, where a page cannot set a header. */
export function hasKeyInQuery(route: string): boolean {
  return route === "beacon" || isPixel(route);
}

export function isPixel(route: string): boolean {
  return route.startsWith("pixel-");
}
