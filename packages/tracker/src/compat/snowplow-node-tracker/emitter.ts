/** `newEmitter` and the options of @snowplow/node-tracker's emitters; what each means here is in docs/compat.md. */
import { Emitter as SnowplowEmitter, type EmitterOptions } from "../../clients/snowplow.js";
import { collectorUrl } from "../../clients/snowplow/collector-url.js";
import type { Runtime } from "../../runtime.js";
import { createLevelLogger } from "../level-logger.js";
import { attempt } from "../callbacks.js";
import { openFetchTransport, type CustomFetch } from "./fetch-transport.js";
import { asEventStore, texts, type NodeEventStore } from "./node-event-store.js";
import type { Payload } from "./payload-builder.js";

export type EventBatch = readonly Payload[];

export interface RequestFailure {
  readonly events: EventBatch;
  readonly status?: number;
  readonly message?: string;
  readonly willRetry: boolean;
}

export interface EmitterConfiguration {
  /** The collector's host, or its address. */
  readonly endpoint: string;
  /** @default "https" */
  readonly protocol?: "http" | "https" | undefined;
  readonly port?: number | undefined;
  /** @default "post" */
  readonly eventMethod?: "get" | "post" | undefined;
  /** @default "/com.snowplowanalytics.snowplow/tp2" */
  readonly postPath?: string | undefined;
  /** Events that trigger a request, and the most that one holds. @default 10 */
  readonly bufferSize?: number | undefined;
  /** Bytes that trigger a request, and the most that one holds; an event of more goes alone. @default 40000 */
  readonly maxPostBytes?: number | undefined;
  /** An event whose query is longer is posted. @default none is */
  readonly maxGetBytes?: number | undefined;
  /** Milliseconds of one attempt. @default 5000 */
  readonly connectionTimeout?: number | undefined;
  readonly customHeaders?: Readonly<Record<string, string>> | undefined;
  /** Asks the collector to keep neither address nor cookie. @default false */
  readonly serverAnonymization?: boolean | undefined;
  /** @default true */
  readonly retryFailedRequests?: boolean | undefined;
  readonly retryStatusCodes?: readonly number[] | undefined;
  readonly dontRetryStatusCodes?: readonly number[] | undefined;
  readonly onRequestSuccess?: ((events: EventBatch) => unknown) | undefined;
  readonly onRequestFailure?: ((failure: RequestFailure) => unknown) | undefined;
  readonly customFetch?: CustomFetch | undefined;
  readonly eventStore?: NodeEventStore | undefined;
  /** Not used: `stm` is always sent, and a server has no cookies to be given. */
  readonly useStm?: boolean | undefined;
  readonly credentials?: string | undefined;
  readonly keepalive?: boolean | undefined;
  readonly idService?: string | undefined;
  /** Not an option of the original: a folder that keeps events until they are delivered. */
  readonly spool?: EmitterOptions["spool"];
  /** Not an option of the original: time, timers, chance and ids, for tests. */
  readonly runtime?: Runtime | undefined;
}

export interface Emitter {
  input(payload: Payload): Promise<void>;
  flush(): Promise<void>;
  setCollectorUrl?(url: string): void;
  setAnonymousTracking?(isAnonymous: boolean): void;
  setBufferSize?(bufferSize: number): void;
}

export function newEmitter(configuration: EmitterConfiguration): Required<Emitter> {
  return new NodeEmitter(configuration);
}

/** `flush()` of the original has no time limit, nor has ours. */
const noTimeout = { timeoutMs: Number.MAX_SAFE_INTEGER } as const;

class NodeEmitter implements Required<Emitter> {
  #configuration: EmitterConfiguration;
  #carrier: SnowplowEmitter;
  /** For what is too long for a query. */
  #poster: SnowplowEmitter | null;

  constructor(configuration: EmitterConfiguration) {
    this.#configuration = configuration;
    this.#carrier = openCarrier(configuration);
    this.#poster = openPoster(configuration);
  }

