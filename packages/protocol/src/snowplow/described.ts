/**
 * What of an event is described by schemas, as it came. The canonical event keeps less: a screen view has its name taken
 * out, and what a context of ours carried has been put in its place.
 */
import type { Entity, JsonValue } from "../event.js";
import { readContent } from "./content.js";
import { readContexts } from "./embedded-json.js";
import type { Payload } from "./payload-keys.js";
import { isObject } from "./self-describing.js";

export interface Described {
  /** Null for an event without a schema of its own. */
  readonly event: Entity | null;
  readonly entities: readonly Entity[];
}

/** Reads `wire` of a canonical event of this protocol; of anything else it finds nothing. */
export function readDescribed(wire: JsonValue): Described {
  if (!isObject(wire)) return { event: null, entities: [] };
  // Every value was seen to be a text when the event was decoded.
  const payload = wire as Payload;
  const content = readContent(payload);
  const contexts = readContexts(payload);
  return {
    event: content.kind === "bad" ? null : (content.described ?? null),
    entities: contexts.kind === "bad" ? [] : contexts.entities,
  };
}
