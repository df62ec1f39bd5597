/**
 * An event as the bytes that will be counted, kept and sent: one JSON object, without the `sentAt` that `frame` puts
 * before its last brace. No key is ever among them.
 */
import type { ByteSlab } from "../byte-slab.js";
import type { Stamp } from "../codec.js";
import type { EncodedEvent } from "../encoded-event.js";
import { isoTime } from "../iso-time.js";
import type { JsonLimits } from "../json.js";
import { failed, ok } from "../problem.js";
import type { Result } from "../problem.js";
import { largestField } from "./largest-field.js";
import { MessageText } from "./message-text.js";
import { validate } from "./validate.js";
import type { ValidEvent } from "./validate.js";

/** What an encoder needs beside the event. */
export interface EncodeTools {
  /** `"library":{…}`, as JSON. */
  readonly library: string;
  readonly slab: ByteSlab;
  readonly limits: JsonLimits;
}

export function encode(event: unknown, stamp: Stamp, tools: EncodeTools): Result<EncodedEvent> {
  const checked = validate(event);
  if (!checked.ok) return checked;
  const valid = checked.value;
  const id = valid.messageId ?? stamp.id;
  const message = messageText(valid, { id, nowMs: stamp.nowMs }, tools);
  if (message.tooLargeBytes > 0) return tooLarge(valid, message.tooLargeBytes, tools.limits);
  const bytes = tools.slab.encode(`${message.text}}`);
  if (bytes.length > tools.limits.maxBytes) return tooLarge(valid, bytes.length, tools.limits);
  const encoded = { id, lane: valid.userId ?? valid.anonymousId ?? "", bytes };
  return ok(message.replaced.length === 0 ? encoded : { ...encoded, replaced: message.replaced });
}

/** The message as RudderStack's own server SDKs build it; the table is in docs/protocols/rudderstack.md. */
function messageText(event: ValidEvent, stamp: Stamp, tools: EncodeTools): MessageText {
  const message = new MessageText(tools.limits);
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
  if (event.type !== "identify") message.field("traits", event.traits);
  message.raw(`"context":${contextText(event, message, tools.library)}`);
  message.raw(`"integrations":${integrationsText(event, message)}`);
  if (event.timestamp !== undefined) message.raw(`"timestamp":"${event.timestamp}"`);
  message.raw(`"originalTimestamp":"${event.originalTimestamp ?? isoTime(stamp.nowMs)}"`);
  if (event.rest !== undefined) message.fields(event.rest);
  return message;
}

/** The caller's context with what is ours in it: `library`, and the traits of identify, which travel here. */
function contextText(event: ValidEvent, message: MessageText, library: string): string {
  const traits = event.type === "identify" && event.traits !== undefined ? message.write("traits", event.traits) : "";
  const ours = traits === "" ? library : `"traits":${traits},${library}`;
  if (event.context === undefined) return `{${ours}}`;
  const context = message.write("context", event.context);
  const clashes = context.includes('"library":') || (traits !== "" && context.includes('"traits":'));
  const base = clashes || !context.startsWith("{") ? withoutOurs(context, traits !== "") : context;
  return base === "{}" ? `{${ours}}` : `${base.slice(0, -1)},${ours}}`;
}

/** The object's text without the fields that are ours to set. */
function withoutOurs(text: string, traitsAreOurs: boolean): string {
  const value: unknown = text === "" ? {} : JSON.parse(text);
  // What a `toJSON` made of an object may be anything.
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `{"value":${text}}`;
  const kept = Object.entries(value).filter(([name]) => name !== "library" && !(traitsAreOurs && name === "traits"));
  return JSON.stringify(Object.fromEntries(kept));
}

function integrationsText(event: ValidEvent, message: MessageText): string {
  const text = event.integrations === undefined ? "{}" : message.write("integrations", event.integrations);
  return text === "{}" || text === "" ? '{"All":true}' : text;
}

function tooLarge(event: ValidEvent, bytes: number, limits: JsonLimits): Result<never> {
  const largest = largestField(event, limits);
  return failed({
    path: largest.path,
    code: "too-large",
    message:
      `Expected an event of at most ${limits.maxBytes} bytes, got ${bytes} or more; ` +
      `its largest field is ${largest.path} with ${largest.bytes} or more: shorten it or raise maxEventBytes.`,
  });
}
