/**
 * Snowplow's event ids are UUIDs, and a pipeline keeps them in small letters. Any other id goes as a UUID that is made of
 * it alone: the same at every try, from every process and project, and for whoever computes it elsewhere.
 */
import { uuidOf } from "../uuid.js";
import { isUuid } from "./payload-keys.js";

/** Drawn once, for ids of events on this wire. It never changes: an event's `eid` would. */
const eventIdNamespace = "5f5a2f0e-6d3c-4b0b-9c39-2a0d5f6b7e41";

/** The `eid` of an event: its id in small letters where that is a UUID, else the UUID of it (RFC 9562, version 3). */
export function eventIdOf(id: string): string {
  return isUuid(id) ? id.toLowerCase() : uuidOf(eventIdNamespace, id);
}
