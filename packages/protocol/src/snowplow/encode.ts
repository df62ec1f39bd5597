/**
 * An event as the bytes that will be counted, kept and sent, without the `stm` that `frame` puts in: one JSON object of
 * texts for POST, one query for GET.
 */
import type { ByteSlab } from "../byte-slab.js";
import type { Stamp } from "../codec.js";
import type { EncodedEvent } from "../encoded-event.js";
import { holdsLoneSurrogate, writeJson } from "../json.js";
import type { JsonLimits } from "../json.js";
import { failed, ok } from "../problem.js";
import type { Problem, Result } from "../problem.js";
import { toWellFormed } from "../well-formed.js";
import { toBase64Url } from "./base64-url.js";
import { isUuid } from "./payload-keys.js";
import type { Payload } from "./payload-keys.js";
import { envelopes } from "./self-describing.js";
import { validate } from "./validate.js";
import type { ValidEvent } from "./validate.js";

/** What an encoder needs beside the event. */
export interface EncodeTools {
  readonly method: "get" | "post";
  readonly encodeBase64: boolean;
  /** Of an event that names none. */
  readonly platform: string;
  /** `tv`, `tna` and `aid`: the same for every event. */
  readonly trackerPairs: Payload;
  readonly slab: ByteSlab;
  readonly limits: JsonLimits;
}

export function encode(event: unknown, stamp: Stamp, tools: EncodeTools): Result<EncodedEvent> {
  const checked = validate(event);
  if (!checked.ok) return checked;
  const embedded = embed(checked.value, tools);
  if (!embedded.ok) return embedded;
  const pairs: Record<string, string> = { ...checked.value.pairs, ...embedded.value.pairs };
  pairs["p"] ??= tools.platform;
  pairs["eid"] ??= stamp.id.toLowerCase();
  pairs["dtm"] ??= String(Math.trunc(stamp.nowMs));
  Object.assign(pairs, tools.trackerPairs);
  return finish(pairs, embedded.value.replaced, tools);
}

interface Embedded {
  readonly pairs: Payload;
  readonly replaced: readonly Problem[];
}

const nothingEmbedded: Embedded = { pairs: {}, replaced: [] };

/** The event's own data and its entities, as JSON under a key each. */
function embed({ described, entities }: ValidEvent, tools: EncodeTools): Result<Embedded> {
  if (described === null && entities.length === 0) return ok(nothingEmbedded);
  const parts: readonly (readonly [key: string, at: string, value: unknown])[] = [
    ...(described === null ? [] : [["ue", "", { schema: envelopes.event, data: described }] as const]),
    ...(entities.length === 0 ? [] : [["c", "entities", { schema: envelopes.contexts, data: entities }] as const]),
  ];
  const pairs: Record<string, string> = {};
  const replaced: Problem[] = [];
  for (const [key, at, value] of parts) {
    const written = writeJson(value, tools.limits, at);
    if (written.kind === "too-large") return tooLarge(at || "data", written.atLeastBytes, tools.limits);
    replaced.push(...written.replaced);
    Object.assign(pairs, embeddedPair(key, written.text, tools));
  }
  return ok({ pairs, replaced });
}

function embeddedPair(key: string, json: string, { encodeBase64 }: EncodeTools): Payload {
  if (encodeBase64) return { [key === "ue" ? "ue_px" : "cx"]: toBase64Url(json) };
  return { [key === "ue" ? "ue_pr" : "co"]: json };
}

function finish(pairs: Record<string, string>, replaced: readonly Problem[], tools: EncodeTools): Result<EncodedEvent> {
  const { eid: id = "" } = pairs;
  if (!isUuid(id)) {
    return failed({
      path: "eventId",
      code: "wrong-format",
      message: "Expected a UUID as the event's id, got another text.",
    });
  }
  const bytes = tools.slab.encode(tools.method === "post" ? jsonOf(pairs) : queryOf(pairs));
  if (bytes.length > tools.limits.maxBytes) {
    const [largest] = Object.entries(pairs).toSorted(([, one], [, other]) => other.length - one.length);
    return tooLarge(`payload.${largest?.[0] ?? ""}`, bytes.length, tools.limits);
  }
  const encoded = { id, lane: pairs["uid"] ?? pairs["duid"] ?? pairs["sid"] ?? "", bytes };
  return ok(replaced.length === 0 ? encoded : { ...encoded, replaced });
}

function jsonOf(pairs: Payload): string {
  const json = JSON.stringify(pairs);
  return holdsLoneSurrogate(json) ? JSON.stringify(wellFormed(pairs)) : json;
}

function queryOf(pairs: Payload): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(pairs)) parts.push(`${key}=${encodeURIComponent(toWellFormed(value))}`);
  return parts.join("&");
}

function wellFormed(pairs: Payload): Payload {
  return Object.fromEntries(Object.entries(pairs).map(([key, value]) => [key, toWellFormed(value)]));
}

function tooLarge(path: string, bytes: number, { maxBytes }: JsonLimits): Result<never> {
  const message =
    `Expected an event of at most ${maxBytes} bytes, got ${bytes} or more, most of it in ${path}: ` +
    "shorten it or raise maxEventBytes.";
  return failed({ path, code: "too-large", message });
}
