/**
 * A self-describing event with one entity on Snowplow's wire, as one would write it by hand: an id, the time, the two
 * documents as JSON in base64, and JSON of it all.
 */
import { randomUUID } from "node:crypto";

const vendor = "iglu:com.snowplowanalytics.snowplow";

/** `event` and `entity` are { schema, data }; `pairs` are further pairs of the payload. */
export function snowplowByHand(event, entity, pairs) {
  return JSON.stringify({
    e: "ue",
    eid: randomUUID(),
    dtm: String(Date.now()),
    tv: "bench",
    tna: "bench",
    aid: "bench",
    p: "srv",
    ...pairs,
    ue_px: base64Of({ schema: `${vendor}/unstruct_event/jsonschema/1-0-0`, data: event }),
    cx: base64Of({ schema: `${vendor}/contexts/jsonschema/1-0-1`, data: [entity] }),
  });
}

function base64Of(value) {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
