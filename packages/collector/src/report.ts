import { turnAwayReasons } from "@oncewire/protocol";

/** Why a request was refused. Closed: these are also the label values of the metrics. */
export const refusalReasons = [
  "method-not-allowed",
  "unreadable-key",
  "unknown-key",
  "disabled-key",
  "too-large",
  "unreadable-body",
  "rate-limited",
  "unavailable",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** Why there was nothing to keep of a request that was answered: the reasons of its wire, or that it held nothing. Closed. */
export const unkeptReasons: readonly [...typeof turnAwayReasons, "empty"] = [...turnAwayReasons, "empty"] as const;
export type UnkeptReason = (typeof unkeptReasons)[number];

/** Why a connection was ended that its client had not ended. Closed. */
export const cutReasons = [
  "too-many",
  "too-many-of-address",
  "slow-request",
  "slow-body",
  "idle",
  "malformed",
] as const;
export type CutReason = (typeof cutReasons)[number];

/** A fact about the collector. Reports carry counts and reasons, never keys or the content of events. */
export type CollectorReport =
  | { readonly kind: "started"; readonly url: string; readonly open: boolean }
  | {
      readonly kind: "recovered";
      readonly tornBytes: number;
      readonly damagedRecords: number;
      readonly quarantined: number;
    }
  | { readonly kind: "refused"; readonly reason: RefusalReason; readonly protocol: string }
  | { readonly kind: "suspended"; readonly fault: string }
  | { readonly kind: "resumed" }
  | { readonly kind: "lost"; readonly records: number; readonly reason: "damaged" | "expired" }
  /** It is tried again by itself; told once for each reason, until all works again. */
  | { readonly kind: "store-failed"; readonly message: string }
  /** Whatever failed of the store, or of what is made of it, works again. */
  | { readonly kind: "store-resumed" }
  /** Files of the store that cannot be read any more, put aside as `<name>.unreadable` unless they are gone: what they held is read from the log again. */
  | { readonly kind: "store-files-put-aside"; readonly files: readonly string[] }
  /** Nothing was found out about some events, or no places any more: they are stored all the same. */
  | { readonly kind: "enrichment-failed"; readonly message: string }
  /** Where the store's reader is could not be noted: the log keeps more than it must. */
  | { readonly kind: "log-cursor-failed"; readonly message: string }
  /** A sink cannot go on just now; its place in the log stays and it tries again by itself. */
  | { readonly kind: "sink-failed"; readonly sink: string; readonly message: string }
  /** The other end of a sink will never take these events; they are in `refused/<sink>.ndjson`. */
  | { readonly kind: "sink-refused"; readonly sink: string; readonly events: number }
  /** A worker process ended by itself, or was killed because it did not answer; another follows after `restartMs`. */
  | {
      readonly kind: "worker-ended";
      readonly worker: number;
      readonly message: string;
      readonly restartMs: number;
    }
  /** A worker process does not answer: it gets no new connections until it does, and is killed if it never does. */
  | { readonly kind: "worker-silent"; readonly worker: number; readonly silentMs: number }
  /** It answers again. */
  | { readonly kind: "worker-answers"; readonly worker: number }
  /** A request met a defect of the collector: it was answered 500 and not kept. */
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "closed"; readonly stats: CollectorStats };

/** What the collector did since it started. accepted = stored + duplicates + unstorable + pending, at every moment. */
export interface CollectorStats {
  /** Requests that were kept in the accept log. */
  readonly requests: number;
  /** Bytes of their bodies, as received. */
  readonly receivedBytes: number;
  /** Events in them. */
  readonly accepted: number;
  /** What of them could not be decoded, kept as bad events. */
  readonly bad: number;
  /** Events the store holds of those. */
  readonly stored: number;
  /** Events that came again under an id already stored. */
  readonly duplicates: number;
  /** Events that no row of the store can hold: bad events with the code `unstorable` are kept instead of them. */
  readonly unstorable: number;
  /** Events kept in the log and not yet in the store. */
  readonly pending: number;
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** Requests that were answered, and of which there was nothing to keep. */
  readonly unkept: Readonly<Record<UnkeptReason, number>>;
  /** Connections ended by a limit. */
  readonly cut: Readonly<Record<CutReason, number>>;
}

/** How long answers took, in classes. */
export interface LatencySnapshot {
  /** How many took at most so long; each includes the ones before. */
  readonly buckets: readonly { readonly atMostMs: number; readonly count: number }[];
  readonly count: number;
  readonly sumMs: number;
}