  async input(payload: Payload): Promise<void> {
    const pairs = texts(payload);
    this.#carrierFor(pairs).input(pairs);
  }

  async flush(): Promise<void> {
    await Promise.all([this.#carrier.flush(noTimeout), this.#poster?.flush(noTimeout)]);
  }

  setCollectorUrl(url: string): void {
    this.#change({ endpoint: url });
  }

  setAnonymousTracking(isAnonymous: boolean): void {
    this.#change({ serverAnonymization: isAnonymous });
  }

  setBufferSize(bufferSize: number): void {
    this.#change({ bufferSize });
  }

  #carrierFor(pairs: Readonly<Record<string, string>>): SnowplowEmitter {
    const { maxGetBytes = Infinity } = this.#configuration;
    if (this.#poster === null) return this.#carrier;
    return new URLSearchParams(pairs).toString().length > maxGetBytes ? this.#poster : this.#carrier;
  }

  /** What was tracked before goes where it was to go. */
  #change(changes: Partial<EmitterConfiguration>): void {
    const before = [this.#carrier, this.#poster];
    this.#configuration = { ...this.#configuration, ...changes };
    this.#carrier = openCarrier(this.#configuration);
    this.#poster = openPoster(this.#configuration);
    for (const emitter of before) void emitter?.close();
  }
}

function openPoster(configuration: EmitterConfiguration): SnowplowEmitter | null {
  const { eventMethod, maxGetBytes } = configuration;
  if (eventMethod !== "get" || maxGetBytes === undefined) return null;
  return openCarrier({ ...configuration, eventMethod: "post", eventStore: undefined });
}

function openCarrier(configuration: EmitterConfiguration): SnowplowEmitter {
  const { endpoint, customFetch, onRequestSuccess, onRequestFailure, eventStore } = configuration;
  const url = collectorUrl(configuration);
  return new SnowplowEmitter(endpoint, {
    ...settings(configuration),
    headers: { ...configuration.customHeaders, ...(configuration.serverAnonymization ? { "SP-Anonymous": "*" } : {}) },
    customRetryCodes: retryCodes(configuration),
    transport: customFetch === undefined ? undefined : (needs) => openFetchTransport(customFetch, url, needs),
    onSuccess: onRequestSuccess ?? null,
    onFailure:
      onRequestFailure === undefined
        ? null
        : (_, events, { status, reason, willRetry }) =>
            attempt(() => onRequestFailure({ events, ...(status > 0 ? { status } : {}), message: reason, willRetry })),
    eventStore: eventStore === undefined ? null : asEventStore(eventStore),
    logger: createLevelLogger("error"),
    logLevel: "error",
  });
}

/** What a query can hold at most is less than what the original takes by POST. */
const maxEventBytes = { post: 999_000, get: 20_000 } as const;

function settings(configuration: EmitterConfiguration): EmitterOptions {
  const { protocol, port, postPath, connectionTimeout = 5000, retryFailedRequests, spool, runtime } = configuration;
  const method = configuration.eventMethod ?? "post";
  return {
    protocol,
    port,
    postPath,
    method,
    batchSize: Math.max(Math.floor(configuration.bufferSize ?? 10), 1) || 10,
    byteLimit: configuration.maxPostBytes ?? 40_000,
    maxEventBytes: maxEventBytes[method],
    requestTimeout: Math.max(connectionTimeout / 1000, 0.01),
    retryFailedRequests,
    // The original keeps so many, and lets the oldest go.
    bufferCapacity: 1000,
    overflow: "drop-oldest",
    spool,
    runtime,
  };
}

/** `retryStatusCodes` goes first. */
function retryCodes({
  retryStatusCodes = [],
  dontRetryStatusCodes = [],
}: EmitterConfiguration): Readonly<Record<number, boolean>> {
  const isError = (status: number): boolean => status >= 300 && status <= 599;
  return Object.fromEntries([
    ...dontRetryStatusCodes.filter(isError).map((status) => [status, false] as const),
    ...retryStatusCodes.filter(isError).map((status) => [status, true] as const),
  ]);
}
