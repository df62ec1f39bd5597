/** `newEmitter`: an emitter of @snowplow/node-tracker, made of one or two of ours. */
import { Emitter as SnowplowEmitter, type EmitterOptions } from "../../clients/snowplow.js";
import { collectorUrl } from "../../clients/snowplow/collector-url.js";
import { HttpTransport } from "../../transport/http-transport.js";
import { resolveProxy } from "../../transport/proxy.js";
import { createLevelLogger } from "../level-logger.js";
import { attempt } from "../callbacks.js";
import { unusedOptions, type EmitterConfiguration } from "./emitter-configuration.js";
import { openFetchTransport } from "./fetch-transport.js";
import { IdService, type OpenTransport } from "./id-service.js";
import { asEventStore, texts } from "./node-event-store.js";
import type { Payload } from "./payload-builder.js";

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
  /** Asked once, wherever events then go. */
  readonly #idService: IdService | null;
  #configuration: EmitterConfiguration;
  #carrier: SnowplowEmitter;
  /** For what is too long for a query. */
  #poster: SnowplowEmitter | null;

  constructor(given: EmitterConfiguration) {
    const configuration = withSmallMethod(given);
    for (const line of unusedOptions(configuration)) createLevelLogger("warn")?.warn(`oncewire: ${line}`);
    this.#idService = idServiceOf(configuration);
    this.#configuration = configuration;
    this.#carrier = openCarrier(configuration, this.#idService);
    this.#poster = openPoster(configuration, this.#idService);
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
    this.#carrier = openCarrier(this.#configuration, this.#idService);
    this.#poster = openPoster(this.#configuration, this.#idService);
    for (const emitter of before) void emitter?.close();
  }
}

/** The original takes the method in letters of any size. */
function withSmallMethod(given: EmitterConfiguration): EmitterConfiguration {
  const { eventMethod } = given;
  if (typeof eventMethod !== "string") return given;
  return { ...given, eventMethod: eventMethod.toLowerCase() as EmitterConfiguration["eventMethod"] };
}

function openPoster(configuration: EmitterConfiguration, idService: IdService | null): SnowplowEmitter | null {
  const { eventMethod, maxGetBytes } = configuration;
  if (eventMethod !== "get" || maxGetBytes === undefined) return null;
  return openCarrier({ ...configuration, eventMethod: "post", eventStore: undefined }, idService);
}

function openCarrier(configuration: EmitterConfiguration, idService: IdService | null): SnowplowEmitter {
  const { endpoint, onRequestSuccess, onRequestFailure, eventStore } = configuration;
  const url = collectorUrl(configuration);
  const open = idService?.before(opener(configuration)) ?? opener(configuration);
  return new SnowplowEmitter(endpoint, {
    ...settings(configuration),
    headers: headersOf(configuration),
    customRetryCodes: retryCodes(configuration),
    transport: (needs) => open(url, needs),
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

function headersOf({ customHeaders, serverAnonymization }: EmitterConfiguration): Readonly<Record<string, string>> {
  return { ...customHeaders, ...(serverAnonymization ? { "SP-Anonymous": "*" } : {}) };
}

/** By the caller's `fetch`, or over connections of our own. */
function opener({ customFetch, credentials, keepalive }: EmitterConfiguration): OpenTransport {
  if (customFetch !== undefined) {
    const manners = {
      ...(credentials === undefined ? {} : { credentials }),
      ...(keepalive === undefined ? {} : { keepalive }),
    };
    const options = { customFetch, manners };
    return (url, needs) => openFetchTransport(options, url, needs);
  }
  return (url, needs) => new HttpTransport({ ...needs, url, proxy: resolveProxy(undefined, url), gzip: null });
}

function idServiceOf(configuration: EmitterConfiguration): IdService | null {
  const address = configuration.idService ?? configuration.cookieExtensionService;
  if (address === undefined) return null;
  return new IdService({
    address,
    headers: headersOf(configuration),
    onFailure: (reason) => createLevelLogger("error")?.error(`oncewire: the id service did not answer: ${reason}`),
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
    stm: method === "post" || (configuration.useStm ?? true),
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
