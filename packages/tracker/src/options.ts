import type { JournalOptions } from "@oncewire/journal";
import { TrackerError } from "./errors.js";
import type { Logger } from "./report.js";

/** What to do with an event for which there is no room. */
export const overflowPolicies = ["drop-newest", "drop-oldest", "wait"] as const;
export type OverflowPolicy = (typeof overflowPolicies)[number];

export const invalidPolicies = ["reject", "throw"] as const;
export type InvalidPolicy = (typeof invalidPolicies)[number];

/** How events are kept and delivered. Each destination has a queue of its own with these bounds. */
export interface DeliveryOptions {
  /**
   * What happens to an event for which there is no room. `drop-newest` drops the event that comes; `drop-oldest` makes
   * room by dropping what has waited longest; `wait` is `drop-newest` for callers that `await tracker.ready()` before
   * they track and so never meet it: only with `wait` does `ready()` wait.
   * @default "drop-newest"
   */
  readonly overflow?: OverflowPolicy | undefined;
  /**
   * Memory that undelivered events of one destination may take, in bytes: the encoded events and what keeping them
   * costs. At least 65536.
   * @default 67108864
   */
  readonly maxQueueBytes?: number | undefined;
  /**
   * Undelivered events of one destination, at most. At least 1.
   * @default 1000000
   */
  readonly maxQueueEvents?: number | undefined;
  /**
   * An event waits at most so long for others to share its request. 0 sends at once.
   * @default 1000
   */
  readonly flushIntervalMs?: number | undefined;
  /**
   * Events in one request, at most; the destination's own limit applies as well.
   * @default 500
   */
  readonly maxBatchEvents?: number | undefined;
  /**
   * Requests to one destination at the same time. Events of one user are never in two of them.
   * @default 4
   */
  readonly maxInFlight?: number | undefined;
  /**
   * An event that could not be delivered for so long is dropped as `expired`. How often it was tried does not matter.
   * @default 604800000
   */
  readonly maxEventAgeMs?: number | undefined;
  /**
   * From the start of an attempt to the end of the answer. At least 10.
   * @default 15000
   */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * After the first failure in a row the next attempt comes within this time, after the second within twice of it, and
   * so on up to `retryCapMs`; the moment within it is left to chance. A Retry-After of the destination is kept instead.
   * @default 500
   */
  readonly retryBaseMs?: number | undefined;
  /**
   * The longest wait after a failure; not shorter than `retryBaseMs`.
   * @default 30000
   */
  readonly retryCapMs?: number | undefined;
  /**
   * The pause after the destination has refused us (401, 403), doubled with each refusal in a row.
   * @default 10000
   */
  readonly pauseBaseMs?: number | undefined;
  /**
   * The longest such pause; not shorter than `pauseBaseMs`.
   * @default 600000
   */
  readonly pauseCapMs?: number | undefined;
}

export interface SpoolOptions {
  readonly directory: string;
  /**
   * Size on disk for each destination of this process; beyond it `overflow` applies. At least 1048576.
   * @default 1073741824
   */
  readonly maxBytes?: number | undefined;
  /**
   * When an event counts as durable: `group` once it is on stable storage, `none` once the operating system has it,
   * which survives the end of the process but not a power cut.
   * @default "group"
   */
  readonly sync?: "group" | "none" | undefined;
  /** Further settings of the journal, for tests and simulations: its files and its runtime, say. */
  readonly journal?: Omit<JournalOptions, "directory" | "maxBytes" | "sync"> | undefined;
}

export interface TrackerOptions extends DeliveryOptions {
  /**
   * With false nothing is sent: events are read, checked and counted as `disabled`, and no connection is made.
   * @default true
   */
  readonly send?: boolean | undefined;
  /**
   * What a call does with an event that cannot be sent as it is: `reject` counts and reports it, `throw` throws a
   * `TrackerError` that names the field.
   * @default "reject"
   */
  readonly onInvalid?: InvalidPolicy | undefined;
  /**
   * How long `flush()` and `close()` wait where the call does not say.
   * @default 10000
   */
  readonly flushTimeoutMs?: number | undefined;
  /**
   * At the natural end of the process, and on a signal with `handleSignals`, what is queued is sent; this is how long
   * the process is held for a destination that does not answer. 0 holds it not at all.
   * @default 2000
   */
  readonly exitTimeoutMs?: number | undefined;
  /**
   * On SIGTERM and SIGINT, flush first and then let the signal do what it would have done. Other handlers of the
   * signal run as they did, and where there are some, ending the process is left to them.
   * @default false
   */
  readonly handleSignals?: boolean | undefined;
  /**
   * A folder in which events are kept until they are delivered, so that they survive the end of the process: its path,
   * or more about it. Several processes may use it. Null keeps events in memory alone.
   * @default null
   */
  readonly spool?: string | SpoolOptions | null | undefined;
  /**
   * Gets one line per loss and per pause. Without it nothing is written anywhere.
   * @default null
   */
  readonly logger?: Logger | null | undefined;
}

