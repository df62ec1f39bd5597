/** RudderStack, the receiving half: the gateway's routes, keys, replies and events. */
import type { Receiver } from "../codec.js";
import { corsHeaders } from "./cors.js";
import { decode } from "./decode.js";
import { maxRequestBytes } from "./encoder.js";
import { refuse } from "./replies.js";
import { hasKeyInQuery, routes } from "./routes.js";
import { skim } from "./skim.js";
import { keyFromHeader, keyFromQuery, withoutKey } from "./write-key.js";

export function createRudderStackReceiver(): Receiver {
  return {
    protocol: "rudderstack",
    routes,
    maxBodyBytes: maxRequestBytes,
    contentEncodings: ["gzip"],
    key: (head, route) => (hasKeyInQuery(route.name) ? keyFromQuery(head) : keyFromHeader(head)),
    decode,
    skim,
    refuse,
    headers: corsHeaders,
    redact: withoutKey,
  };
}
