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
import { jsonOf, membersOf, parametersOf, queryOf } from "./pairs-text.js";
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
  const ending = method === "post" ? membersOf(trackerPairs) : parametersOf(trackerPairs);
  return { ...settings, ending: ending.slice(0, -1) };
}

export function encode(event: unknown, stamp: Stamp, tools: EncodeTools): Result<EncodedEvent> {
  const checked = validate(event);
  if (!checked.ok) return checked;
  const { pairs } = checked.value;
  if (!pairs.has("eid")) {
    if (!isUuid(stamp.id)) return failed(wrongId);
    pairs.set("eid", stamp.id.toLowerCase());
  }
  if (!pairs.has("p")) pairs.set("p", tools.platform);
  if (!pairs.has("dtm")) pairs.set("dtm", String(Math.trunc(stamp.nowMs)));
  for (const key of tools.trackerPairs.keys()) pairs.delete(key);
  const embedding = { pairs, digits: new Map<string, string>(), tools };
  const embedded = embed(checked.value, embedding);
  return embedded.ok ? finish(embedding, embedded.value) : embedded;
}

const wrongId: Problem = {
  path: "eventId",
  code: "wrong-format",
  message: "Expected a UUID as the event's id, got another text.",
};

/** A key for JSON in base64, and one for JSON as it is. */
interface Carrier {
  readonly encodedKey: string;
  readonly plainKey: string;
  /** Where a caller finds what is too large. */
  readonly path: string;
  /** Before the names of what was replaced. */
  readonly at: string;
}

const dataCarrier: Carrier = { encodedKey: "ue_px", plainKey: "ue_pr", path: "data", at: "" };
const entitiesCarrier: Carrier = { encodedKey: "cx", plainKey: "co", path: "entities", at: "entities" };

interface Embedding {
  readonly pairs: Map<string, string>;
  /** Pairs that are base64. */
  readonly digits: Map<string, string>;
  readonly tools: EncodeTools;
}

const nothingReplaced: Result<readonly Problem[]> = ok([]);

/** Adds the event's own data and its entities, as JSON under a key each; what JSON could not carry of them comes back. */
function embed({ described, entities }: ValidEvent, embedding: Embedding): Result<readonly Problem[]> {
  const inData =
    described === null ? nothingReplaced : carry({ schema: envelopes.event, data: described }, dataCarrier, embedding);
  if (!inData.ok || entities.length === 0) return inData;
  const inEntities = carry({ schema: envelopes.contexts, data: entities }, entitiesCarrier, embedding);
  return inEntities.ok && inData.value.length > 0 ? ok([...inData.value, ...inEntities.value]) : inEntities;
}

function carry(value: object, carrier: Carrier, { pairs, digits, tools }: Embedding): Result<readonly Problem[]> {
  const { encodedKey, plainKey, path, at } = carrier;
  const written = writeJson(value, tools.limits, at);
  if (written.kind === "too-large") return tooLarge(path, written.atLeastBytes, tools.limits);
  if (tools.encodeBase64) {
    pairs.delete(encodedKey);
    digits.set(encodedKey, toBase64Url(written.text));
  } else {
    pairs.set(plainKey, written.text);
  }
  return written.replaced.length === 0 ? nothingReplaced : ok(written.replaced);
}

function finish({ pairs, digits, tools }: Embedding, replaced: readonly Problem[]): Result<EncodedEvent> {
  const { ending, limits } = tools;
  const parts = { pairs, digits, ending };
  const bytes = tools.slab.encode(tools.method === "post" ? jsonOf(parts) : queryOf(parts));
  if (bytes.length > limits.maxBytes) return tooLarge(largestOf([...pairs, ...digits]), bytes.length, limits);
  const id = pairs.get("eid") ?? "";
  const encoded = { id, lane: laneOf(pairs, id), bytes };
  return ok(replaced.length === 0 ? encoded : { ...encoded, replaced });
}

/** Whose event it is. An event of nobody waits for no other. */
function laneOf(pairs: Pairs, id: string): string {
  return pairs.get("uid") ?? pairs.get("duid") ?? pairs.get("sid") ?? pairs.get("tnuid") ?? id;
}

function largestOf(pairs: readonly (readonly [string, string])[]): string {
  const [largest] = pairs.toSorted(([, one], [, other]) => other.length - one.length);
  return `payload.${largest?.[0] ?? ""}`;
}

function tooLarge(path: string, bytes: number, { maxBytes }: JsonLimits): Result<never> {
  const message =
    `Expected an event of at most ${maxBytes} bytes, got ${bytes} or more, most of it in ${path}: ` +
    "shorten it or raise maxEventBytes.";
  return failed({ path, code: "too-large", message });
}
