/** The settings of @segment/analytics-node and what each means to our client; the table is in docs/compat.md. */
import type { RudderStackClientOptions } from "../../clients/rudderstack.js";
import type { Runtime } from "../../runtime.js";
import { hourMs, within } from "../within.js";
import { ValidationError } from "./event.js";
import { openHttpClientTransport, type HTTPClient, type HTTPFetchFn } from "./http-client-transport.js";

export interface AnalyticsSettings {
  /** The source's write key. */
  readonly writeKey: string;
  /** Where events go; a path in it is kept. @default "https://api.segment.io" */
  readonly host?: string | undefined;
  /** @default "/v1/batch" */
  readonly path?: string | undefined;
  /** Attempts after the first. @default 10 */
  readonly maxRetries?: number | undefined;
  /** Events that trigger a request, and the most that one holds. @default 15 */
  readonly flushAt?: number | undefined;
  /** The older name of `flushAt`, which goes first. */
  readonly maxEventsInBatch?: number | undefined;
  /** Milliseconds. @default 10000 */
  readonly flushInterval?: number | undefined;
  /** Milliseconds. @default 10000 */
  readonly httpRequestTimeout?: number | undefined;
  /** True sends nothing. @default false */
  readonly disable?: boolean | undefined;
  /** Carries the requests in place of our own connections. */
  readonly httpClient?: HTTPClient | HTTPFetchFn | undefined;
  /** Not supported: the constructor refuses it. */
  readonly oauthSettings?: undefined;
  /** Seconds that an event is tried, at most. @default 43200 */
  readonly maxTotalBackoffDuration?: number | undefined;
  /** Has no counterpart: an event that is put off by 429 ends as any other, with `maxTotalBackoffDuration`. */
  readonly maxRateLimitDuration?: number | undefined;
  /** Not a setting of the original: a folder that keeps what has not been delivered over restarts. */
  readonly spool?: RudderStackClientOptions["spool"];
  /** Not a setting of the original: time, timers, chance and ids, for tests. */
  readonly runtime?: Runtime | undefined;
}

export const defaultFlushInterval = 10_000;

/** Throws a `ValidationError` without a write key or with `oauthSettings`. */
export function clientOptions(settings: AnalyticsSettings): RudderStackClientOptions & { readonly syncMode?: false } {
  const { writeKey, host = "https://api.segment.io", httpClient } = settings;
  if (!writeKey) throw new ValidationError("writeKey", "writeKey is missing.");
  if (settings.oauthSettings !== undefined) {
    throw new ValidationError("oauthSettings", "is not supported; requests carry the write key.");
  }
  return {
    writeKey,
    dataPlaneUrl: host,
    path: pathOf(settings.path),
    ...limits(settings),
    send: settings.disable !== true,
    gzip: false,
    identifyTraits: "root",
    spool: settings.spool,
    runtime: settings.runtime,
    transport:
      httpClient === undefined ? undefined : (needs) => openHttpClientTransport(httpClient, new URL(host), needs),
  };
}

function limits(settings: AnalyticsSettings): Omit<Partial<RudderStackClientOptions>, "syncMode"> {
  const { maxTotalBackoffDuration: backoffSeconds = 43_200 } = settings;
  return {
    maxRetries: within(settings.maxRetries, 10, [0, Infinity]),
    uploadSize: within(settings.flushAt ?? settings.maxEventsInBatch, 15, [1, 100_000]),
    uploadIntervalMs: within(settings.flushInterval, defaultFlushInterval, [0, hourMs]),
    timeoutMs: within(settings.httpRequestTimeout, 10_000, [10, hourMs]),
    maxEventAgeMs: within(backoffSeconds * 1000, 43_200_000, [1, Number.MAX_SAFE_INTEGER]),
    // The original's queue has no bound; ours has the tracker's, in bytes.
    maxQueueSize: 1_000_000,
  };
}

function pathOf(path = "/v1/batch"): string {
  return path.startsWith("/") ? path : `/${path}`;
}
