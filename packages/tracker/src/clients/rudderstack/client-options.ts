/**
 * The options of RudderStack's own server SDKs, in camelCase, and what they mean to the engine. Some have a second name
 * that says their unit; both lead to the same setting.
 */
import type { JsonObject } from "@oncewire/protocol";
import type { TraitsPlace } from "@oncewire/protocol/rudderstack";
import {
  defaults as trackerDefaults,
  resolveOptions,
  type ResolvedOptions,
  type TrackerOptions,
} from "../../options.js";
import type { Logger } from "../../report.js";
import type { Runtime } from "../../runtime.js";
import type { ProxyOption } from "../../transport/proxy.js";
import type { APIError } from "./api-error.js";
import type { RudderStackOptions } from "./destination.js";
import {
  amount,
  asItIs,
  flag,
  inSeconds,
  shown,
  wrongOption,
  type GivenOptions,
  type Measure,
} from "./option-values.js";

/** Called once per failed batch, after its last attempt, with the events as they were sent. */
export type OnError = (error: APIError, events: readonly JsonObject[]) => unknown;

/** Where lines go: `console`, pino and the like fit. */
export interface DebugLogger extends Logger {
  debug?(line: string): void;
}

type Renamed = "requestTimeoutMs" | "flushIntervalMs" | "maxBatchEvents" | "maxQueueEvents" | "logger";

/** Beside these, the tracker's options are taken: `onInvalid`, `overflow`, `flushTimeoutMs` and the others. */
export interface RudderStackClientOptions extends Omit<TrackerOptions, Renamed> {
  /** The source's write key. */
  readonly writeKey: string;
  /** The data plane's address, such as `https://hosted.rudderlabs.com`; a path in it is kept. */
  readonly dataPlaneUrl: string | URL;
  /**
   * Called when events could not be sent: once per batch, after its last attempt, with what went wrong and the events
   * as they were sent. What it throws is ignored.
   * @default null
   */
  readonly onError?: OnError | null | undefined;
  /**
   * Whether what the client does is written to `logger`, or to the console where there is none.
   * @default false
   */
  readonly debug?: boolean | undefined;
  /**
   * With false nothing is sent: events are checked and counted as `disabled`.
   * @default true
   */
  readonly send?: boolean | undefined;
  /**
   * Every event in a request of its own, at once: each call returns a promise that resolves when its event has ended,
   * retries included. `uploadSize` and `uploadInterval` then have no meaning.
   * @default false
   */
  readonly syncMode?: boolean | undefined;
  /**
   * Events that may wait; the next one is dropped as `queue-full`. At least 1.
   * @default 10000
   */
  readonly maxQueueSize?: number | undefined;
  /** `maxQueueSize`, by the tracker's name for it. */
  readonly maxQueueEvents?: number | undefined;
  /**
   * Whether bodies of 1 KiB and more are gzipped.
   * @default true
   */
  readonly gzip?: boolean | undefined;
  /**
   * Seconds from the start of an attempt to the end of the answer. From 0.01 to 3600.
   * @default 15
   */
  readonly timeout?: number | undefined;
  /** `timeout` in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /**
   * Attempts after the first; `Infinity` tries until `maxEventAgeMs`. Answers that another attempt cannot change (a
   * wrong key, an event that is refused) are final at once.
   * @default 10
   */
  readonly maxRetries?: number | undefined;
  /**
   * Seconds that an event waits at most for others to share its request, up to 3600. 0 sends at once.
   * @default 0.5
   */
  readonly uploadInterval?: number | undefined;
  /** `uploadInterval` in milliseconds. */
  readonly uploadIntervalMs?: number | undefined;
  /**
   * Events that trigger a request, and the most that one holds. From 1 to 100000.
   * @default 100
   */
  readonly uploadSize?: number | undefined;
  /** `uploadSize`, by the tracker's name for it. */
  readonly maxBatchEvents?: number | undefined;
  /**
   * An event of more bytes is rejected as `too-large`. At most 4095900.
   * @default 32768
   */
  readonly maxEventBytes?: number | undefined;
  /**
   * Bytes of one request's body before compression, at most; an event of more bytes goes alone. At most 4096000.
   * @default 4096000
   */
  readonly maxBatchBytes?: number | undefined;
  /**
   * Where identify's traits stand; RudderStack reads them in the context.
   * @default "context"
   */
  readonly identifyTraits?: TraitsPlace | undefined;
  /**
   * The proxy that requests go through, such as `http://user:password@proxy:3128`; null goes directly. What is not said
   * is read from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
   */
  readonly proxy?: ProxyOption;
  /** How requests are carried, in place of HTTP over our own connections; `gzip` and `proxy` then have no meaning. */
  readonly transport?: RudderStackOptions["transport"];
  /** Where events are posted, below `dataPlaneUrl`; `/v1/batch` where it is not said. */
  readonly path?: string | undefined;
  /**
   * Gets a line per loss and per pause, and with `debug` a line per call and per request.
   * @default null
   */
  readonly logger?: DebugLogger | null | undefined;
  /** Time, timers, chance and ids; for tests and simulations. The machine's where it is not said. */
  readonly runtime?: Runtime | undefined;
}

