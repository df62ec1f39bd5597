/**
 * What the tracker tells about its work. Every event a call handed over ends in exactly one of `delivered`, `rejected`
 * and `dropped`; every loss has a reason from one of the two lists below.
 */

/** Why an event was judged unfit. */
export const rejectReasons = ["invalid", "too-large", "unsupported", "refused"] as const;
/**
 * - `invalid`: a field is missing or wrong; found at the call.
 * - `too-large`: larger than the destination takes, found at the call or told by the destination.
 * - `unsupported`: this destination's wire cannot carry this kind of event.
 * - `refused`: the destination answered that it will never take it.
 */
export type RejectReason = (typeof rejectReasons)[number];

/** Why a good event could not be kept. */
export const dropReasons = ["queue-full", "expired", "exhausted", "closed", "exit", "damaged", "disabled"] as const;
/**
 * - `queue-full`: more was waiting than `maxQueueBytes` or `maxQueueEvents` allow.
 * - `expired`: older than `maxEventAgeMs` and still not delivered.
 * - `exhausted`: tried as often as the client is told to try (`maxRetries`, say); without such a limit, never.
 * - `closed`: tracked after `close`, or not delivered by its deadline.
 * - `exit`: the process came to its natural end and the destination could not be reached by `exitTimeoutMs`.
 * - `damaged`: the spool was damaged where the event was, or its files were taken away; its id is not known any more.
 * - `disabled`: nothing is sent, by option (`send: false`).
 */
export type DropReason = (typeof dropReasons)[number];

/** How an event ended at one destination. */
export type Settlement =
  | { readonly kind: "delivered" }
  | { readonly kind: "rejected"; readonly reason: RejectReason; readonly detail: string }
  | { readonly kind: "dropped"; readonly reason: DropReason };

/**
 * What the owner of a handle learns. `kept`: the event is on disk, and a later process delivers it. `forgotten`: it
 * ended long before anybody asked; how is in the reports of that time.
 */
export type EventEnd = Settlement | { readonly kind: "kept" | "forgotten" };

export interface DeliveredReport {
  readonly kind: "delivered";
  readonly destination: string;
  readonly ids: readonly string[];
  readonly events: number;
}

export interface RejectedReport {
  readonly kind: "rejected";
  readonly destination: string;
  readonly ids: readonly string[];
  readonly events: number;
  readonly reason: RejectReason;
  /** What was wrong, in words. */
  readonly detail: string;
}

export interface DroppedReport {
  readonly kind: "dropped";
  readonly destination: string;
  /** Empty where they are not known any more. */
  readonly ids: readonly string[];
  readonly events: number;
  readonly reason: DropReason;
}

/** A request failed; its events are kept and the destination is left alone for `delayMs`. */
export interface RetryingReport {
  readonly kind: "retrying";
  readonly destination: string;
  readonly events: number;
  readonly reason: string;
  /** Failures in a row at this destination, this one included. */
  readonly failures: number;
  readonly delayMs: number;
}

/** The destination refuses us (a wrong key, say). Told once; the events are kept and it is asked again, ever later. */
export interface PausedReport {
  readonly kind: "paused";
  readonly destination: string;
  readonly reason: string;
  readonly delayMs: number;
}

/** The destination takes events again, after `retrying` or `paused`. */
export interface ResumedReport {
  readonly kind: "resumed";
  readonly destination: string;
}

/** The spool cannot be written: events are kept in memory alone until it can. Told once; `fault` says why. */
export interface SpoolFailedReport {
  readonly kind: "spool-failed";
  readonly destination: string;
  readonly fault: string;
}

/** The spool is written again. */
export interface SpoolRestoredReport {
  readonly kind: "spool-restored";
  readonly destination: string;
}

export type Report =
  | DeliveredReport
  | RejectedReport
  | DroppedReport
  | RetryingReport
  | PausedReport
  | ResumedReport
  | SpoolFailedReport
  | SpoolRestoredReport;
export type ReportKind = Report["kind"];
export type ReportOf<K extends ReportKind> = Extract<Report, { readonly kind: K }>;
export type Listener<K extends ReportKind> = (report: ReportOf<K>) => void;

/** Where lines go: `console`, pino and the like fit. */
export interface Logger {
  warn(line: string): void;
  error(line: string): void;
}

function isOfKind<K extends ReportKind>(report: Report, kind: K): report is ReportOf<K> {
  return report.kind === kind;
}

/** Passes reports to whoever listens. A listener that throws harms nobody: not the tracker, not the next listener. */
export class Reporter {
  readonly #listeners = new Map<ReportKind, Set<(report: Report) => void>>();

  /** Returns the function that ends the subscription. */
  on<K extends ReportKind>(kind: K, listener: Listener<K>): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners);
    // A wrapper of its own, so that one function subscribed twice is two subscriptions.
    const entry = (report: Report): void => {
      if (isOfKind(report, kind)) listener(report);
    };
    listeners.add(entry);
    return () => void listeners.delete(entry);
  }

  hears(kind: ReportKind): boolean {
    const listeners = this.#listeners.get(kind);
    return listeners !== undefined && listeners.size > 0;
  }

  report(report: Report): void {
    for (const listener of this.#listeners.get(report.kind) ?? []) {
      try {
        listener(report);
      } catch {
        // What a listener does wrong is its own affair; the delivery of events is ours.
      }
    }
  }
}
