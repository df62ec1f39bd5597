/**
 * An event as the bytes that will be counted, kept and sent: one JSON object, without the `sentAt` that `frame` puts
 * before its last brace. No key is ever among them.
 */
import type { ByteSlab } from "../byte-slab.js";
import type { Stamp } from "../codec.js";
import type { EncodedEvent } from "../encoded-event.js";
import { isoTime } from "../iso-time.js";
import { holdsLoneSurrogate } from "../json.js";
import type { JsonLimits, ValueSize } from "../json.js";
import { isMap, isPlain } from "../object-tag.js";
import { failed, ok } from "../problem.js";
import type { Result } from "../problem.js";
import { largestField } from "./largest-field.js";
import { MessageText } from "./message-text.js";
import { validate } from "./validate.js";
import type { ValidEvent } from "./validate.js";

/** Where the traits of an identify call stand: in `context.traits`, at the root of the message, or in both. */
export type TraitsPlace = "context" | "root" | "both";

/** What an encoder needs beside the event. */
export interface EncodeTools {
  /** `"library":{…}`, as JSON. */
  readonly library: string;
  readonly identifyTraits: TraitsPlace;
  readonly slab: ByteSlab;
  readonly limits: JsonLimits;
}

export function encode(event: unknown, stamp: Stamp, tools: EncodeTools): Result<EncodedEvent> {
  const checked = validate(event);
  if (!checked.ok) return checked;
  const valid = checked.value;
  const id = valid.messageId ?? stamp.id;
  const message = write(valid, { id, nowMs: stamp.nowMs }, tools);
  if (message.tooLargeBytes > 0) {
    return tooLarge(message.culprit ?? largestField(valid, tools.limits), message.tooLargeBytes, tools.limits);
  }
  const bytes = tools.slab.encode(message.text);
  if (bytes.length > tools.limits.maxBytes) {
    return tooLarge(largestField(valid, tools.limits), bytes.length, tools.limits);
  }
  const encoded = { id, lane: valid.userId ?? valid.anonymousId ?? "", bytes };
  return ok(message.replaced.length === 0 ? encoded : { ...encoded, replaced: message.replaced });
}

function write(event: ValidEvent, stamp: Stamp, tools: EncodeTools): MessageText {
  const message = addFields(new MessageText(tools.limits, "short"), event, { tools, stamp });
  if (!holdsLoneSurrogate(message.text)) return message;
  return addFields(new MessageText(tools.limits, "careful"), event, { tools, stamp });
}

/** A pair, never a spread of one: that would cost as much as writing the properties. */
interface Ours {
  readonly tools: EncodeTools;
  readonly stamp: Stamp;
}

/** The message as RudderStack's own server SDKs build it; the table is in docs/protocols/rudderstack.md. */
function addFields(message: MessageText, event: ValidEvent, { tools, stamp }: Ours): MessageText {
  message.raw(`"type":"${event.type}","channel":"server"`);
  message.textField("messageId", stamp.id);
  message.textField("userId", event.userId);
  message.textField("anonymousId", event.anonymousId);
  message.textField("previousId", event.previousId);
  message.textField("groupId", event.groupId);
  message.textField("event", event.event);
  message.textField("name", event.name);
  message.textField("category", event.category);
  message.field("properties", event.properties);
  if (event.type !== "identify" || tools.identifyTraits !== "context") message.field("traits", event.traits);
  addContext(message, event, tools);
  addIntegrations(message, event.integrations);
  if (event.timestamp !== undefined) message.raw(`"timestamp":"${event.timestamp}"`);
  message.raw(`"originalTimestamp":"${event.originalTimestamp ?? isoTime(stamp.nowMs)}"`);
  message.textField("request_ip", event.requestIp);
  if (event.rest !== undefined) message.fields(event.rest);
  message.close();
  return message;
}

/** The caller's context; `library` in it is always ours, and identify's traits usually travel in it. */
function addContext(message: MessageText, event: ValidEvent, { library, identifyTraits }: EncodeTools): void {
  const isHere = event.type === "identify" && identifyTraits !== "root" && event.traits !== undefined;
  const traits = isHere ? message.write("traits", event.traits) : "";
  const ours = traits === "" ? library : `"traits":${traits},${library}`;
  const names = traits === "" ? ["library"] : ["library", "traits"];
  if (event.context === undefined) message.raw(`"context":{${ours}}`);
  else message.objectField("context", without(event.context, names), ours);
}

/** None and an empty object mean the same: every destination. */
function addIntegrations(message: MessageText, integrations: object | undefined): void {
  const text = integrations === undefined ? "{}" : message.write("integrations", integrations);
  message.raw(text === "{}" ? '"integrations":{"All":true}' : `"integrations":${text}`);
}

/** The object, or a copy without these fields if it has one of them. */
function without(context: object, names: readonly string[]): object {
  try {
    if (isPlain(context) && !names.some((name) => Object.hasOwn(context, name))) return context;
    const copy = isMap(context) ? Object.fromEntries(context) : copyOf(context);
    for (const name of names) Reflect.deleteProperty(copy, name);
    return copy;
  } catch {
    // For the writer to replace.
    return context;
  }
}

/** A field that throws goes on throwing, for the writer to replace; so no other field is lost with it. */
function copyOf(context: object): object {
  const own = Object.entries(Object.getOwnPropertyDescriptors(context));
  const copyable = own.map(([name, property]) => [name, { ...property, configurable: true }]);
  return Object.defineProperties({}, Object.fromEntries(copyable));
}

function tooLarge(largest: ValueSize, bytes: number, limits: JsonLimits): Result<never> {
  return failed({
    path: largest.path,
    code: "too-large",
    message:
      `Expected an event of at most ${limits.maxBytes} bytes, got ${bytes} or more; ` +
      `its largest field is ${largest.path} with ${largest.bytes} or more: shorten it or raise maxEventBytes.`,
  });
}
