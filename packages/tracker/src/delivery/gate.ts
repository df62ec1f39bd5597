import type { ResolvedDeliveryOptions } from "../options.js";
import type { Reporter } from "../report.js";
import type { Runtime } from "../runtime.js";
import { afterReply, openBreaker, width, type Breaker, type BreakerBounds } from "./breaker.js";
import type { DestinationDecision } from "./decide.js";

export interface GateParts {
  readonly name: string;
  readonly options: ResolvedDeliveryOptions;
  readonly reporter: Reporter;
  readonly runtime: Runtime;
}

/** The way to one destination: whether requests may pass now. Tells when it closes and when it opens again. */
export class Gate {
  readonly #name: string;
  readonly #maxInFlight: number;
  readonly #bounds: BreakerBounds;
  readonly #reporter: Reporter;
  readonly #runtime: Runtime;
  #breaker = openBreaker;

  constructor({ name, options, reporter, runtime }: GateParts) {
    this.#name = name;
    this.#maxInFlight = options.maxInFlight;
    this.#bounds = {
      retry: { baseMs: options.retryBaseMs, capMs: options.retryCapMs },
      pause: { baseMs: options.pauseBaseMs, capMs: options.pauseCapMs },
    };
    this.#reporter = reporter;
    this.#runtime = runtime;
  }

  get state(): Breaker["kind"] {
    return this.#breaker.kind;
  }

  /** What a request that passes now has to bring back with its answer. */
  get period(): number {
    return this.#breaker.period;
  }

  /** Monotonic. */
  get notBeforeMs(): number {
    return this.#breaker.notBeforeMs;
  }

  mayPass(nowMs: number, inFlight: number): boolean {
    return nowMs >= this.#breaker.notBeforeMs && inFlight < width(this.#breaker, this.#maxInFlight);
  }

  /** Takes note of the answer to a request with so many events that passed in `period`. */
  note(decision: DestinationDecision, period: number, events: number): void {
    const moment = { nowMs: this.#runtime.monotonicMs(), random: this.#runtime.random() };
    const before = this.#breaker;
    this.#breaker = afterReply(before, { decision, period, moment }, this.#bounds);
    this.#tell(decision, before, events);
  }

  #tell(decision: DestinationDecision, before: Breaker, events: number): void {
    const destination = this.#name;
    const { kind, failures, notBeforeMs } = this.#breaker;
    const delayMs = Math.max(0, notBeforeMs - this.#runtime.monotonicMs());
    switch (decision.kind) {
      case "answered":
        if (kind !== before.kind) this.#reporter.report({ kind: "resumed", destination });
        return;
      case "failed":
        this.#reporter.report({ kind: "retrying", destination, events, reason: decision.reason, failures, delayMs });
        return;
      case "denied":
        if (kind !== before.kind)
          this.#reporter.report({ kind: "paused", destination, reason: decision.reason, delayMs });
    }
  }
}
