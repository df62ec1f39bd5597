/** The tracker: one call, many destinations. The composition root of the package. */
import type { EventKind } from "@oncewire/protocol";
import { scopedEvent } from "./context/scoped-event.js";
import { current } from "./context/scope.js";
import type { Stats } from "./delivery/delivery.js";
import type { Destination } from "./delivery/destination.js";
import { TrackerError } from "./errors.js";
import type { EventHandle } from "./handle.js";
import {
  readMessage,
  shapes,
  type AliasMessage,
  type EventMessage,
  type GroupMessage,
  type IdentifyMessage,
  type SelfDescribingMessage,
  type Shape,
  type StructuredMessage,
  type TrackMessage,
  type ViewMessage,
} from "./message.js";
import { resolveOptions, type TrackerOptions } from "./options.js";
import { Outbox, type FlushOptions } from "./outbox.js";
import type { Listener, ReportKind } from "./report.js";
import { systemRuntime, type Runtime } from "./runtime.js";

export interface CreateTrackerOptions extends TrackerOptions {
  /** Where every event goes; at least one, with different names. */
  readonly destinations: readonly Destination[];
  /** Time, timers, chance and ids; for tests and simulations. @default the machine's */
  readonly runtime?: Runtime | undefined;
}

/**
 * No call throws, rejects or blocks because of delivery. The calls for events return at once; what becomes of an event
 * is told by its handle, by reports and by `stats()`. What a call does not say is taken from the scope around it, see
 * `runInScope`.
 */
export interface Tracker extends AsyncDisposable {
  identify(message: IdentifyMessage): EventHandle;
  track(message: TrackMessage): EventHandle;
  page(message: ViewMessage): EventHandle;
  screen(message: ViewMessage): EventHandle;
  group(message: GroupMessage): EventHandle;
  alias(message: AliasMessage): EventHandle;
  structured(message: StructuredMessage): EventHandle;
  selfDescribing(message: SelfDescribingMessage): EventHandle;
  /** Any kind of event, in the words of the canonical event. */
  event(kind: EventKind, message: EventMessage): EventHandle;
  /** With `overflow: "wait"`: resolves when there is room for an event tracked right after. Otherwise at once. */
  ready(): Promise<void>;
  /**
   * Sends what waits, and resolves with the ledger when every event accepted before the call has ended or is durably
   * spooled, or after the timeout. Keeps the process alive meanwhile.
   */
  flush(options?: FlushOptions): Promise<Stats>;
  /** Refuses new events, flushes, drops what is left, and resolves with the ledger. Later calls share the first. */
  close(options?: Pick<FlushOptions, "timeoutMs">): Promise<Stats>;
  stats(): Stats;
  /** Returns the function that ends the subscription. */
  on<K extends ReportKind>(kind: K, listener: Listener<K>): () => void;
}

/** Throws a `TrackerError` for an option that is missing, unknown or out of its bounds. */
export function createTracker(options: CreateTrackerOptions): Tracker {
  const { destinations, runtime = systemRuntime, ...rest } = options;
  checkDestinations(destinations);
  return new EventTracker(new Outbox({ destinations, runtime, options: resolveOptions(rest) }));
}

function checkDestinations(destinations: readonly Destination[]): void {
  if (!Array.isArray(destinations) || destinations.length === 0) {
    throw new TrackerError("E_OPTION", "destinations", "`destinations` must be a list of at least one destination.");
  }
  const names = destinations.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new TrackerError(
    "E_OPTION",
    "destinations",
    `\`destinations\` has two named "${twice}"; give one another \`name\`.`,
  );
}

class EventTracker implements Tracker {
  readonly #outbox: Outbox;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  identify(message: IdentifyMessage): EventHandle {
    return this.#take("identify", message, shapes.identify);
  }

  track(message: TrackMessage): EventHandle {
    return this.#take("track", message, shapes.track);
  }

  page(message: ViewMessage): EventHandle {
    return this.#take("page", message, shapes.view);
  }

  screen(message: ViewMessage): EventHandle {
    return this.#take("screen", message, shapes.view);
  }

  group(message: GroupMessage): EventHandle {
    return this.#take("group", message, shapes.group);
  }

  alias(message: AliasMessage): EventHandle {
    return this.#take("alias", message, shapes.alias);
  }

  structured(message: StructuredMessage): EventHandle {
    return this.#take("structured", message, shapes.structured);
  }

  selfDescribing(message: SelfDescribingMessage): EventHandle {
    return this.#take("self-describing", message, shapes.selfDescribing);
  }

  event(kind: EventKind, message: EventMessage): EventHandle {
    return this.#take(kind, message, shapes.event);
  }

  ready(): Promise<void> {
    return this.#outbox.ready();
  }

  flush(options: FlushOptions = {}): Promise<Stats> {
    return this.#outbox.flush(options);
  }

  close(options: Pick<FlushOptions, "timeoutMs"> = {}): Promise<Stats> {
    return this.#outbox.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  stats(): Stats {
    return this.#outbox.stats();
  }

  on<K extends ReportKind>(kind: K, listener: Listener<K>): () => void {
    return this.#outbox.on(kind, listener);
  }

  #take(kind: EventKind, message: unknown, shape: Shape): EventHandle {
    const stamp = this.#outbox.stamp();
    const reading = readMessage(kind, message, { shape, stamp });
    if (!reading.ok) return this.#outbox.refuse(reading.id, reading.problem);
    return this.#outbox.track(scopedEvent(reading.event, current()), stamp);
  }
}
