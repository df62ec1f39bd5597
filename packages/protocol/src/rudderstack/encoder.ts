/** RudderStack, the sending half: options in, `Encoder` out. */
import { createByteSlab } from "../byte-slab.js";
import type { Encoder, Limits } from "../codec.js";
import { classify } from "./classify.js";
import { encode } from "./encode.js";
import type { EncodeTools, TraitsPlace } from "./encode.js";
import type { RudderStackEvent } from "./event.js";
import { authorization, frame, overheadBytes } from "./frame.js";
import { translate } from "./translate.js";

/** What sends the events: `context.library` of each. */
export interface Library {
  readonly name: string;
  readonly version: string;
}

export interface RudderStackEncoderOptions {
  /** The source's key. It is in each request's Authorization header and nowhere else. */
  readonly writeKey: string;
  /** What `context.library` of each event says. @default oncewire and its version */
  readonly library?: Library;
  /**
   * Where identify's traits stand. RudderStack reads `context.traits`; its Node SDK sends both, Segment's only the root.
   * @default "context"
   */
  readonly identifyTraits?: TraitsPlace;
  /** An event of more bytes is refused; RudderStack's documents name 32 KiB. At most 4,095,900. @default 32768 */
  readonly maxEventBytes?: number;
  /** Events in one request. @default 100 */
  readonly maxBatchEvents?: number;
  /** Bytes of one request's body before compression; an event of more goes alone. At most 4,096,000. @default 4096000 */
  readonly maxBatchBytes?: number;
}

/** What the gateway takes, unpacked: one byte more is answered with 413. */
export const maxRequestBytes = 4_096_000;

/** RudderStack's documents name 200 levels for a request; the list and its wrapper are two of them. */
const maxEventDepth = 198;

const defaults = {
  library: { name: "oncewire", version: "0.1.0" },
  maxEventBytes: 32 * 1024,
  maxBatchEvents: 100,
  maxBatchBytes: maxRequestBytes,
} as const;

/** Throws a RangeError or a TypeError for an option that is out of its bounds. */
export function createRudderStackEncoder(options: RudderStackEncoderOptions): Encoder<RudderStackEvent> {
  const limits = resolveLimits(options);
  const credentials = authorization(checkKey(options.writeKey));
  const tools: EncodeTools = {
    identifyTraits: options.identifyTraits ?? "context",
    library: `"library":${JSON.stringify(options.library ?? defaults.library)}`,
    slab: createByteSlab(),
    limits: { maxBytes: limits.maxEventBytes, maxDepth: maxEventDepth },
  };
  return {
    protocol: "rudderstack",
    limits,
    translate,
    encode: (event, stamp) => encode(event, stamp, tools),
    overheadBytes,
    frame: (events, sentAtMs) => frame(events, sentAtMs, credentials),
    classify,
  };
}

function resolveLimits(options: RudderStackEncoderOptions): Limits {
  const { maxEventBytes = defaults.maxEventBytes, maxBatchEvents = defaults.maxBatchEvents } = options;
  const { maxBatchBytes = defaults.maxBatchBytes } = options;
  checkRange("maxEventBytes", maxEventBytes, maxRequestBytes - overheadBytes(1));
  checkRange("maxBatchEvents", maxBatchEvents, 100_000);
  checkRange("maxBatchBytes", maxBatchBytes, maxRequestBytes);
  return { maxEventBytes, maxBatchEvents, maxBatchBytes };
}

function checkRange(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new RangeError(`\`${name}\` must be a whole number from 1 to ${max}, got ${value}.`);
  }
}

function checkKey(writeKey: unknown): string {
  if (typeof writeKey === "string" && writeKey.trim() !== "") return writeKey;
  throw new TypeError("`writeKey` must be the write key of a RudderStack source, got an empty or missing value.");
}
