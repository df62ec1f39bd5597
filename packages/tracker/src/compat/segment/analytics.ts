/**
 * @segment/analytics-node 3, over our engine: its constructor, calls, callbacks, events and refusals. What it promises
 * beyond the original is that overlapping flushes all wait for what was tracked before them, and that no callback is
 * forgotten. docs/compat.md is the table of differences.
 */
import type { EventType } from "@oncewire/protocol/rudderstack";
import { createRudderStack, type RudderStack } from "../../clients/rudderstack.js";
import type { EventResult } from "../../handle.js";
import { systemRuntime, type Runtime } from "../../runtime.js";
import { attempt, Callbacks, failureOf } from "../callbacks.js";
import { Context } from "./context.js";
import { Emitter, type EventListener, type EventName } from "./emitter.js";
import {
  toSegmentEvent,
  type AliasParams,
  type GroupParams,
  type IdentifyParams,
  type PageParams,
  type SegmentEvent,
  type TrackParams,
} from "./event.js";
import { clientOptions, defaultFlushInterval, type AnalyticsSettings } from "./settings.js";

/** Called once, when the event is delivered or has been given up. */
export type Callback = (error?: unknown, ctx?: Context) => unknown;

export interface FlushParams {
  /** Milliseconds to wait at most. Without it there is no limit. */
  readonly timeout?: number | undefined;
  /** Whether events are refused from now on. @default false */
  readonly close?: boolean | undefined;
}

export interface CloseAndFlushParams {
  /** Milliseconds to wait at most; what is left then is dropped. @default 75000, or 1.25 times a longer flushInterval */
  readonly timeout?: number | undefined;
}

export class Analytics {
  /** Resolves at once: nothing has to be loaded. */
  readonly ready: Promise<void> = Promise.resolve();
  readonly #client: RudderStack;
  readonly #runtime: Runtime;
  readonly #emitter = new Emitter();
  readonly #callbacks = new Callbacks();
  readonly #closeTimeoutMs: number;
  #pending = 0;
  #isClosed = false;

  /** Throws a `ValidationError` without a write key, and a `TrackerError` for a setting out of its bounds. */
  constructor(settings: AnalyticsSettings) {
    this.#client = createRudderStack(clientOptions(settings));
    this.#runtime = settings.runtime ?? systemRuntime;
    this.#closeTimeoutMs = Math.max(60_000, settings.flushInterval ?? defaultFlushInterval) * 1.25;
  }

  identify(message: IdentifyParams, callback?: Callback): void {
    this.#say("identify", message, callback);
  }

  track(message: TrackParams, callback?: Callback): void {
    this.#say("track", message, callback);
  }

  page(message: PageParams, callback?: Callback): void {
    this.#say("page", message, callback);
  }

  screen(message: PageParams, callback?: Callback): void {
    this.#say("screen", message, callback);
  }

  group(message: GroupParams, callback?: Callback): void {
    this.#say("group", message, callback);
  }

  alias(message: AliasParams, callback?: Callback): void {
    this.#say("alias", message, callback);
  }

  /** Resolves when every event tracked before it has ended and its callback has been called, or after `timeout`. */
  async flush({ timeout, close = false }: FlushParams = {}): Promise<void> {
    const timeoutMs = timeout === undefined || timeout <= 0 ? Number.MAX_SAFE_INTEGER : timeout;
    const called = this.#callbacks.called();
    this.#isClosed ||= close;
    await (close ? this.#client.close({ timeoutMs }) : this.#client.flush({ timeoutMs }));
    // Callbacks of events that have ended come within this turn; those of others are not waited for.
    const turn = new Promise<void>((resolve) => this.#runtime.afterPoll(resolve));
    await Promise.race([called, turn]);
  }

  /** Refuses events from now on, and flushes. */
  closeAndFlush({ timeout = this.#closeTimeoutMs }: CloseAndFlushParams = {}): Promise<void> {
    return this.flush({ timeout, close: true });
  }

  on<N extends EventName>(name: N, listener: EventListener<N>): this {
    this.#emitter.on(name, listener);
    return this;
  }

  once<N extends EventName>(name: N, listener: EventListener<N>): this {
    this.#emitter.once(name, listener);
    return this;
  }

  off<N extends EventName>(name: N, listener: EventListener<N>): this {
    this.#emitter.off(name, listener);
    return this;
  }

  /** Rejects: plugins are not supported. */
  register(..._plugins: readonly object[]): Promise<void> {
    return Promise.reject(new Error("plugins are not supported; change the message before the call"));
  }

  /** Resolves: no plugin is ever registered. */
  deregister(..._names: readonly string[]): Promise<void> {
    return Promise.resolve();
  }

  #say(type: EventType, message: unknown, callback: Callback | undefined): void {
    const event = toSegmentEvent(type, message, new Date(this.#runtime.nowMs()));
    if (this.#isClosed) this.#emitter.emit("call_after_close", event);
    // What comes after closing is counted as such by the engine, and its callback is told so.
    const handle = this.#client[type](event as never);
    this.#pending += 1;
    this.#callbacks.add(handle, (result) => this.#end({ ...event, messageId: handle.id }, result, callback));
  }

  #end(event: SegmentEvent, result: EventResult, callback: Callback | undefined): void {
    const failure = failureOf(result);
    const ctx = new Context(event, failure);
    if (callback !== undefined) attempt(() => callback(failure, ctx));
    if (failure === undefined) this.#emitter.emit(event.type, ctx);
    else this.#emitter.emit("error", { code: "delivery_failure", reason: failure, ctx });
    this.#pending -= 1;
    if (this.#pending === 0) this.#emitter.emit("drained");
  }
}