type Defaulted =
  | "onError"
  | "debug"
  | "send"
  | "syncMode"
  | "maxQueueSize"
  | "gzip"
  | "timeout"
  | "maxRetries"
  | "uploadInterval"
  | "uploadSize"
  | "maxEventBytes"
  | "maxBatchBytes"
  | "identifyTraits"
  | "logger";

export const defaults: { readonly [K in Defaulted]-?: Exclude<RudderStackClientOptions[K], undefined> } = Object.freeze(
  {
    onError: null,
    debug: false,
    send: true,
    syncMode: false,
    maxQueueSize: 10_000,
    gzip: true,
    timeout: 15,
    maxRetries: 10,
    uploadInterval: 0.5,
    uploadSize: 100,
    maxEventBytes: 32_768,
    maxBatchBytes: 4_096_000,
    identifyTraits: "context",
    logger: null,
  },
);

export interface ResolvedClientOptions {
  readonly destination: RudderStackOptions;
  readonly tracker: ResolvedOptions;
  readonly maxRetries: number;
  readonly onError: OnError | null;
  readonly syncMode: boolean;
  /** Null without `debug`. */
  readonly debugLogger: DebugLogger | null;
}

/** More is taken for milliseconds that were given as seconds. */
const hourMs = 3_600_000;

const timeout: Measure = {
  names: [inSeconds("timeout"), asItIs("timeoutMs")],
  byDefault: defaults.timeout * 1000,
  min: 10,
  max: hourMs,
};
const uploadInterval: Measure = {
  names: [inSeconds("uploadInterval"), asItIs("uploadIntervalMs")],
  byDefault: defaults.uploadInterval * 1000,
  min: 0,
  max: hourMs,
};
const queueSize: Measure = {
  names: [asItIs("maxQueueSize"), asItIs("maxQueueEvents")],
  byDefault: defaults.maxQueueSize,
  min: 1,
  max: Infinity,
};
const uploadSize: Measure = {
  names: [asItIs("uploadSize"), asItIs("maxBatchEvents")],
  byDefault: defaults.uploadSize,
  min: 1,
  max: 100_000,
};

/** What the tracker does not know by this name. */
const ownNames: ReadonlySet<string> = new Set([
  ...Object.keys(defaults).filter((name) => name !== "send"),
  ...[timeout, uploadInterval, queueSize, uploadSize].flatMap(({ names }) => names.map(({ name }) => name)),
  "writeKey",
  "dataPlaneUrl",
  "proxy",
  "path",
  "transport",
]);

/** What the client and the tracker take. `timeout` and `uploadInterval` are this client's words for two of them. */
const optionNames = [...ownNames, ...Object.keys(trackerDefaults).filter((name) => !ownNames.has(name))].filter(
  (name) => name !== "requestTimeoutMs" && name !== "flushIntervalMs",
);

type Given = Omit<RudderStackClientOptions, "runtime">;

/** Throws a `TrackerError` that names the option which is missing, unknown, given twice or out of its bounds. */
export function resolveClientOptions(given: Given): ResolvedClientOptions {
  const unknown = Object.keys(given).find((name) => !optionNames.includes(name));
  if (unknown !== undefined) throw wrongOption(unknown, `is not an option; there are ${optionNames.join(", ")}`);
  const { writeKey, dataPlaneUrl, maxEventBytes, maxBatchBytes, identifyTraits, logger } = given;
  const values: GivenOptions = { ...given };
  const measure = (what: Measure): number => amount(values, what);
  const isSync = flag(values, "syncMode", defaults.syncMode);
  const isDebug = flag(values, "debug", defaults.debug);
  const writer = logger === undefined && isDebug ? console : (logger ?? null);
  const maxBatchEvents = measure(uploadSize);
  return {
    destination: {
      writeKey,
      dataPlaneUrl,
      maxEventBytes,
      maxBatchEvents,
      maxBatchBytes,
      identifyTraits,
      proxy: given.proxy,
      path: given.path,
      transport: given.transport,
      gzip: flag(values, "gzip", defaults.gzip),
    },
    tracker: resolveOptions({
      ...forTracker(given),
      logger: writer,
      requestTimeoutMs: measure(timeout),
      maxQueueEvents: measure(queueSize),
      flushIntervalMs: isSync ? 0 : measure(uploadInterval),
      maxBatchEvents: isSync ? 1 : maxBatchEvents,
    }),
    maxRetries: retries(given.maxRetries),
    onError: handler(given.onError),
    syncMode: isSync,
    debugLogger: isDebug ? writer : null,
  };
}

function forTracker(given: Given): TrackerOptions {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !ownNames.has(name)));
}

function retries(value: unknown = defaults.maxRetries): number {
  if (value === Infinity || (typeof value === "number" && Number.isSafeInteger(value) && value >= 0)) return value;
  throw wrongOption("maxRetries", `must be a whole number ≥ 0 or Infinity, got ${shown(value)}`);
}

function handler(value: OnError | null = defaults.onError): OnError | null {
  if (value === null || typeof value === "function") return value;
  throw wrongOption("onError", `must be a function (error, events) or null, got ${shown(value)}`);
}
