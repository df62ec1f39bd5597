/** The tracker: one call, many destinations. The composition root of the package. */
import type { EventKind } from "@oncewire/protocol";
import { OutboxClient, type Client } from "./client.js";
import { scopedEvent } from "./context/scoped-event.js";
import { current } from "./context/scope.js";
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
import { Outbox } from "./outbox.js";
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
export interface Tracker extends Client {
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

class EventTracker extends OutboxClient implements Tracker {
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

  #take(kind: EventKind, message: unknown, shape: Shape): EventHandle {
    const stamp = this.outbox.stamp();
    const reading = readMessage(kind, message, { shape, stamp });
    if (!reading.ok) return this.outbox.refuse(reading.id, reading.problem);
    return this.outbox.track(scopedEvent(reading.event, current()), stamp);
  }
}
