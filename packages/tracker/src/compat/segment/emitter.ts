import type { EventType } from "@oncewire/protocol/rudderstack";
import { attempt } from "../callbacks.js";
import type { Context } from "./context.js";
import type { SegmentEvent } from "./event.js";
import type { AnalyticsSettings } from "./settings.js";

/** What `error` listeners are given. */
export interface DeliveryFailure {
  readonly code: "delivery_failure";
  readonly reason: Error;
  readonly ctx: Context;
}

/** What can be listened to, and the arguments of its listeners. */
export interface AnalyticsEvents extends Record<EventType, readonly [Context]> {
  readonly error: readonly [DeliveryFailure];
  readonly call_after_close: readonly [SegmentEvent];
  readonly drained: readonly [];
  readonly register: readonly [names: readonly string[]];
  readonly deregister: readonly [names: readonly string[]];
  /** This and the following are never told: they may be listened to, so that code which does so compiles. */
  readonly initialize: readonly [AnalyticsSettings];
  readonly http_request: readonly [object];
  readonly http_response: readonly [object];
}

export type EventName = keyof AnalyticsEvents;
export type EventListener<N extends EventName> = (...args: AnalyticsEvents[N]) => unknown;

/** Unlike node:events, an `error` that nobody listens to is no exception, and a listener that throws harms nobody. */
export class Emitter {
  readonly #listeners = new Map<EventName, ((...args: readonly never[]) => unknown)[]>();

  on<N extends EventName>(name: N, listener: EventListener<N>): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  once<N extends EventName>(name: N, listener: EventListener<N>): void {
    const once: EventListener<N> = (...args) => {
      this.off(name, once);
      return listener(...args);
    };
    this.on(name, once);
  }

  off<N extends EventName>(name: N, listener: EventListener<N>): void {
    const others = (this.#listeners.get(name) ?? []).filter((each) => each !== listener);
    this.#listeners.set(name, others);
  }

  emit<N extends EventName>(name: N, ...args: AnalyticsEvents[N]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      attempt(() => (listener as EventListener<N>)(...args));
    }
  }
}
