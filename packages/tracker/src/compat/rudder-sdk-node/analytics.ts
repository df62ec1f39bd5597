/**
 * @rudderstack/rudder-sdk-node 3, over our engine: its constructor, calls, callbacks and refusals. What it promises
 * beyond the original is that nothing ends the process, that every callback is called once, and that `flush()` waits for
 * all that was tracked before it. docs/compat.md is the table of differences.
 */
import type { EventType } from "@oncewire/protocol/rudderstack";
import { createRudderStack, type RudderStack } from "../../clients/rudderstack.js";
import { attempt, Callbacks, failureOf } from "../callbacks.js";
import { clientOptions, unusedOptions, type RudderAnalyticsOptions } from "./options.js";
import { demand, validateMessage } from "./validation.js";

/** What every call takes; the fields that a call demands are checked when it is made. */
export interface RudderMessage {
  readonly userId?: string | number | null | undefined;
  readonly anonymousId?: string | number | null | undefined;
  readonly groupId?: string | number | null | undefined;
  readonly previousId?: string | number | null | undefined;
  readonly event?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly category?: string | null | undefined;
  readonly traits?: object | null | undefined;
  readonly properties?: object | null | undefined;
  readonly context?: object | null | undefined;
  readonly integrations?: object | null | undefined;
  /** A Date, or an ISO 8601 text. */
  readonly timestamp?: Date | string | null | undefined;
  readonly originalTimestamp?: Date | string | null | undefined;
  readonly messageId?: string | null | undefined;
  /** Sent as it is. */
  readonly [field: string]: unknown;
}

/** Called once, when the event is delivered or has been given up. */
export type ApiCallback = (error?: Error) => unknown;

/** Called when all that was tracked before has been delivered or given up; with the last error there was meanwhile. */
export type FlushCallback = (error?: Error) => unknown;

/** `flush()` of the original has no time limit, nor has ours. */
const noTimeout = { timeoutMs: Number.MAX_SAFE_INTEGER } as const;

export class RudderAnalytics {
  readonly #client: RudderStack;
  readonly #callbacks = new Callbacks();
  readonly #host: string;
  #failures = 0;
  #lastError: Error | undefined;

  /** Throws an AssertionError without a write key, and a `TrackerError` for an address that is none. */
  constructor(writeKey: string, options: RudderAnalyticsOptions = {}) {
    demand(Boolean(writeKey), "You must pass your RudderStack project's write key.");
    const resolved = clientOptions(writeKey, options, (error) => this.#fail(error, options.errorHandler));
    this.#client = createRudderStack(resolved);
    this.#host = String(resolved.dataPlaneUrl).replace(/\/+$/, "");
    for (const name of unusedOptions(options)) {
      resolved.logger?.warn(`oncewire: ${name} has no meaning here and is not used; see docs/compat.md`);
    }
  }

  /** Where events go. */
  get host(): string {
    return this.#host;
  }

  identify(message: RudderMessage, callback?: ApiCallback): this {
    return this.#say("identify", message, callback);
  }

  group(message: RudderMessage, callback?: ApiCallback): this {
    return this.#say("group", message, callback);
  }

  track(message: RudderMessage, callback?: ApiCallback): this {
    return this.#say("track", message, callback);
  }

  page(message: RudderMessage, callback?: ApiCallback): this {
    return this.#say("page", message, callback);
  }

  screen(message: RudderMessage, callback?: ApiCallback): this {
    return this.#say("screen", message, callback);
  }

  alias(message: RudderMessage, callback?: ApiCallback): this {
    return this.#say("alias", message, callback);
  }

  /**
   * There is no Redis queue here: the callback is told so, and events are kept in memory, as without this call. Throws,
   * as the original does, where `redisOpts` is missing.
   */
  createPersistenceQueue(queueOpts: { readonly redisOpts?: object }, callback: (error?: Error) => unknown): void {
    if (!queueOpts?.redisOpts) {
      throw new Error("redis connection parameters not present. Cannot make a persistent queue");
    }
    const message = "a queue in Redis is not supported: events are kept in memory, or on disk with oncewire's `spool`";
    queueMicrotask(() => attempt(() => callback(new Error(message))));
  }

  /** Never rejects: whether something failed is told to the callback, to `errorHandler` and to the events' callbacks. */
  async flush(callback?: FlushCallback): Promise<void> {
    const failures = this.#failures;
    const called = this.#callbacks.called();
    await this.#client.flush(noTimeout);
    await called;
    if (callback !== undefined) attempt(() => callback(this.#failures > failures ? this.#lastError : undefined));
  }

  #say(type: EventType, message: unknown, callback: ApiCallback | undefined): this {
    validateMessage(message, type);
    const handle = this.#client[type](outgoing(message) as never);
    if (callback !== undefined) this.#callbacks.add(handle, (result) => callback(failureOf(result)));
    return this;
  }

  #fail(error: Error, errorHandler: RudderAnalyticsOptions["errorHandler"]): unknown {
    this.#failures += 1;
    this.#lastError = error;
    return errorHandler?.(error);
  }
}

/** As the original sends it; an invalid Date, which it sends as null, is no time. */
function outgoing(message: RudderMessage): object {
  const { timestamp, _metadata: metadata } = message;
  const isInvalid = timestamp instanceof Date && Number.isNaN(timestamp.getTime());
  const given = typeof metadata === "object" ? metadata : {};
  return {
    ...message,
    ...(isInvalid ? { timestamp: undefined } : {}),
    _metadata: { nodeVersion: process.versions.node, ...given },
  };
}
