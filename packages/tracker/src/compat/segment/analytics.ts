/**
 * @segment/analytics-node 3, over our engine: its constructor, calls, callbacks, events and refusals. What it promises
 * beyond the original is that overlapping flushes all wait for what was tracked before them, and that no callback is
 * forgotten. docs/compat.md is the table of differences.
 */
import type { EventType } from "@oncewire/protocol/rudderstack";
import { createRudderStack, type RudderStack } from "../../clients/rudderstack.js";
import { systemRuntime, type Runtime } from "../../runtime.js";
import { attempt, Callbacks, failureOf } from "../callbacks.js";
import { createLevelLogger } from "../level-logger.js";
import { Context } from "./context.js";
import { Emitter, type EventListener, type EventName } from "./emitter.js";
import {
  isSegmentEvent,
  toSegmentEvent,
  type AliasParams,
  type GroupParams,
  type IdentifyParams,
  type PageParams,
  type SegmentEvent,
  type TrackParams,
} from "./event.js";
import { Plugins, type Plugin } from "./plugins.js";
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
  readonly #plugins: Plugins;
  readonly #closeTimeoutMs: number;
  #pending = 0;
  #isClosed = false;

  /** Throws a `ValidationError` without a write key, and a `TrackerError` for a setting out of its bounds. */
  constructor(settings: AnalyticsSettings) {
    this.#client = createRudderStack(clientOptions(settings));
    this.#runtime = settings.runtime ?? systemRuntime;
    this.#plugins = new Plugins(this, (line) => createLevelLogger("warn")?.warn(line));
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
    this.#isClosed ||= close;
    const leftMs = await this.#seenByPlugins(timeoutMs);
    const called = this.#callbacks.called();
    await (close ? this.#client.close({ timeoutMs: leftMs }) : this.#client.flush({ timeoutMs: leftMs }));
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

  /** Resolves when the plugins are loaded; events that come meanwhile wait. One that does not load is left out. */
  async register(...plugins: readonly Plugin[]): Promise<void> {
    await this.#plugins.register(plugins);
    this.#emitter.emit(
      "register",
      plugins.map(({ name }) => name),
    );
  }

  async deregister(...names: readonly string[]): Promise<void> {
    await this.#plugins.deregister(names);
    this.#emitter.emit("deregister", names);
  }

  #say(type: EventType, message: unknown, callback: Callback | undefined): void {
    const event = toSegmentEvent(type, message, new Date(this.#runtime.nowMs()));
    if (this.#isClosed) this.#emitter.emit("call_after_close", event);
    this.#pending += 1;
    if (this.#isClosed || this.#plugins.isIdle) this.#send(event, callback);
    else if (this.#plugins.isFull) this.#end(event, new Error("the event was dropped: queue-full"), callback);
    else void this.#sendPrepared({ messageId: this.#runtime.id(), ...event }, callback);
  }

  async #sendPrepared(event: SegmentEvent, callback: Callback | undefined): Promise<void> {
    const prepared = await this.#plugins.prepare(event);
    if (prepared instanceof Error) return this.#end(event, prepared, callback);
    // A plugin may have made anything of it.
    const left: unknown = prepared.event;
    return isSegmentEvent(left)
      ? this.#send(left, callback)
      : this.#end(event, new Error("the plugins left no event: its type must stay one of the six calls"), callback);
  }

  /** What comes after closing is counted as such by the engine, and its callback is told so. */
  #send(event: SegmentEvent, callback: Callback | undefined): void {
    const handle = this.#client[event.type](event as never);
    this.#callbacks.add(handle, (result) => this.#end({ ...event, messageId: handle.id }, failureOf(result), callback));
  }

  #end(event: SegmentEvent, failure: Error | undefined, callback: Callback | undefined): void {
    const ctx = new Context(event, failure);
    this.#plugins.end(ctx);
    if (callback !== undefined) attempt(() => callback(failure, ctx));
    if (failure === undefined) this.#emitter.emit(event.type, ctx);
    else this.#emitter.emit("error", { code: "delivery_failure", reason: failure, ctx });
    this.#pending -= 1;
    if (this.#pending === 0) this.#emitter.emit("drained");
  }

  /** Waits for plugins, but not longer than that; resolves with the milliseconds that are left. */
  async #seenByPlugins(timeoutMs: number): Promise<number> {
    if (this.#plugins.isIdle) return timeoutMs;
    const startMs = this.#runtime.monotonicMs();
    let giveUp = (): void => undefined;
    const tooLong = new Promise<void>((resolve) => (giveUp = resolve));
    const timer = this.#runtime.holdFor(timeoutMs, giveUp);
    await Promise.race([this.#plugins.seen(), tooLong]);
    timer.cancel();
    return Math.max(0, timeoutMs - (this.#runtime.monotonicMs() - startMs));
  }
}
