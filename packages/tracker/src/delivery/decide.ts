/** What follows from an answer, for the events it answers and for the destination as a whole. Pure. */
import type { Outcome } from "@oncewire/protocol";
import type { DropReason, RejectReason } from "../report.js";
import type { Verdict } from "./destination.js";

export type EventsDecision =
  | { readonly kind: "delivered" }
  | { readonly kind: "rejected"; readonly reason: RejectReason; readonly detail: string }
  | { readonly kind: "dropped"; readonly reason: DropReason }
  /** Again, as they are. */
  | { readonly kind: "keep" }
  /** Again, in smaller requests. */
  | { readonly kind: "shrink" }
  /** Again, in halves: somewhere among them is the one that spoils the batch. */
  | { readonly kind: "bisect" }
  /** One by one; indexes into the batch. What is named in neither list is delivered. */
  | {
      readonly kind: "sort";
      readonly rejected: readonly { readonly index: number; readonly detail: string }[];
      readonly keep: readonly number[];
    };

export type DestinationDecision =
  | { readonly kind: "answered" }
  /** `afterMs` where the destination has said when to come back. */
  | { readonly kind: "failed"; readonly reason: string; readonly afterMs: number | null }
  | { readonly kind: "denied"; readonly reason: string };

export interface Decision {
  readonly events: EventsDecision;
  readonly destination: DestinationDecision;
}

const answered: DestinationDecision = Object.freeze({ kind: "answered" });

/** `events` is the number of events the answer is about. */
export function decide(outcome: Outcome, events: number, verdict: Verdict = "keep"): Decision {
  const decision = decideKeeping(outcome, events);
  return verdict === "give-up" && decision.events.kind === "keep" ? givenUp(decision.destination) : decision;
}

/**
 * A destination that refuses us need not be left alone when nothing is kept for it: whoever gives up wants to be told
 * of the next event as soon as of the first.
 */
function givenUp(destination: DestinationDecision): Decision {
  if (destination.kind === "denied") return { events: rejected("refused", destination.reason), destination: answered };
  return { events: { kind: "dropped", reason: "exhausted" }, destination };
}

function decideKeeping(outcome: Outcome, events: number): Decision {
  switch (outcome.kind) {
    case "delivered":
      return { events: { kind: "delivered" }, destination: answered };
    case "retry":
      return { events: { kind: "keep" }, destination: failed(outcome.reason, outcome.afterMs) };
    case "denied":
      return { events: { kind: "keep" }, destination: { kind: "denied", reason: outcome.reason } };
    case "split":
      return { events: events > 1 ? { kind: "shrink" } : rejected("too-large", outcome.reason), destination: answered };
    case "rejected":
      return { events: events > 1 ? { kind: "bisect" } : rejected("refused", outcome.reason), destination: answered };
    case "partial":
      return decidePartial(outcome);
  }
}

function decidePartial(outcome: Extract<Outcome, { kind: "partial" }>): Decision {
  const refused = outcome.rejected.map(({ index, reason }) => ({ index, detail: reason }));
  const destination = outcome.retry.length === 0 ? answered : failed("part of the batch was put off", undefined);
  return { events: { kind: "sort", rejected: refused, keep: outcome.retry }, destination };
}

function rejected(reason: RejectReason, detail: string): EventsDecision {
  return { kind: "rejected", reason, detail };
}

function failed(reason: string, afterMs: number | undefined): DestinationDecision {
  return { kind: "failed", reason, afterMs: afterMs ?? null };
}
