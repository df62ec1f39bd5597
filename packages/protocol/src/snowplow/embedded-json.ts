/** JSON that travels as a text within an event: plain under one key, in base64 under another. */
import type { Entity, JsonValue } from "../event.js";
import { measureJson, parseJson } from "../parse-json.js";
import { fromBase64Url } from "./base64-url.js";
import type { Payload } from "./payload-keys.js";
import { excerpt, fault } from "./problem-codes.js";
import type { Fault } from "./problem-codes.js";
import { envelopes, isEnvelope, isObject, readSelfDescribing } from "./self-describing.js";

export interface Embedded {
  readonly kind: "json";
  readonly value: JsonValue;
}

/** Objects and lists within one another, the envelope's included: what a pipeline reads. */
export const maxDepth = 40;

/** A number of sixteen digits or with an exponent, or half a surrogate pair: read with care. */
const unusual = /[:,[\s]-?(?:[\d.]{16}|[\d.]+[eE])|\\u[dD][89a-fA-F]/;

/** The value of a JSON text; what is wrong with it names it by `where`. */
export function readJsonText(text: string, where: string): Embedded | Fault {
  if (unusual.test(text)) return readWithCare(text, where);
  try {
    return checkDepth(JSON.parse(text), text, where);
  } catch {
    return noJson(text, where);
  }
}

function readWithCare(text: string, where: string): Embedded | Fault {
  const parsed = parseJson(new TextEncoder().encode(text));
  if (parsed.kind === "invalid") return noJson(parsed.text, where);
  return parsed.scan.depth > maxDepth ? tooDeep(where) : { kind: "json", value: parsed.value };
}

/** Counts what could nest before it looks how deep it does. */
function checkDepth(value: JsonValue, text: string, where: string): Embedded | Fault {
  const couldNest = occurrences(text, "{") + occurrences(text, "[") > maxDepth;
  return couldNest && measureJson(value).depth > maxDepth ? tooDeep(where) : { kind: "json", value };
}

function occurrences(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) count += 1;
  return count;
}

function noJson(text: string, where: string): Fault {
  return fault("invalid-json", `Expected JSON ${where}, got ${excerpt(text)}.`);
}

function tooDeep(where: string): Fault {
  return fault("too-deep", `Expected at most ${maxDepth} levels of JSON ${where}, got more.`);
}

/** What stands under the plain key, else under the base64 key; null when neither is there. */
export function readEmbedded(payload: Payload, plainKey: string, base64Key: string): Embedded | Fault | null {
  const plain = payload[plainKey];
  if (plain) return readJsonText(plain, `under ${plainKey}`);
  const encoded = payload[base64Key];
  if (!encoded) return null;
  const text = fromBase64Url(encoded);
  if (text !== null) return readJsonText(text, `under ${base64Key}`);
  return fault("invalid-base64", `Expected base64 under ${base64Key}, got ${excerpt(encoded)}.`);
}

export interface Contexts {
  readonly kind: "contexts";
  readonly entities: readonly Entity[];
}

const noContexts: Contexts = { kind: "contexts", entities: [] };

/** The event's entities. One that is none costs the event, as it does in a pipeline. */
export function readContexts(payload: Payload): Contexts | Fault {
  const embedded = readEmbedded(payload, "co", "cx");
  if (embedded === null) return noContexts;
  if (embedded.kind === "bad") return embedded;
  const { value } = embedded;
  if (!isObject(value) || typeof value["schema"] !== "string" || !isEnvelope(value["schema"], envelopes.contexts)) {
    return fault("wrong-envelope", `Expected contexts in ${envelopes.contexts}, got another form.`);
  }
  const { data } = value;
  if (!Array.isArray(data)) return fault("invalid-schema", "Expected a list of contexts, got none.");
  const entities: Entity[] = [];
  for (const [index, item] of (data as readonly JsonValue[]).entries()) {
    const entity = readSelfDescribing(item);
    if (entity === null) {
      return fault("invalid-schema", `Expected a context with an Iglu schema and data at ${index}, got another form.`);
    }
    entities.push(entity);
  }
  return { kind: "contexts", entities };
}
