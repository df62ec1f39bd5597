import type { DropReason, RejectReason, Settlement } from "../report.js";

/**
 * The books: `accepted = delivered + rejected + dropped + pending`, at every moment. An event is accepted when a call
 * hands it over, also where the call itself turns it away: then it is rejected or dropped in the same step.
 */
export interface Ledger {
  readonly accepted: number;
  readonly delivered: number;
  readonly rejected: number;
  readonly dropped: number;
  /** Waiting or under way. */
  readonly pending: number;
  /** `rejected`, by reason. */
  readonly rejectedBy: Readonly<Record<RejectReason, number>>;
  /** `dropped`, by reason. */
  readonly droppedBy: Readonly<Record<DropReason, number>>;
}

/** Keeps the ledger of one destination. */
export class Books {
  #accepted = 0;
  #delivered = 0;
  #pending = 0;
  readonly #rejectedBy: Record<RejectReason, number> = byRejectReason(() => 0);
  readonly #droppedBy: Record<DropReason, number> = byDropReason(() => 0);

  accept(): void {
    this.#accepted += 1;
    this.#pending += 1;
  }

  settle(settlement: Settlement, events: number): void {
    this.#pending -= events;
    switch (settlement.kind) {
      case "delivered":
        this.#delivered += events;
        return;
      case "rejected":
        this.#rejectedBy[settlement.reason] += events;
        return;
      case "dropped":
        this.#droppedBy[settlement.reason] += events;
    }
  }

  ledger(): Ledger {
    return {
      accepted: this.#accepted,
      delivered: this.#delivered,
      rejected: sum(Object.values(this.#rejectedBy)),
      dropped: sum(Object.values(this.#droppedBy)),
      pending: this.#pending,
      rejectedBy: { ...this.#rejectedBy },
      droppedBy: { ...this.#droppedBy },
    };
  }
}

/** The ledgers of several destinations as one. */
export function addLedgers(ledgers: readonly Ledger[]): Ledger {
  const total = (count: (ledger: Ledger) => number): number => sum(ledgers.map(count));
  return {
    accepted: total((each) => each.accepted),
    delivered: total((each) => each.delivered),
    rejected: total((each) => each.rejected),
    dropped: total((each) => each.dropped),
    pending: total((each) => each.pending),
    rejectedBy: byRejectReason((reason) => total((each) => each.rejectedBy[reason])),
    droppedBy: byDropReason((reason) => total((each) => each.droppedBy[reason])),
  };
}

function byRejectReason(count: (reason: RejectReason) => number): Record<RejectReason, number> {
  return {
    invalid: count("invalid"),
    "too-large": count("too-large"),
    unsupported: count("unsupported"),
    refused: count("refused"),
  };
}

function byDropReason(count: (reason: DropReason) => number): Record<DropReason, number> {
  return {
    "queue-full": count("queue-full"),
    expired: count("expired"),
    exhausted: count("exhausted"),
    closed: count("closed"),
    exit: count("exit"),
    damaged: count("damaged"),
    disabled: count("disabled"),
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
