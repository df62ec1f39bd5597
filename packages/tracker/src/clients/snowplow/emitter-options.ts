/**
 * The options of Snowplow's emitters, in camelCase, and what they mean to the engine. Beside them the tracker's own
 * options are taken, but for those that have a name here.
 */
import { TrackerError } from "../../errors.js";
import {
  defaults as trackerDefaults,
  resolveOptions,
  type ResolvedOptions,
  type TrackerOptions,
} from "../../options.js";
import type { Runtime } from "../../runtime.js";
import { shown } from "./contracts.js";
import type { SnowplowOptions } from "./destination.js";
import { logLevels, writersFor, type LevelLogger, type LevelWriters, type LogLevel } from "./emitter-log.js";
import type { EventStore } from "./event-store.js";
import type { OnFailure, OnSuccess, RequestCallbacks, RetryCodes } from "./request-callbacks.js";

type Renamed = "requestTimeoutMs" | "retryCapMs" | "maxQueueEvents" | "maxBatchEvents" | "logger";
type OfDestination =
  | "protocol"
  | "port"
  | "method"
  | "postPath"
  | "stm"
  | "headers"
  | "gzip"
  | "maxEventBytes"
  | "checkData"
  | "proxy"
  | "transport"
  | "name";

/** Beside these, the tracker's options are taken: `flushIntervalMs`, `spool`, `handleSignals` and the others. */
export interface EmitterOptions extends Omit<TrackerOptions, Renamed>, Pick<SnowplowOptions, OfDestination> {
  /**
   * Events that trigger a request, and the most that one holds; with GET every event is a request. Less than that waits
   * no longer than `flushIntervalMs`.
   * @default 10
   */
  readonly batchSize?: number | null | undefined;
  /**
   * Bytes of events that trigger a request, and the most that one holds; an event of more goes alone.
   * @default 1000000
   */
  readonly byteLimit?: number | null | undefined;
  /**
   * Called with the events of each request that the collector took, as they were sent. What it throws is ignored.
   * @default null
   */
  readonly onSuccess?: OnSuccess | null | undefined;
  /**
   * Called after each request that failed, also where its events will be sent again. What it throws is ignored.
   * @default null
   */
  readonly onFailure?: OnFailure | null | undefined;
  /**
   * Seconds from the start of an attempt to the end of the answer, or those to connect and those to read.
   * @default 15
   */
  readonly requestTimeout?: number | readonly [connect: number, read: number] | null | undefined;
  /**
   * The longest wait after a failure, in seconds.
   * @default 60
   */
  readonly maxRetryDelay?: number | undefined;
  /**
   * Events that may wait; the next one is dropped as `queue-full`. An event store has a capacity of its own.
   * @default 10000
   */
  readonly bufferCapacity?: number | null | undefined;
  /**
   * Whether an answer with this status is tried again; a status that is not named is dealt with as
   * docs/protocols/snowplow.md says.
   * @default {}
   */
  readonly customRetryCodes?: RetryCodes | undefined;
  /**
   * With false, no request is made twice: what might have succeeded later is dropped as `exhausted`.
   * @default true
   */
  readonly retryFailedRequests?: boolean | undefined;
  /**
   * Where events wait in place of the engine's own queue.
   * @default null
   */
  readonly eventStore?: EventStore | null | undefined;
  /**
   * Gets lines about requests and losses. Without it nothing is written anywhere.
   * @default null
   */
  readonly logger?: LevelLogger | null | undefined;
  /**
   * The least severe lines that `logger` gets.
   * @default "info"
   */
  readonly logLevel?: LogLevel | undefined;
  /** Time, timers, chance and ids; for tests and simulations. The machine's where it is not said. */
  readonly runtime?: Runtime | undefined;
}

type Defaulted =
  | "batchSize"
  | "byteLimit"
  | "onSuccess"
  | "onFailure"
  | "requestTimeout"
  | "maxRetryDelay"
  | "bufferCapacity"
  | "customRetryCodes"
  | "retryFailedRequests"
  | "eventStore"
  | "logger"
  | "logLevel";

export const defaults: { readonly [K in Defaulted]-?: Exclude<EmitterOptions[K], undefined> } = Object.freeze({
  batchSize: 10,
  byteLimit: 1_000_000,
  onSuccess: null,
  onFailure: null,
  requestTimeout: 15,
  maxRetryDelay: 60,
  bufferCapacity: 10_000,
  customRetryCodes: Object.freeze({}),
  retryFailedRequests: true,
  eventStore: null,
  logger: null,
  logLevel: "info",
});

const destinationNames = [
  "protocol",
  "port",
  "method",
  "postPath",
  "stm",
  "headers",
  "gzip",
  "maxEventBytes",
  "checkData",
  "proxy",
  "transport",
  "name",
] as const satisfies readonly OfDestination[];

const renamed: readonly string[] = [
  "requestTimeoutMs",
  "retryCapMs",
  "maxQueueEvents",
  "maxBatchEvents",
  "logger",
] satisfies readonly Renamed[];

const ownNames: ReadonlySet<string> = new Set([...destinationNames, ...Object.keys(defaults)]);
const optionNames = [...ownNames, ...Object.keys(trackerDefaults).filter((name) => !renamed.includes(name))];

