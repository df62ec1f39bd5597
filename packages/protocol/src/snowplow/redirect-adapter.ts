/** Links that are counted on the way to their target. */
import type { JsonValue } from "../event.js";
import { readContexts } from "./embedded-json.js";
import { describedEvent, faultItem, payloadItem } from "./items.js";
import type { Item } from "./items.js";
import type { Payload } from "./payload-keys.js";
import { fault } from "./problem-codes.js";
import { envelopes } from "./self-describing.js";

const redirectSchema = "iglu:com.snowplowanalytics.snowplow/uri_redirect/jsonschema/1-0-0";

/** Where a redirect leads is the event, or a context of the event that came with it. */
export function redirectItems({ u: uri, ...query }: Payload): readonly Item[] {
  if (!uri) {
    return [faultItem(fault("missing-field", "Expected the target of the redirect under u, got none."), query, query)];
  }
  const target = { schema: redirectSchema, data: { uri } };
  const base = { p: "web", ...query, tv: "r-tp2" };
  if (!query["e"]) return [payloadItem({ ...base, ...describedEvent(target) })];
  const contexts = addContext(query, target);
  return [contexts === null ? payloadItem(base) : payloadItem({ ...withoutContexts(base), co: contexts })];
}

function withoutContexts({ co: _plain, cx: _encoded, ...rest }: Payload): Payload {
  return rest;
}

/** Null where the contexts that came cannot be read: the event itself will say so. */
function addContext(payload: Payload, context: JsonValue): string | null {
  const found = readContexts(payload);
  if (found.kind === "bad") return null;
  return JSON.stringify({ schema: envelopes.contexts, data: [...found.entities, context] });
}
