/** The options of @rudderstack/rudder-sdk-node and what each means to our client; the table is in docs/compat.md. */
import type { OnError, RudderStackClientOptions } from "../../clients/rudderstack.js";
import type { Runtime } from "../../runtime.js";
import { createLevelLogger, type LogLevel } from "../level-logger.js";
import { readDuration } from "../duration.js";
import { hourMs, within } from "../within.js";

export interface RudderAnalyticsOptions {
  /** The data plane's address. @default "https://hosted.rudderlabs.com" */
  readonly dataPlaneUrl?: string | undefined;
  /** The older name of `dataPlaneUrl`, which goes first. */
  readonly host?: string | undefined;
  /** @default "/v1/batch" */
  readonly path?: string | undefined;
  /** Events that trigger a request. @default 20 */
  readonly flushAt?: number | undefined;
  /** Milliseconds. @default 10000 */
  readonly flushInterval?: number | undefined;
  /** Bytes that trigger a request, and the most that one holds. @default 460800 */
  readonly maxQueueSize?: number | undefined;
  /** Events that may wait. @default 20000 */
  readonly maxInternalQueueSize?: number | undefined;
  /** `debug`, `info`, `warn`, `error` or `none`; what is lost is an error. @default "info" */
  readonly logLevel?: string | undefined;
  /** False sends nothing: messages are checked and their callbacks called. @default true */
  readonly enable?: boolean | undefined;
  /** @default true */
  readonly gzip?: boolean | undefined;
  /** Of one attempt: milliseconds, or a text such as `"10s"`. @default 15000 */
  readonly timeout?: number | string | undefined;
  /** Attempts after the first. @default 3 */
  readonly retryCount?: number | undefined;
  /** Called for every batch that failed, after its last attempt. */
  readonly errorHandler?: ((error: Error) => unknown) | undefined;
  /** Of it, `proxy` and `timeout` are used. */
  readonly axiosConfig?: AxiosConfig | undefined;
  /** Not used: requests are not made with axios. */
  readonly axiosInstance?: unknown;
  /** Of it, `retries` is used. */
  readonly axiosRetryConfig?: { readonly retries?: number | undefined } | undefined;
  /** Not an option of the original: a folder that keeps what has not been delivered over restarts. */
  readonly spool?: RudderStackClientOptions["spool"];
  /** Not an option of the original: time, timers, chance and ids, for tests. */
  readonly runtime?: Runtime | undefined;
}

interface AxiosConfig {
  readonly timeout?: number | undefined;
  readonly proxy?: AxiosProxy | false | undefined;
}

interface AxiosProxy {
  readonly protocol?: string | undefined;
  readonly host: string;
  readonly port?: number | undefined;
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
}

/** What the gateway takes at most, with the room that a request's frame needs. */
const maxEventBytes = 4_095_900;

export function clientOptions(
  writeKey: string,
  options: RudderAnalyticsOptions,
  onError: OnError,
): RudderStackClientOptions & { readonly syncMode?: false } {
  return {
    ...requestOptions(options),
    writeKey,
    dataPlaneUrl: options.dataPlaneUrl || options.host || "https://hosted.rudderlabs.com",
    path: (options.path || "/v1/batch").replace(/\/+$/, ""),
    uploadSize: within(options.flushAt, 20, [1, 100_000]),
    uploadIntervalMs: within(options.flushInterval || undefined, 10_000, [0, hourMs]),
    maxBatchBytes: within(options.maxQueueSize || undefined, 460_800, [1, 4_096_000]),
    maxQueueSize: within(options.maxInternalQueueSize || undefined, 20_000, [1, 10_000_000]),
    gzip: options.gzip !== false,
    send: options.enable !== false,
    // The original logs that 32 KB are too much, and sends.
    maxEventBytes,
    identifyTraits: "both",
    logger: createLevelLogger(levelOf(options.logLevel)),
    onError,
    spool: options.spool,
    runtime: options.runtime,
  };
}

/** What the original hands on to axios. */
function requestOptions(
  options: RudderAnalyticsOptions,
): Pick<RudderStackClientOptions, "timeoutMs" | "maxRetries" | "proxy"> {
  const { axiosConfig = {}, axiosRetryConfig = {} } = options;
  const timeoutMs = readDuration(options.timeout) ?? readDuration(axiosConfig.timeout);
  return {
    timeoutMs: within(timeoutMs, 15_000, [10, hourMs]),
    maxRetries: within(axiosRetryConfig.retries ?? options.retryCount, 3, [0, Infinity]),
    proxy: axiosConfig.proxy === undefined ? undefined : proxyOf(axiosConfig.proxy),
  };
}

/** What of the options has no meaning here, by name. */
export function unusedOptions(options: RudderAnalyticsOptions): readonly string[] {
  const { axiosInstance, axiosConfig = {}, axiosRetryConfig = {} } = options;
  const rest = (object: object, used: readonly string[], of: string): readonly string[] =>
    Object.keys(object)
      .filter((name) => !used.includes(name))
      .map((name) => `${of}.${name}`);
  return [
    ...(axiosInstance === undefined ? [] : ["axiosInstance"]),
    ...rest(axiosConfig, ["timeout", "proxy"], "axiosConfig"),
    ...rest(axiosRetryConfig, ["retries"], "axiosRetryConfig"),
  ];
}

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error", "none"];

/** As in the original, a level it does not know is `error`. */
function levelOf(name = "info"): LogLevel {
  if (name === "log") return "debug";
  return levels.find((level) => level === name) ?? "error";
}

function proxyOf(proxy: AxiosProxy | false): string | null {
  if (proxy === false) return null;
  const { protocol = "http", host, port, auth } = proxy;
  const credentials =
    auth === undefined ? "" : `${encodeURIComponent(auth.username)}:${encodeURIComponent(auth.password)}@`;
  return `${protocol.replace(/:$/, "")}://${credentials}${host}${port === undefined ? "" : `:${port}`}`;
}
