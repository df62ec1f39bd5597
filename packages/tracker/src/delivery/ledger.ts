import { dropReasons, rejectReasons, type DropReason, type RejectReason, type Settlement } from "../report.js";

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
  readonly #rejectedBy: Record<RejectReason, number> = zeros(rejectReasons);
  readonly #droppedBy: Record<DropReason, number> = zeros(dropReasons);

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

  get pending(): number {
    return this.#pending;
  }

  ledger(): Ledger {
    return {
      accepted: this.#accepted,
      delivered: this.#delivered,
      rejected: sum(this.#rejectedBy),
      dropped: sum(this.#droppedBy),
      pending: this.#pending,
      rejectedBy: { ...this.#rejectedBy },
      droppedBy: { ...this.#droppedBy },
    };
  }
}

/** The ledgers of several destinations as one. */
export function addLedgers(ledgers: readonly Ledger[]): Ledger {
  const total = (count: (ledger: Ledger) => number): number => ledgers.reduce((sum, each) => sum + count(each), 0);
  return {
    accepted: total((each) => each.accepted),
    delivered: total((each) => each.delivered),
    rejected: total((each) => each.rejected),
    dropped: total((each) => each.dropped),
    pending: total((each) => each.pending),
    rejectedBy: byReason(rejectReasons, (reason) => total((each) => each.rejectedBy[reason])),
    droppedBy: byReason(dropReasons, (reason) => total((each) => each.droppedBy[reason])),
  };
}

function byReason<R extends string>(reasons: readonly R[], count: (reason: R) => number): Record<R, number> {
  return Object.fromEntries(reasons.map((reason) => [reason, count(reason)])) as Record<R, number>;
}

function zeros<R extends string>(reasons: readonly R[]): Record<R, number> {
  return byReason(reasons, () => 0);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