type Resolved<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };
export type ResolvedOptions = Resolved<TrackerOptions>;
export type ResolvedDeliveryOptions = Resolved<DeliveryOptions>;

export const defaults: ResolvedOptions = Object.freeze({
  overflow: "drop-newest",
  maxQueueBytes: 67_108_864,
  maxQueueEvents: 1_000_000,
  flushIntervalMs: 1000,
  maxBatchEvents: 500,
  maxInFlight: 4,
  maxEventAgeMs: 604_800_000,
  requestTimeoutMs: 15_000,
  retryBaseMs: 500,
  retryCapMs: 30_000,
  pauseBaseMs: 10_000,
  pauseCapMs: 600_000,
  send: true,
  onInvalid: "reject",
  flushTimeoutMs: 10_000,
  exitTimeoutMs: 2000,
  handleSignals: false,
  spool: null,
  logger: null,
});

export const spoolDefaults: Pick<Resolved<SpoolOptions>, "maxBytes" | "sync"> = Object.freeze({
  maxBytes: 1_073_741_824,
  sync: "group",
});

type NumberOption = {
  [K in keyof ResolvedOptions]: ResolvedOptions[K] extends number ? K : never;
}[keyof ResolvedOptions];

/** The least value of each number; all of them are whole. */
const minimums: Readonly<Record<NumberOption, number>> = {
  maxQueueBytes: 65_536,
  maxQueueEvents: 1,
  flushIntervalMs: 0,
  maxBatchEvents: 1,
  maxInFlight: 1,
  maxEventAgeMs: 1,
  requestTimeoutMs: 10,
  retryBaseMs: 1,
  retryCapMs: 1,
  pauseBaseMs: 1,
  pauseCapMs: 1,
  flushTimeoutMs: 0,
  exitTimeoutMs: 0,
};

/** The options with their defaults, checked and frozen. Throws a `TrackerError` that names the first bad one. */
export function resolveOptions(given: TrackerOptions): ResolvedOptions {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(defaults, name)) {
      throw wrong(name, `is not an option; there are ${Object.keys(defaults).join(", ")}`);
    }
  }
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options: ResolvedOptions = Object.freeze({ ...defaults, ...defined });
  checkNumbers(options);
  checkChoices(options);
  return options;
}

function checkNumbers(options: ResolvedOptions): void {
  for (const name of Object.keys(minimums).filter(isNumberOption)) {
    const value = options[name];
    if (!Number.isSafeInteger(value) || value < minimums[name]) {
      throw wrong(name, `must be a whole number ≥ ${minimums[name]}, got ${shown(value)}`);
    }
  }
  if (options.retryCapMs < options.retryBaseMs) throw wrong("retryCapMs", "must not be less than `retryBaseMs`");
  if (options.pauseCapMs < options.pauseBaseMs) throw wrong("pauseCapMs", "must not be less than `pauseBaseMs`");
}

/** Throws a `TrackerError` for a setting of the spool that is missing or out of its bounds. */
export function resolveSpool(spool: SpoolOptions): Resolved<SpoolOptions> {
  const { directory, maxBytes = spoolDefaults.maxBytes, sync = spoolDefaults.sync, journal = {}, ...rest } = spool;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    throw wrong(`spool.${unknown}`, "is not an option; there are directory, maxBytes and sync");
  if (typeof directory !== "string" || directory === "")
    throw wrong("spool", 'must name a folder, such as "./var/spool"');
  if (!(maxBytes >= 1024 ** 2))
    throw wrong("spool.maxBytes", `must be a number ≥ ${1024 ** 2}, got ${shown(maxBytes)}`);
  checkChoice("spool.sync", sync, ["group", "none"]);
  return { directory, maxBytes, sync, journal };
}

function isNumberOption(name: string): name is NumberOption {
  return Object.hasOwn(minimums, name);
}

function checkChoices(options: ResolvedOptions): void {
  checkChoice("overflow", options.overflow, overflowPolicies);
  checkChoice("onInvalid", options.onInvalid, invalidPolicies);
  checkChoice("send", options.send, [true, false]);
  checkChoice("handleSignals", options.handleSignals, [true, false]);
  if (options.spool !== null)
    resolveSpool(typeof options.spool === "string" ? { directory: options.spool } : options.spool);
  const { logger } = options;
  if (logger !== null && (typeof logger.warn !== "function" || typeof logger.error !== "function")) {
    throw wrong("logger", "must have the methods `warn` and `error`, as `console` has");
  }
}

function checkChoice(name: string, value: unknown, choices: readonly unknown[]): void {
  if (!choices.includes(value))
    throw wrong(name, `must be one of ${choices.map(shown).join(", ")}, got ${shown(value)}`);
}

function wrong(name: string, what: string): TrackerError {
  return new TrackerError("E_OPTION", name, `\`${name}\` ${what}.`);
}

/** A value as an error message shows it: short, and only where it cannot be a secret. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  return typeof value;
}
