/**
 * The events a request holds, as payloads. Which of Snowplow's adapters reads it is said by its path; what none of them
 * reads is one bad item.
 */
import type { WireRequest } from "../http.js";
import { igluItems } from "./iglu-adapter.js";
import { bodyText, faultItem, readQuery } from "./items.js";
import type { Item } from "./items.js";
import type { Payload } from "./payload-keys.js";
import { excerpt, fault } from "./problem-codes.js";
import { redirectItems } from "./redirect-adapter.js";
import { queryItems, trackerItems } from "./tracker-adapter.js";

export const adapterPaths = {
  tracker: "/com.snowplowanalytics.snowplow/tp2",
  redirect: "/r/tp2",
  iglu: "/com.snowplowanalytics.iglu/v1",
} as const;

/** `path` is the request's own, or the one that it stands for. */
export function readItems(request: WireRequest, path: string): readonly Item[] {
  const query = readQuery(request.query);
  switch (path) {
    case "/i":
    case "/ice.png":
      return queryItems(query);
    case adapterPaths.tracker:
      return request.method === "POST" ? trackerItems(request, query) : queryItems(query);
    case adapterPaths.redirect:
      return redirectItems(query);
    case adapterPaths.iglu:
      return igluItems(request, query);
    default:
      return [unknownPath(request, path, query)];
  }
}

function unknownPath(request: WireRequest, path: string, query: Payload): Item {
  const why = fault(
    "unknown-adapter",
    `Expected a path that is known, such as ${adapterPaths.tracker}, got ${excerpt(path)}.`,
  );
  return faultItem(why, { path, query: request.query, body: bodyText(request) }, query);
}