type Given = Omit<EmitterOptions, "runtime">;

export interface ResolvedEmitterOptions {
  readonly destination: Omit<SnowplowOptions, "endpoint">;
  readonly byteLimit: number;
  readonly batchSize: number;
  readonly tracker: ResolvedOptions;
  readonly callbacks: RequestCallbacks;
  readonly eventStore: EventStore | null;
  readonly log: LevelWriters;
}

/** Throws a `TrackerError` that names the option which is unknown or out of its bounds. */
export function resolveEmitterOptions(given: Given): ResolvedEmitterOptions {
  const unknown = Object.keys(given).find((name) => !optionNames.includes(name));
  if (unknown !== undefined) throw wrong(unknown, `is not an option; there are ${optionNames.join(", ")}`);
  const bufferCapacity = count("bufferCapacity", given.bufferCapacity ?? defaults.bufferCapacity);
  const batchSize = Math.min(count("batchSize", given.batchSize ?? defaults.batchSize), bufferCapacity);
  const log = writersFor(logger(given.logger ?? null), level(given.logLevel));
  return {
    destination: Object.fromEntries(destinationNames.map((name) => [name, given[name] ?? undefined])),
    byteLimit: count("byteLimit", given.byteLimit ?? defaults.byteLimit),
    batchSize,
    tracker: resolveOptions({
      ...forTracker(given),
      logger: given.logger == null ? null : log,
      requestTimeoutMs: timeoutMs(given.requestTimeout ?? defaults.requestTimeout),
      ...retryBounds(given),
      maxQueueEvents: bufferCapacity,
      maxBatchEvents: batchSize,
    }),
    callbacks: {
      onSuccess: callback("onSuccess", given.onSuccess),
      onFailure: callback("onFailure", given.onFailure),
      customRetryCodes: retryCodes(given.customRetryCodes ?? defaults.customRetryCodes),
      retryFailedRequests: flag("retryFailedRequests", given.retryFailedRequests ?? defaults.retryFailedRequests),
    },
    eventStore: eventStore(given.eventStore ?? null),
    log,
  };
}

function forTracker(given: Given): TrackerOptions {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !ownNames.has(name)));
}

function count(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw wrong(name, `must be a whole number ≥ 1, got ${shown(value)}`);
}

/** The longest wait is never shorter than the first. */
function retryBounds({ retryBaseMs, maxRetryDelay = defaults.maxRetryDelay }: Given): Partial<TrackerOptions> {
  const retryCapMs = Math.round(seconds("maxRetryDelay", maxRetryDelay, 0.001) * 1000);
  return { retryCapMs, retryBaseMs: retryBaseMs ?? Math.min(trackerDefaults.retryBaseMs, retryCapMs) };
}

function timeoutMs(value: unknown): number {
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return Math.round(parts.reduce<number>((sum, part) => sum + seconds("requestTimeout", part, 0.01), 0) * 1000);
}

function seconds(name: string, value: unknown, min: number): number {
  if (typeof value === "number" && value >= min && Number.isFinite(value)) return value;
  throw wrong(name, `must be a number of seconds ≥ ${min}, got ${shown(value)}`);
}

function flag(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw wrong(name, `must be true or false, got ${shown(value)}`);
}

function callback<F extends OnSuccess | OnFailure>(name: string, value: F | null = null): F | null {
  if (value === null || typeof value === "function") return value;
  throw wrong(name, `must be a function or null, got ${shown(value)}`);
}

function retryCodes(codes: RetryCodes): RetryCodes {
  for (const [status, willRetry] of Object.entries(codes)) {
    if (!isRetryCode(Number(status), willRetry)) {
      throw wrong("customRetryCodes", `must map statuses from 300 to 599 to true or false, got ${shown(status)}`);
    }
  }
  return { ...codes };
}

/** Whether a rule for this status makes sense: what is a success is not tried again. */
export function isRetryCode(status: unknown, willRetry: unknown): boolean {
  return Number.isInteger(status) && Number(status) >= 300 && Number(status) <= 599 && typeof willRetry === "boolean";
}

function eventStore(store: EventStore | null): EventStore | null {
  if (store === null) return null;
  const missing = ["addEvent", "getEventsBatch", "cleanup", "size"].find(
    (method) => typeof Reflect.get(store, method) !== "function",
  );
  if (missing === undefined) return store;
  throw wrong("eventStore", `must have the methods addEvent, getEventsBatch, cleanup and size, has no ${missing}`);
}

function logger(given: LevelLogger | null): LevelLogger | null {
  if (given === null || (typeof given.warn === "function" && typeof given.error === "function")) return given;
  throw wrong("logger", "must have the methods `warn` and `error`, as `console` has");
}

function level(given: LogLevel = defaults.logLevel): LogLevel {
  if (logLevels.includes(given)) return given;
  throw wrong("logLevel", `must be one of ${logLevels.join(", ")}, got ${shown(given)}`);
}

function wrong(name: string, what: string): TrackerError {
  return new TrackerError("E_OPTION", name, `\`${name}\` ${what}.`);
}
