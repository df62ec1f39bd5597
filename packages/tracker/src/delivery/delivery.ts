/** Composes the engine: one dispatcher per destination, and what concerns all of them. */
import type { EncodedEvent, Problem, Result, Stamp, TrackedEvent } from "@oncewire/protocol";
import { resolveSpool, type ResolvedOptions } from "../options.js";
import type { DropReason, RejectReason, Reporter, Settlement } from "../report.js";
import type { Runtime } from "../runtime.js";
import { DiskSpool } from "../spool/disk-spool.js";
import { MemorySpool } from "../spool/memory-spool.js";
import type { Fate } from "../spool/queued-event.js";
import { createSpoolPlace } from "../spool/spool-place.js";
import type { Spool, SpoolListener } from "../spool/spool.js";
import type { Destination, DestinationEncoder } from "./destination.js";
import { Dispatcher, type DestinationStats } from "./dispatcher.js";
import { addLedgers, type Ledger } from "./ledger.js";

export interface DeliveryParts {
  readonly destinations: readonly Destination[];
  readonly options: ResolvedOptions;
  readonly reporter: Reporter;
  readonly runtime: Runtime;
}

/** The ledger over all destinations, and of each. An event for two destinations counts twice in the sum. */
export interface Stats extends Ledger {
  readonly destinations: Readonly<Record<string, DestinationStats>>;
}

/** What became of encoding an event for one destination. */
export type Draft =
  | { readonly kind: "encoded"; readonly event: EncodedEvent }
  /** Not encoded: there is no room for it. */
  | { readonly kind: "surplus" }
  | { readonly kind: "unfit"; readonly reason: RejectReason; readonly problem: Problem };

const surplus: Draft = Object.freeze({ kind: "surplus" });

export class Delivery {
  readonly #dispatchers: readonly Dispatcher[];
  readonly #runtime: Runtime;
  readonly #waits: boolean;
  /** Why nothing more is taken; null while events are. */
  #refusal: DropReason | null = null;

