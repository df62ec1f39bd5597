import type { RequestHead } from "@oncewire/protocol";
import type { EventQuery, EventReader } from "../store/event-store.js";
import { filterNames, QueryReader } from "./query-reader.js";

const limits = { least: 1, most: 1_000, byDefault: 100 };

/** `GET /api/events`: what is stored, newest first, narrowed by query parameters named as in `EventQuery`. */
export async function listEvents(store: EventReader, head: RequestHead): Promise<unknown> {
  return await store.events(readQuery(head.query, [...filterNames, "from", "to"]));
}

/** `GET /api/bad`: what could not be decoded, newest first. */
export async function listBad(store: EventReader, head: RequestHead): Promise<unknown> {
  return await store.bad(readQuery(head.query, ["project"]));
}

function readQuery(text: string, parameters: readonly string[]): EventQuery {
  const query = new QueryReader(text, [...parameters, "limit", "cursor"]);
  const [from, to, cursor] = [query.time("from"), query.time("to"), query.text("cursor")];
  return {
    ...query.filters(),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(cursor === undefined ? {} : { cursor }),
    limit: query.integer("limit", limits),
  };
}
