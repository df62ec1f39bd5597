/** The sender's half of Snowplow's wire. */
import { createByteSlab } from "../byte-slab.js";
import type { Encoder, Limits } from "../codec.js";
import { adapterPaths } from "./adapters.js";
import { classify } from "./classify.js";
import { maxDepth } from "./embedded-json.js";
import { encode, prepareTools } from "./encode.js";
import type { EncodeTools } from "./encode.js";
import type { SnowplowEvent } from "./event.js";
import { frameGet, framePost, getOverheadBytes, postOverheadBytes } from "./frame.js";
import type { Pairs } from "./pairs-text.js";
import { payloadKeys, platforms } from "./payload-keys.js";
import type { Platform } from "./payload-keys.js";
import { translate } from "./translate.js";

export interface SnowplowEncoderOptions {
  /** Names the tracker; several may send for one application. @default none is sent */
  readonly namespace?: string;
  /** Names the application. @default none is sent */
  readonly appId?: string;
  /** GET sends each event as a request of its own. @default "post" */
  readonly method?: "get" | "post";
  /** Whether self-describing data and entities travel in base64. @default true */
  readonly encodeBase64?: boolean;
  /** Whether each request says of its events when it was sent: a collector corrects the device's clock by it. @default true */
  readonly stm?: boolean;
  /** Of events whose subject names none. @default "srv" */
  readonly platform?: Platform;
  /** Where POST goes: a path of two segments that the collector knows. @default "/com.snowplowanalytics.snowplow/tp2" */
  readonly postPath?: string;
  /** What sends the events, with its version behind a dash. @default "oncewire-0.1.0" */
  readonly trackerVersion?: string;
  /** An event of more bytes is refused. At most 1048576; by GET 20000. @default 131072; by GET 16384 */
  readonly maxEventBytes?: number;
  /** Bytes of one POST; a collector takes 2 MiB and keeps 1 MiB as one record. At most 2097152. @default 1000000 */
  readonly maxBatchBytes?: number;
  /** Events in one POST. @default 100 */
  readonly maxBatchEvents?: number;
}

/** A collector reads request lines of 20,480 bytes; the rest is for the path, and a prefix of it. */
const maxQueryBytes = 20_000;
const maxPostBytes = 2_097_152;
const maxPostEventBytes = 1_048_576;

const defaults = {
  method: "post",
  platform: "srv",
  postPath: adapterPaths.tracker,
  trackerVersion: "oncewire-0.1.0",
  maxPostEventBytes: 131_072,
  maxQueryEventBytes: 16_384,
  maxBatchBytes: 1_000_000,
  maxBatchEvents: 100,
} as const;

/** Throws a RangeError or a TypeError for an option that is out of its bounds. */
export function createSnowplowEncoder(options: SnowplowEncoderOptions): Encoder<SnowplowEvent> {
  const { method = defaults.method, postPath = defaults.postPath, stm = true } = options;
  checkChoice("method", method, ["get", "post"]);
  checkPath(postPath);
  const isPost = method === "post";
  const limits = isPost ? postLimits(options) : getLimits(options);
  const tools = toolsFor(options, limits.maxEventBytes);
  return {
    protocol: "snowplow",
    limits,
    translate,
    encode: (event, stamp) => encode(event, stamp, tools),
    overheadBytes: isPost ? postOverheadBytes : (count) => count * getOverheadBytes,
    frame: (events, nowMs) => {
      const [first] = events;
      const sentAtMs = stm ? nowMs : null;
      if (isPost || first === undefined) return framePost(events, sentAtMs, postPath);
      return frameGet(first, sentAtMs);
    },
    classify,
  };
}

function toolsFor(options: SnowplowEncoderOptions, maxBytes: number): EncodeTools {
  const { platform = defaults.platform, trackerVersion = defaults.trackerVersion, encodeBase64 = true } = options;
  checkChoice("platform", platform, platforms);
  return prepareTools({
    method: options.method ?? defaults.method,
    encodeBase64,
    platform,
    trackerPairs: trackerPairs({ ...options, trackerVersion }),
    limits: { maxBytes, maxDepth },
    slab: createByteSlab(),
  });
}

function trackerPairs({ trackerVersion, namespace, appId }: SnowplowEncoderOptions): Pairs {
  const pairs = new Map([["tv", checkText("trackerVersion", "tv", trackerVersion)]]);
  if (namespace !== undefined) pairs.set("tna", checkText("namespace", "tna", namespace));
  return appId === undefined ? pairs : pairs.set("aid", checkText("appId", "aid", appId));
}

function postLimits(options: SnowplowEncoderOptions): Limits {
  const { maxBatchBytes = defaults.maxBatchBytes, maxBatchEvents = defaults.maxBatchEvents } = options;
  checkRange("maxBatchBytes", maxBatchBytes, maxPostBytes);
  checkRange("maxBatchEvents", maxBatchEvents, 100_000);
  const room = Math.min(maxPostEventBytes, maxBatchBytes - postOverheadBytes(1));
  const { maxEventBytes = Math.min(defaults.maxPostEventBytes, room) } = options;
  checkRange("maxEventBytes", maxEventBytes, room);
  return { maxEventBytes, maxBatchEvents, maxBatchBytes };
}

function getLimits({ maxEventBytes = defaults.maxQueryEventBytes }: SnowplowEncoderOptions): Limits {
  checkRange("maxEventBytes", maxEventBytes, maxQueryBytes);
  return { maxEventBytes, maxBatchEvents: 1, maxBatchBytes: maxEventBytes + getOverheadBytes };
}

function checkRange(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new RangeError(`\`${name}\` must be a whole number from 1 to ${max}, got ${value}.`);
  }
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value))
    throw new TypeError(`\`${name}\` must be one of ${choices.join(", ")}, got "${value}".`);
}

function checkText(name: string, key: string, value: unknown): string {
  const maxLength = payloadKeys.get(key)?.maxLength ?? Infinity;
  if (typeof value === "string" && value !== "" && value.length <= maxLength) return value;
  throw new TypeError(`\`${name}\` must be a text of 1 to ${maxLength} characters, got another value.`);
}

function checkPath(path: string): void {
  if (!/^\/[^/?#\s]+\/[^/?#\s]+$/.test(path)) {
    throw new TypeError(`\`postPath\` must be a path of two segments such as /com.acme/track, got "${path}".`);
  }
}
