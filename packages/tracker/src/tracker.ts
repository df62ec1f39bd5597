/** The tracker: one call, many destinations. The composition root of the package. */
import type { EventKind } from "@oncewire/protocol";
import { Delivery, type Draft, type Stats } from "./delivery/delivery.js";
import type { Destination } from "./delivery/destination.js";
import { endings as processEndings, type Ending } from "./endings.js";
import { TrackerError } from "./errors.js";
import { LazyHandle, type EventHandle } from "./handle.js";
import { logLosses } from "./loss-log.js";
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
import { resolveOptions, type ResolvedOptions, type TrackerOptions } from "./options.js";
import { Reporter, type Listener, type ReportKind } from "./report.js";
import { systemRuntime, type Runtime } from "./runtime.js";

export interface CreateTrackerOptions extends TrackerOptions {
  /** Where every event goes; at least one, with different names. */
  readonly destinations: readonly Destination[];
  /** Time, timers, chance and ids; for tests and simulations. @default the machine's */
  readonly runtime?: Runtime | undefined;
}

export interface FlushOptions {
  /** @default the tracker's `flushTimeoutMs` */
  readonly timeoutMs?: number | undefined;
  /** Ends the waiting early; delivery goes on. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * No call throws, rejects or blocks because of delivery. The calls for events return at once; what becomes of an event
 * is told by its handle, by reports and by `stats()`.
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
  return new EventTracker(destinations, runtime, resolveOptions(rest));
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
  readonly #options: ResolvedOptions;
  readonly #runtime: Runtime;
  readonly #reporter = new Reporter();
  readonly #delivery: Delivery;
  readonly #names: readonly string[];
  readonly #leaveEndings: () => void;
  #closing: Promise<Stats> | undefined;

  constructor(destinations: readonly Destination[], runtime: Runtime, options: ResolvedOptions) {
    this.#options = options;
    this.#runtime = runtime;
    this.#delivery = new Delivery({ destinations, options, reporter: this.#reporter, runtime });
    this.#names = this.#delivery.names;
    if (options.logger !== null) logLosses(this.#reporter, options.logger, runtime);
    const ending: Ending = {
      hasPending: () => this.#delivery.pending > 0,
      flush: () => this.#within(options.exitTimeoutMs, this.#delivery.flush()),
      abandon: () => this.#delivery.abandon("exit"),
    };
    this.#leaveEndings = processEndings.join(ending, options.handleSignals ? "signals" : "natural-end");
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
    return this.#delivery.ready();
  }

  async flush(options: FlushOptions = {}): Promise<Stats> {
    await this.#within(options.timeoutMs ?? this.#options.flushTimeoutMs, this.#delivery.flush(), options.signal);
    return this.stats();
  }

  close(options: Pick<FlushOptions, "timeoutMs"> = {}): Promise<Stats> {
    return (this.#closing ??= this.#close(options.timeoutMs ?? this.#options.flushTimeoutMs));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  stats(): Stats {
    return this.#delivery.stats();
  }

  on<K extends ReportKind>(kind: K, listener: Listener<K>): () => void {
    return this.#reporter.on(kind, listener);
  }

  #take(kind: EventKind, message: unknown, shape: Shape): EventHandle {
    const stamp = { id: this.#runtime.id(), nowMs: this.#runtime.nowMs() };
    const reading = readMessage(kind, message, { shape, stamp });
    if (!reading.ok) return this.#refuse(reading.id, reading.problem);
    const drafts = this.#delivery.draft(reading.event, stamp);
    if (this.#options.onInvalid === "throw") throwUnfit(drafts);
    const { id } = reading.event;
    return new LazyHandle(id, this.#delivery.accept(id, drafts), this.#names);
  }

  #refuse(id: string, problem: { readonly path: string; readonly message: string }): EventHandle {
    if (this.#options.onInvalid === "throw") throw eventError(problem);
    const settlement = { kind: "rejected", reason: "invalid", detail: problem.message } as const;
    return new LazyHandle(id, this.#delivery.refuse(id, settlement), this.#names);
  }

  async #close(timeoutMs: number): Promise<Stats> {
    this.#delivery.refuseAll();
    await this.#within(timeoutMs, this.#delivery.flush());
    this.#delivery.abandon("closed");
    this.#leaveEndings();
    return this.stats();
  }

  /**
   * Waits for `work`, which never rejects, but not longer than that; the process is held meanwhile. Resolves with
   * whether the work was done.
   */
  #within(timeoutMs: number, work: Promise<void>, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#runtime.holdFor(timeoutMs, () => end(false));
      const giveUp = (): void => end(false);
      const end = (isDone: boolean): void => {
        timer.cancel();
        signal?.removeEventListener("abort", giveUp);
        resolve(isDone);
      };
      signal?.addEventListener("abort", giveUp);
      if (signal?.aborted === true) giveUp();
      void work.then(() => end(true));
    });
  }
}

function throwUnfit(drafts: readonly Draft[]): void {
  for (const draft of drafts) if (draft.kind === "unfit") throw eventError(draft.problem);
}

function eventError({ path, message }: { readonly path: string; readonly message: string }): TrackerError {
  return new TrackerError("E_EVENT", path, path === "" ? message : `\`${path}\`: ${message}`);
}
