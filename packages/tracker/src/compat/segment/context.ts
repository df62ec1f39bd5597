import type { SegmentEvent } from "./event.js";

export interface ContextLog {
  readonly level: string;
  readonly message: string;
  readonly extras?: object | undefined;
}

/** What `cancel()` throws in a plugin. */
export class ContextCancelation {
  readonly retry: boolean;
  readonly type: string;
  readonly reason: string;

  constructor({ retry = true, type = "plugin Error", reason = "" }: Partial<ContextCancelation> = {}) {
    this.retry = retry;
    this.type = type;
    this.reason = reason;
  }
}

/** What plugins, callbacks and listeners are given: the event, and whether it could not be delivered. */
export class Context {
  event: SegmentEvent;
  /** Every event goes through the plugins once. */
  readonly attempts = 1;
  readonly #logs: ContextLog[] = [];
  #failure: { readonly reason: unknown } | undefined;

  constructor(event: SegmentEvent, failure?: Error) {
    this.event = event;
    this.#failure = failure === undefined ? undefined : { reason: failure };
  }

  get id(): string {
    return this.event.messageId ?? "";
  }

  isSame(other: Context): boolean {
    return other.id === this.id;
  }

  /**
   * Sets a field of the event, which may lie deeper: `context.app.name`. An integration that is turned off stays off.
   * The fields `__proto__`, `constructor` and `prototype` are nobody's to set.
   */
  updateEvent(path: string, value: unknown): SegmentEvent {
    const names = path.split(".");
    if (!isTurnedOff(this.event, names) && !names.some((name) => forbidden.has(name))) setAt(this.event, names, value);
    return this.event;
  }

  /** Throws: in a plugin of type `before`, the event is not sent. */
  cancel(error?: Error | ContextCancelation): never {
    throw error ?? new ContextCancelation({ reason: "Context Cancel" });
  }

  log(level: string, message: string, extras?: object): void {
    this.#logs.push({ level, message, extras });
  }

  logs(): readonly ContextLog[] {
    return this.#logs;
  }

  failedDelivery(): { readonly reason: unknown } | undefined {
    return this.#failure;
  }

  setFailedDelivery(failure: { readonly reason: unknown }): void {
    this.#failure = failure;
  }

  toJSON(): { readonly id: string; readonly event: SegmentEvent; readonly logs: readonly ContextLog[] } {
    return { id: this.id, event: this.event, logs: this.#logs };
  }
}

const forbidden: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

function isTurnedOff({ integrations }: SegmentEvent, [first, name = ""]: readonly string[]): boolean {
  return first === "integrations" && isObject(integrations) && integrations[name] === false;
}

function setAt(object: object, names: readonly string[], value: unknown): void {
  let at: object = object;
  for (const name of names.slice(0, -1)) {
    const below: unknown = Reflect.get(at, name);
    const next = isObject(below) ? below : {};
    if (next !== below) Reflect.set(at, name, next);
    at = next;
  }
  Reflect.set(at, names.at(-1) ?? "", value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
