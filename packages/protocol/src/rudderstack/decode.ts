/**
 * A request to the gateway as events, bad events and the reply. Pure and total: any bytes are answered, and the same
 * record of the accept log gives the same events with the same ids.
 *
 * The reply is the gateway's: one bad event and the whole request is refused. What is kept differs on purpose. The SDKs
 * drop a batch that is refused, so its good events are returned beside the bad one; ids make a resend harmless.
 */
import type { Arrival } from "../codec.js";
import { decoded } from "../decoded.js";
import type { Decoded, DecodedParts, EventTexts } from "../decoded.js";
import type { BadEvent, JsonObject, JsonValue } from "../event.js";
import type { WireRequest } from "../http.js";
import { isoTime } from "../iso-time.js";
import { itemTexts } from "../item-texts.js";
import { measureJson, parseJson } from "../parse-json.js";
import type { JsonScan, Parsed } from "../parse-json.js";
import { uuidOf } from "../uuid.js";
import { canonicalEvent, readId } from "./canonical.js";
import type { RequestFacts } from "./canonical.js";
import { isObject } from "./carried.js";
import { pixelMessage } from "./pixel.js";
import { accepted, pixel, refused, sentences } from "./replies.js";
import { isPixel, isSingle } from "./routes.js";

/** Why something that came in is not an event. */
export const badCodes = [
  "invalid-json",
  "empty-batch",
  "not-an-event",
  "no-identity",
  "no-event-name",
  "too-deep",
  "too-many-keys",
] as const;
export type BadCode = (typeof badCodes)[number];

/** RudderStack documents 200 levels for a request; the batch and its list are two of them. */
const maxEventDepth = 198;
const maxEventKeys = 10_000;

export function decode(request: WireRequest, arrival: Arrival): Decoded {
  if (isPixel(arrival.route)) return decodePixel(request, arrival);
  const isAlone = isSingle(arrival.route);
  const parsed = parseJson(request.body, { depth: isAlone ? 1 : batchItemDepth, member: propertiesField });
  if (parsed.kind === "invalid") return refuseBody(arrival, unreadableJson(parsed));
  const { value, scan } = parsed;
  const source = { scan, texts: textsFrom(request.body, parsed) };
  if (isAlone) {
    return decodeMessages([value], factsOf(request, arrival, { type: arrival.route, sentAt: undefined }), source);
  }
  const facts = factsOf(request, arrival, { type: null, sentAt: isObject(value) ? value["sentAt"] : undefined });
  const batch = isObject(value) ? value["batch"] : undefined;
  const messages = messagesOf(batch);
  if (messages.length > 0) {
    return decodeMessages(messages, facts, messages === batch ? source : { scan, texts: noTexts });
  }
  return arrival.route === "import"
    ? { ...nothing, reply: accepted }
    : refuseBody(arrival, emptyBatch(scan.depth > maxEventDepth ? outline(value) : value));
}

function messagesOf(batch: JsonValue | undefined): readonly JsonValue[] {
  if (batch === undefined || batch === null) return [];
  return Array.isArray(batch) ? batch : [batch];
}

function factsOf(
  request: WireRequest,
  arrival: Arrival,
  { type, sentAt }: Pick<RequestFacts, "type" | "sentAt">,
): RequestFacts {
  const forwarded = request.headers["x-forwarded-for"]?.split(",", 1)[0]?.replaceAll(" ", "");
  return {
    project: arrival.project,
    requestId: arrival.requestId,
    receivedAtMs: arrival.receivedAtMs,
    receivedAt: isoTime(arrival.receivedAtMs),
    requestIp: forwarded || arrival.remoteAddress,
    type,
    sentAt,
  };
}

/** What is wrong, and the sentence that answers it. */
interface Fault {
  readonly code: BadCode;
  readonly message: string;
  readonly sentence: string;
  readonly wire: JsonValue;
}

/** A message that is an event, and its place in the request. */
interface Good {
  readonly message: JsonObject;
  readonly index: number;
}

/** What is known of the text that the messages were read from. */
interface Source {
  readonly scan: JsonScan;
  readonly texts: TextsOf;
}

/** Of events that are all of the messages, in their order. */
type TextsOf = NonNullable<DecodedParts["texts"]>;

const noTexts: TextsOf = () => null;
const propertiesField = "properties";
const batchItemDepth = 3;

function textsFrom(body: Uint8Array, parsed: Parsed): TextsOf {
  return (events) => {
    const messages = events.map(({ wire }) => wire as JsonObject);
    const texts = itemTexts(body, parsed, { items: messages, member: propertiesField });
    return (
      texts?.map(({ item, member }, at): EventTexts => {
        // Traits, too, can be an event's properties.
        const isTheirs = events[at]?.properties === messages[at]?.[propertiesField];
        return { wire: item, properties: isTheirs ? member : null };
      }) ?? null
    );
  };
}

