/**
 * An event as the bytes that will be counted, kept and sent, without the `stm` that `frame` puts in: one JSON object of
 * texts for POST, one query for GET.
 */
import type { ByteSlab } from "../byte-slab.js";
import type { Stamp } from "../codec.js";
import type { EncodedEvent } from "../encoded-event.js";
import { writeJson } from "../json.js";
import type { JsonLimits } from "../json.js";
import { failed, ok } from "../problem.js";
import type { Problem, Result } from "../problem.js";
import { toBase64Url } from "./base64-url.js";
import { jsonOf, membersOf, queryOf } from "./pairs-text.js";
import type { Pairs } from "./pairs-text.js";
import { isUuid } from "./payload-keys.js";
import { envelopes } from "./self-describing.js";
import { validate } from "./validate.js";
import type { ValidEvent } from "./validate.js";

export interface EncodeSettings {
  readonly method: "get" | "post";
  readonly encodeBase64: boolean;
  /** Of an event that names none. */
  readonly platform: string;
  /** `tv`, `tna` and `aid`: the same for every event, whatever its caller says. */
  readonly trackerPairs: Pairs;
  readonly limits: JsonLimits;
  readonly slab: ByteSlab;
}

/** What an encoder needs beside the event. */
export interface EncodeTools extends EncodeSettings {
  /** The tracker's pairs as the end of every event's text. */
  readonly ending: string;
}

export function prepareTools(settings: EncodeSettings): EncodeTools {
  const { method, trackerPairs } = settings;
  const ending = method === "post" ? membersOf(trackerPairs) : queryOf(trackerPairs);
  return { ...settings, ending: ending.slice(0, -1) };
}

export function encode(event: unknown, stamp: Stamp, tools: EncodeTools): Result<EncodedEvent> {
  const checked = validate(event);
  if (!checked.ok) return checked;
  const { pairs } = checked.value;
  const embedded = embed(checked.value, tools);
  if (!embedded.ok) return embedded;
  if (!pairs.has("p")) pairs.set("p", tools.platform);
  if (!pairs.has("eid")) pairs.set("eid", stamp.id.toLowerCase());
  if (!pairs.has("dtm")) pairs.set("dtm", String(Math.trunc(stamp.nowMs)));
  return finish(pairs, embedded.value, tools);
}

const nothingReplaced: readonly Problem[] = [];

/** Adds the event's own data and its entities, as JSON under a key each; what JSON could not carry of them comes back. */
function embed({ pairs, described, entities }: ValidEvent, tools: EncodeTools): Result<readonly Problem[]> {
  let replaced = nothingReplaced;
  if (described !== null) {
    const written = writeJson({ schema: envelopes.event, data: described }, tools.limits, "");
    if (written.kind === "too-large") return tooLarge("data", written.atLeastBytes, tools.limits);
    replaced = written.replaced;
    if (tools.encodeBase64) pairs.set("ue_px", toBase64Url(written.text));
    else pairs.set("ue_pr", written.text);
  }
  if (entities.length > 0) {
    const written = writeJson({ schema: envelopes.contexts, data: entities }, tools.limits, "entities");
    if (written.kind === "too-large") return tooLarge("entities", written.atLeastBytes, tools.limits);
    if (written.replaced.length > 0) replaced = [...replaced, ...written.replaced];
    if (tools.encodeBase64) pairs.set("cx", toBase64Url(written.text));
    else pairs.set("co", written.text);
  }
  return ok(replaced);
}

function finish(pairs: Map<string, string>, replaced: readonly Problem[], tools: EncodeTools): Result<EncodedEvent> {
  const id = pairs.get("eid") ?? "";
  if (!isUuid(id)) {
    const message = "Expected a UUID as the event's id, got another text.";
    return failed({ path: "eventId", code: "wrong-format", message });
  }
  for (const key of tools.trackerPairs.keys()) pairs.delete(key);
  const text = tools.method === "post" ? jsonOf(pairs, tools.ending) : queryOf(pairs) + tools.ending;
  const bytes = tools.slab.encode(text);
  if (bytes.length > tools.limits.maxBytes) return tooLarge(largestOf(pairs), bytes.length, tools.limits);
  const encoded = { id, lane: laneOf(pairs, id), bytes };
  return ok(replaced.length === 0 ? encoded : { ...encoded, replaced });
}

/** Whose event it is. An event of nobody waits for no other. */
function laneOf(pairs: Pairs, id: string): string {
  return pairs.get("uid") ?? pairs.get("duid") ?? pairs.get("sid") ?? pairs.get("tnuid") ?? id;
}

function largestOf(pairs: Pairs): string {
  const [largest] = [...pairs].toSorted(([, one], [, other]) => other.length - one.length);
  return `payload.${largest?.[0] ?? ""}`;
}

function tooLarge(path: string, bytes: number, { maxBytes }: JsonLimits): Result<never> {
  const message =
    `Expected an event of at most ${maxBytes} bytes, got ${bytes} or more, most of it in ${path}: ` +
    "shorten it or raise maxEventBytes.";
  return failed({ path, code: "too-large", message });
}