  constructor(parts: DeliveryParts) {
    const { options, reporter, runtime } = parts;
    this.#runtime = runtime;
    this.#waits = options.overflow === "wait";
    this.#dispatchers = parts.destinations.map((destination) => {
      const needs = { runtime, timeoutMs: options.requestTimeoutMs, maxConnections: options.maxInFlight };
      const transport = destination.openTransport(needs);
      const openSpool = spoolFor(destination, options, runtime);
      return new Dispatcher({ destination, openSpool, transport, options, reporter, runtime });
    });
  }

  get names(): readonly string[] {
    return this.#dispatchers.map(({ destination }) => destination.name);
  }

  /** The event in the words of each destination, in their order. */
  draft(event: TrackedEvent, stamp: Stamp): readonly Draft[] {
    return this.#dispatchers.map((each) => (each.isFull ? surplus : draft(each.destination.encoder, event, stamp)));
  }

  /** The event as it is in the words of the vendor of all destinations. */
  draftVendor(event: unknown, stamp: Stamp): readonly Draft[] {
    return this.#dispatchers.map((each) =>
      each.isFull ? surplus : encodedDraft(each.destination.encoder, event, stamp),
    );
  }

  /** Hands each draft to its destination. */
  accept(id: string, drafts: readonly Draft[]): readonly Fate[] {
    // A whole number needs no memory of its own in every event.
    const nowMs = Math.floor(this.#runtime.monotonicMs());
    return this.#dispatchers.map((dispatcher, index) => {
      const made = drafts[index];
      if (made?.kind === "unfit") {
        return dispatcher.refuse(id, { kind: "rejected", reason: made.reason, detail: made.problem.message });
      }
      if (this.#refusal !== null) return dispatcher.refuse(id, { kind: "dropped", reason: this.#refusal });
      if (made?.kind === "encoded") return dispatcher.accept(made.event, nowMs);
      return dispatcher.refuse(id, { kind: "dropped", reason: "queue-full" });
    });
  }

  /** Books an event that no destination could be given. */
  refuse(id: string, settlement: Settlement): readonly Fate[] {
    return this.#dispatchers.map((dispatcher) => dispatcher.refuse(id, settlement));
  }

  async ready(): Promise<void> {
    if (this.#waits && this.#refusal === null) await Promise.all(this.#dispatchers.map((each) => each.ready()));
  }

  async flush(): Promise<void> {
    await Promise.all(this.#dispatchers.map((each) => each.flush()));
  }

  /** From now on everything that comes is dropped for this reason. */
  refuseAll(reason: DropReason): void {
    this.#refusal = reason;
    for (const each of this.#dispatchers) each.turnAway();
  }

  /** Resolves when all has ended, or when all that has not is on disk and waits for its destination. */
  async rest(): Promise<void> {
    await Promise.all(this.#dispatchers.map((each) => each.rest()));
  }

  /** What a spool has not written yet is written before this returns. */
  writeNow(): void {
    for (const each of this.#dispatchers) each.writeNow();
  }

  async close(): Promise<void> {
    await Promise.all(this.#dispatchers.map((each) => each.close()));
  }

  abandon(reason: DropReason): void {
    for (const each of this.#dispatchers) each.abandon(reason);
  }

  /** Whether there is anything left to do for this process. */
  get hasWork(): boolean {
    return this.#dispatchers.some((each) => each.hasWork);
  }

  /** Events that would be lost with the process. */
  get volatile(): number {
    return this.#dispatchers.reduce((sum, each) => sum + each.volatile, 0);
  }

  stats(): Stats {
    const each = this.#dispatchers.map((dispatcher) => [dispatcher.destination.name, dispatcher.stats()] as const);
    return { ...addLedgers(each.map(([, stats]) => stats)), destinations: Object.fromEntries(each) };
  }
}

function spoolFor(
  { name }: Destination,
  options: ResolvedOptions,
  runtime: Runtime,
): (listener: SpoolListener) => Spool {
  const { spool } = options;
  if (spool === null) return () => new MemorySpool(options);
  const { directory, maxBytes, sync, journal } =
    typeof spool === "string" ? resolveSpool({ directory: spool }) : resolveSpool(spool);
  const timers = { nowMs: () => runtime.nowMs(), setTimer: setTimerOf(runtime) };
  const settings = { ...journal, maxBytes, sync, runtime: { ...timers, ...journal.runtime } };
  const place = createSpoolPlace({ directory, destination: name, journal: settings, id: () => runtime.id() });
  return (listener) => new DiskSpool({ place, bounds: options, runtime, listener });
}

function setTimerOf(runtime: Runtime): (run: () => void, delayMs: number) => () => void {
  return (run, delayMs) => {
    const timer = runtime.after(delayMs, run);
    return () => timer.cancel();
  };
}

function draft(encoder: DestinationEncoder, event: TrackedEvent, stamp: Stamp): Draft {
  const translated = encoder.translate(event);
  return translated.ok ? named(event.id, encodedDraft(encoder, translated.value, stamp)) : unfit(translated);
}

/** Reports name an event as its caller does, whatever its id on the wire is. */
function named(id: string, made: Draft): Draft {
  return made.kind !== "encoded" || made.event.id === id ? made : { kind: "encoded", event: { ...made.event, id } };
}

function encodedDraft(encoder: DestinationEncoder, event: unknown, stamp: Stamp): Draft {
  const encoded = encoder.encode(event, stamp);
  if (!encoded.ok) return unfit(encoded);
  const bytes = encoded.value.bytes.byteLength;
  const { maxEventBytes } = encoder.limits;
  if (bytes <= maxEventBytes) return { kind: "encoded", event: encoded.value };
  const message = `expected at most ${maxEventBytes} bytes, got ${bytes}; send less, or link to the data`;
  return { kind: "unfit", reason: "too-large", problem: { path: "", code: "too-large", message } };
}

function unfit(result: Extract<Result<unknown>, { ok: false }>): Draft {
  const [problem] = result.problems;
  const { code } = problem;
  return { kind: "unfit", reason: code === "too-large" || code === "unsupported" ? code : "invalid", problem };
}