function decodeMessages(messages: readonly JsonValue[], facts: RequestFacts, { scan, texts }: Source): Decoded {
  const good: Good[] = [];
  const bad: BadEvent[] = [];
  let sentence: string | null = null;
  const mayBeTooLarge = scan.depth > maxEventDepth || scan.keys > maxEventKeys;
  messages.forEach((message, index) => {
    const fault = (mayBeTooLarge ? measureFault(message) : null) ?? eventFault(message, facts.type);
    if (fault === null && isObject(message)) {
      good.push({ message, index });
    } else if (fault !== null) {
      bad.push(badEvent(fault, index, facts));
      sentence ??= fault.sentence;
    }
  });
  const reply = sentence === null ? accepted : refused(400, sentence);
  return holding(good, facts, { bad, reply, texts: bad.length === 0 ? texts : noTexts });
}

const nothing = { count: 0, events: [], bad: [] } as const;

type Rest = Pick<Decoded, "bad" | "reply"> & Pick<Source, "texts">;

function holding(good: readonly Good[], facts: RequestFacts, { bad, reply, texts }: Rest): Decoded {
  return decoded({
    count: good.length,
    events: () => good.map(({ message, index }) => canonicalEvent(message, index, facts)),
    texts,
    bad,
    reply: () => reply,
  });
}

function eventFault(message: JsonValue, routeType: string | null): Fault | null {
  const fields = fieldsOf(message, routeType);
  if (fields === null) {
    const text = "Expected an event to be a JSON object, got something else; send each event as an object.";
    return { code: "not-an-event", message: text, sentence: sentences.notAnEvent, wire: message };
  }
  if (readId(fields["userId"]) !== null || readId(fields["anonymousId"]) !== null) return null;
  if (routeType === null && (fields["type"] === "extract" || fields["type"] === "record")) return null;
  const text = "Expected a userId or an anonymousId that is not blank, got neither; say whose event it is.";
  return { code: "no-identity", message: text, sentence: sentences.noIdentity, wire: message };
}

/** The gateway sets a route's type on whatever came, which makes an object of everything but a list. */
function fieldsOf(message: JsonValue, routeType: string | null): JsonObject | null {
  if (isObject(message)) return message;
  return routeType === null || Array.isArray(message) ? null : {};
}

function measureFault(message: JsonValue): Fault | null {
  const { depth, keys } = measureJson(message);
  if (depth > maxEventDepth) {
    const text = `Expected at most ${maxEventDepth} levels in an event, got ${depth}; send it flatter.`;
    return { code: "too-deep", message: text, sentence: sentences.notAnEvent, wire: outline(message) };
  }
  if (keys <= maxEventKeys) return null;
  const text = `Expected at most ${maxEventKeys} keys in an event, got ${keys}; send less of it.`;
  return { code: "too-many-keys", message: text, sentence: sentences.notAnEvent, wire: outline(message) };
}

const maxOutlineFields = 100;

/** Enough to know an event by that is too large to be carried on; all of it is in the accept log. */
function outline(message: JsonValue): JsonValue {
  if (!isObject(message)) return "[…]";
  const fields = Object.entries(message).slice(0, maxOutlineFields);
  return Object.fromEntries(fields.map(([name, value]) => [name, Object(value) === value ? "[…]" : value]));
}

function unreadableJson(parsed: { readonly text: string; readonly message: string }): Fault {
  const message = `Expected one JSON text, got something else: ${parsed.message}.`;
  return { code: "invalid-json", message, sentence: sentences.invalidJson, wire: parsed.text };
}

function emptyBatch(value: JsonValue): Fault {
  const message = 'Expected {"batch": […]} with at least one event, got none.';
  return { code: "empty-batch", message, sentence: sentences.emptyBatch, wire: value };
}

type Origin = Pick<RequestFacts, "project" | "requestId" | "receivedAt">;

function badEvent(fault: Fault, index: number, origin: Origin): BadEvent {
  return {
    id: uuidOf(origin.requestId, `bad event ${index}`),
    protocol: "rudderstack",
    project: origin.project,
    receivedAt: origin.receivedAt,
    code: fault.code,
    message: fault.message,
    wire: fault.wire,
  };
}

function refuseBody(arrival: Arrival, fault: Fault): Decoded {
  const origin = { ...arrival, receivedAt: isoTime(arrival.receivedAtMs) };
  return { ...nothing, bad: [badEvent(fault, 0, origin)], reply: refused(400, fault.sentence) };
}

/** The gateway drops a track whose name is empty; here it is kept with its reason. */
function decodePixel(request: WireRequest, arrival: Arrival): Decoded {
  const type = arrival.route === "pixel-page" ? "page" : "track";
  const message: JsonObject = pixelMessage(type, request.query, arrival.receivedAtMs);
  const facts = factsOf(request, arrival, { type, sentAt: undefined });
  const fault =
    eventFault(message, type) ?? (message["event"] === "" && type === "track" ? namelessTrack(message) : null);
  return fault === null
    ? holding([{ message, index: 0 }], facts, { bad: [], reply: pixel, texts: noTexts })
    : { ...nothing, bad: [badEvent(fault, 0, facts)], reply: pixel };
}

function namelessTrack(wire: JsonObject): Fault {
  const message = "Expected event=<name> in the address, got an empty one; name the event or leave the field out.";
  return { code: "no-event-name", message, sentence: sentences.notAnEvent, wire };
}
