/**
 * What stands behind every call, in whatever words it is made: encoding, accepting, reporting, flushing, closing, and
 * the end of the process. `createTracker` reads canonical messages in front of it, a client its own vendor's.
 */
import type { Problem, Stamp, TrackedEvent } from "@oncewire/protocol";
import { Delivery, type Draft, type Stats } from "./delivery/delivery.js";
import type { Destination } from "./delivery/destination.js";
import { endings as processEndings, type Ending } from "./endings.js";
import { TrackerError } from "./errors.js";
import { LazyHandle, type EventHandle } from "./handle.js";
import { logLosses } from "./loss-log.js";
import type { ResolvedOptions } from "./options.js";
import { Reporter, type DropReason, type Listener, type ReportKind } from "./report.js";
import type { Runtime } from "./runtime.js";

export interface FlushOptions {
  /** @default the tracker's `flushTimeoutMs` */
  readonly timeoutMs?: number | undefined;
  /** Ends the waiting early; delivery goes on. */
  readonly signal?: AbortSignal | undefined;
}

export interface OutboxParts {
  readonly destinations: readonly Destination[];
  readonly options: ResolvedOptions;
  readonly runtime: Runtime;
}

export class Outbox {
  readonly #options: ResolvedOptions;
  readonly #runtime: Runtime;
  readonly #reporter = new Reporter();
  readonly #delivery: Delivery;
  readonly #names: readonly string[];
  readonly #leaveEndings: () => void;
  #closing: Promise<Stats> | undefined;

  constructor({ destinations, options, runtime }: OutboxParts) {
    this.#options = options;
    this.#runtime = runtime;
    this.#delivery = new Delivery({ destinations, options, reporter: this.#reporter, runtime });
    this.#names = this.#delivery.names;
    if (options.logger !== null) logLosses(this.#reporter, options.logger, runtime);
    if (!options.send) this.#delivery.refuseAll("disabled");
    const ending: Ending = {
      hasPending: () => this.#delivery.hasWork,
      flush: () => this.#flushAtEnd(),
      abandon: () => this.#delivery.abandon("exit"),
      exit: () => this.#delivery.writeNow(),
    };
    this.#leaveEndings = processEndings.join(ending, options.handleSignals ? "signals" : "natural-end");
  }

  /** What an event made now is stamped with. */
  stamp(): Stamp {
    return { id: this.#runtime.id(), nowMs: this.#runtime.nowMs() };
  }

  /** Hands an event over, in the canonical words. */
  track(event: TrackedEvent, stamp: Stamp): EventHandle {
    return this.#take(event.id, this.#delivery.draft(event, stamp));
  }

  /** Hands an event over in the words of the destinations, which must then all be of one vendor. */
  trackVendor(event: unknown, stamp: Stamp): EventHandle {
    const drafts = this.#delivery.draftVendor(event, stamp);
    const [first] = drafts;
    return this.#take(first?.kind === "encoded" ? first.event.id : stamp.id, drafts);
  }

  /** Books an event that could not be read; throws it, where `onInvalid` says so. */
  refuse(id: string, problem: Pick<Problem, "path" | "message">): EventHandle {
    if (this.#options.onInvalid === "throw") throw eventError(problem);
    const settlement = { kind: "rejected", reason: "invalid", detail: problem.message } as const;
    return new LazyHandle(id, this.#delivery.refuse(id, settlement), this.#names);
  }

  /** Books an event that its client could not keep. */
  drop(id: string, reason: DropReason): EventHandle {
    return new LazyHandle(id, this.#delivery.refuse(id, { kind: "dropped", reason }), this.#names);
  }

  ready(): Promise<void> {
    return this.#delivery.ready();
  }

  async flush(options: FlushOptions = {}): Promise<Stats> {
    await this.wait(this.#delivery.flush(), options);
    return this.stats();
  }

  /** Waits for work that never rejects, as long as a flush with these options would. */
  async wait(work: Promise<void>, options: FlushOptions = {}): Promise<void> {
    await this.#within(options.timeoutMs ?? this.#options.flushTimeoutMs, work, options.signal);
  }

  close(options: Pick<FlushOptions, "timeoutMs"> = {}): Promise<Stats> {
    return (this.#closing ??= this.#close(options.timeoutMs ?? this.#options.flushTimeoutMs));
  }

  stats(): Stats {
    return this.#delivery.stats();
  }

  on<K extends ReportKind>(kind: K, listener: Listener<K>): () => void {
    return this.#reporter.on(kind, listener);
  }

  #take(id: string, drafts: readonly Draft[]): EventHandle {
    if (this.#options.onInvalid === "throw") throwUnfit(drafts);
    return new LazyHandle(id, this.#delivery.accept(id, drafts), this.#names);
  }

  async #close(timeoutMs: number): Promise<Stats> {
    this.#delivery.refuseAll("closed");
    await this.#within(timeoutMs, this.#delivery.rest());
    this.#delivery.abandon("closed");
    await this.#delivery.close();
    this.#leaveEndings();
    return this.stats();
  }

  /** False where something is left that waiting longer would not send. */
  async #flushAtEnd(): Promise<boolean> {
    const isAtRest = await this.#within(this.#options.exitTimeoutMs, this.#delivery.rest());
    // What is in memory alone then came meanwhile: it has an end of its own to come.
    return isAtRest && (this.#delivery.volatile > 0 || !this.#delivery.hasWork);
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

function eventError({ path, message }: Pick<Problem, "path" | "message">): TrackerError {
  return new TrackerError("E_EVENT", path, path === "" ? message : `\`${path}\`: ${message}`);
}
