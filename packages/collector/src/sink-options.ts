/** Where accepted events go beside the store. */
import { createATrackEncoder } from "@oncewire/protocol/a-track";
import { createRudderStackEncoder } from "@oncewire/protocol/rudderstack";
import { createSnowplowEncoder } from "@oncewire/protocol/snowplow";

export const sinkWires = ["rudderstack", "a-track", "snowplow"] as const;
export type SinkWire = (typeof sinkWires)[number];

interface CommonSinkOptions {
  /** Names its place in the log, its metrics and its reports: letters, digits and dashes. A new name is a new sink. */
  readonly name: string;
  /** Only events of this project; without it, of all. */
  readonly project?: string | undefined;
  /** Where a new sink begins: with what comes `now`, or with the oldest that the log has. @default "now" */
  readonly from?: "now" | "beginning" | undefined;
}

/** A file of canonical events, one JSON object per line. It may be moved away at any time; a new one is begun then. */
export interface NdjsonSinkOptions extends CommonSinkOptions {
  readonly kind: "ndjson";
  /** The file; its folder must be there. */
  readonly path: string;
}

/** Another system, under the ids that events have: what comes twice is kept there once. */
export interface ForwardSinkOptions extends CommonSinkOptions {
  readonly kind: "forward";
  /** The wire to speak: `rudderstack`, `a-track` or `snowplow`. */
  readonly to: SinkWire;
  /** The other system's address, http or https; a path in it is kept. */
  readonly url: string;
  /** Its write key, public key or app id. */
  readonly key: string;
  /**
   * An event of more bytes, in that system's words, is refused. At most 4,095,900 for `rudderstack`, 1,048,576 for the
   * others. @default 32768 for rudderstack, 262144 for a-track, 131072 for snowplow
   */
  readonly maxEventBytes?: number | undefined;
  /**
   * Bytes of one request before compression. At most 4,096,000 for `rudderstack`, 2,097,152 for `snowplow`, which must
   * hold the largest event; `a-track` has no batches. @default 4096000 for rudderstack, 1000000 for snowplow
   */
  readonly maxBatchBytes?: number | undefined;
}

export type SinkOptions = NdjsonSinkOptions | ForwardSinkOptions;

export const sinksExpectation =
  'a list of sinks with different names, such as {"kind":"ndjson","name":"file","path":"./events.ndjson"} or {"kind":"forward","name":"rs","to":"rudderstack","url":"https://…","key":"…"}, whose `maxEventBytes` and `maxBatchBytes` are what its wire takes';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string" && value !== "";
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const oneOf =
  (...choices: readonly unknown[]): Check =>
  (value) =>
    choices.includes(value);

const common = {
  name: (value) => typeof value === "string" && /^[a-z0-9][a-z0-9-]{0,40}$/i.test(value),
  project: optional(text),
  from: optional(oneOf("now", "beginning")),
} satisfies Record<string, Check>;

const shapes: Readonly<Record<SinkOptions["kind"], Readonly<Record<string, Check>>>> = {
  ndjson: { ...common, kind: text, path: text },
  forward: {
    ...common,
    kind: text,
    to: oneOf(...sinkWires),
    url: isHttpUrl,
    key: text,
    maxEventBytes: optional(Number.isInteger),
    maxBatchBytes: optional(Number.isInteger),
  },
};

/** Makes an encoder, which knows best what its wire takes: throws for anything else. */
const encoders: Readonly<Record<SinkWire, (key: string, sizes: Sizes) => unknown>> = {
  rudderstack: (writeKey, sizes) => createRudderStackEncoder({ writeKey, ...sizes }),
  "a-track": (publicKey, { maxBatchBytes, ...sizes }) => {
    if (maxBatchBytes !== undefined) throw new TypeError("Expected no `maxBatchBytes` on a wire without batches.");
    return createATrackEncoder({ publicKey, ...sizes });
  },
  snowplow: (appId, sizes) => createSnowplowEncoder({ appId, ...sizes }),
};

interface Sizes {
  readonly maxEventBytes?: number;
  readonly maxBatchBytes?: number;
}

export function areSinks(value: unknown): value is readonly SinkOptions[] {
  return Array.isArray(value) && value.every(isSink) && new Set(value.map(({ name }) => name)).size === value.length;
}

function isSink(value: unknown): value is SinkOptions {
  if (typeof value !== "object" || value === null) return false;
  const { kind } = value as { kind?: unknown };
  if (kind !== "ndjson" && kind !== "forward") return false;
  const shape = shapes[kind];
  const fields = value as Readonly<Record<string, unknown>>;
  const isOfShape =
    Object.keys(fields).every((name) => name in shape) &&
    Object.entries(shape).every(([name, check]) => check(fields[name]));
  return isOfShape && (kind === "ndjson" || isTakenByWire(value as ForwardSinkOptions));
}

function isTakenByWire({ to, key, maxEventBytes, maxBatchBytes }: ForwardSinkOptions): boolean {
  try {
    encoders[to](key, {
      ...(maxEventBytes === undefined ? {} : { maxEventBytes }),
      ...(maxBatchBytes === undefined ? {} : { maxBatchBytes }),
    });
    return true;
  } catch {
    return false;
  }
}

function isHttpUrl(value: unknown): boolean {
  return typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
