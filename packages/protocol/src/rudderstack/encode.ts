/**
 * An event as the bytes that will be counted, kept and sent: one JSON object, without the `sentAt` that `frame` puts
 * before its last brace. No key is ever among them.
 */
import type { ByteSlab } from "../byte-slab.js";
import type { Stamp } from "../codec.js";
import type { EncodedEvent } from "../encoded-event.js";
import { isoTime } from "../iso-time.js";
import { writeJson } from "../json.js";
import type { JsonLimits } from "../json.js";
import { isMap, isPlain } from "../object-tag.js";
import { failed, ok } from "../problem.js";
import type { Result } from "../problem.js";
import { largestField } from "./largest-field.js";
import { validate } from "./validate.js";
import type { ValidEvent } from "./validate.js";

/** What sends the events: `context.library` of each. */
export interface Library {
  readonly name: string;
  readonly version: string;
}

/** What an encoder needs beside the event. */
export interface EncodeTools {
  readonly library: Library;
  readonly slab: ByteSlab;
  readonly limits: JsonLimits;
}

export function encode(event: unknown, stamp: Stamp, tools: EncodeTools): Result<EncodedEvent> {
  const checked = validate(event);
  if (!checked.ok) return checked;
  const valid = checked.value;
  const message = wireMessage(valid, stamp, tools.library);
  const written = writeJson(message, tools.limits);
  if (written.kind === "too-large") return tooLarge(message, written.atLeastBytes, tools.limits);
  const bytes = tools.slab.encode(written.text);
  if (bytes.length > tools.limits.maxBytes) return tooLarge(message, bytes.length, tools.limits);
  return ok({ id: message.messageId, lane: valid.userId ?? valid.anonymousId ?? "", bytes });
}

/** JSON leaves out the fields that are undefined. */
interface WireMessage extends Omit<ValidEvent, "rest" | "messageId"> {
  readonly messageId: string;
  readonly channel: "server";
}

const allIntegrations = { All: true } as const;

/** The message as RudderStack's own server SDKs build it; the table is in docs/protocols/rudderstack.md. */
function wireMessage(event: ValidEvent, stamp: Stamp, library: Library): WireMessage {
  const message: WireMessage = {
    type: event.type,
    messageId: event.messageId ?? stamp.id,
    channel: "server",
    userId: event.userId,
    anonymousId: event.anonymousId,
    previousId: event.previousId,
    groupId: event.groupId,
    event: event.event,
    name: event.name,
    category: event.category,
    properties: event.properties,
    traits: event.type === "identify" ? undefined : event.traits,
    context: wireContext(event, library),
    integrations: event.integrations ?? allIntegrations,
    timestamp: event.timestamp,
    originalTimestamp: event.originalTimestamp ?? isoTime(stamp.nowMs),
  };
  return event.rest === undefined ? message : { ...event.rest, ...message };
}

/** The caller's context, never the caller's object: `library` is always ours, and identify's traits travel here. */
function wireContext(event: ValidEvent, library: Library): object {
  const context = event.context === undefined ? undefined : copyOf(event.context);
  if (event.type !== "identify" || event.traits === undefined) return { ...context, library };
  return { ...context, traits: event.traits, library };
}

function copyOf(context: object): object {
  try {
    return isPlain(context) || !isMap(context) ? { ...context } : Object.fromEntries(context);
  } catch {
    return copyWithGetters(context);
  }
}

/** A field that throws goes on throwing, for the writer to replace; so no other field is lost with it. */
function copyWithGetters(context: object): object {
  try {
    return Object.defineProperties({}, Object.getOwnPropertyDescriptors(context));
  } catch {
    return { unreadable: "[unreadable]" };
  }
}

function tooLarge(message: WireMessage, bytes: number, limits: JsonLimits): Result<never> {
  const largest = largestField(message, limits);
  return failed({
    path: largest.path,
    code: "too-large",
    message:
      `Expected an event of at most ${limits.maxBytes} bytes, got ${bytes} or more; ` +
      `its largest field is ${largest.path} with ${largest.bytes} or more: shorten it or raise maxEventBytes.`,
  });
}
