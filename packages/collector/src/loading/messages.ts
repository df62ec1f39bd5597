/** What the collector and its loading thread say to each other. */
import type { EnrichmentSetup } from "../enrichment/open-enrichment.js";
import type { StepFailures } from "../enrichment/step-failures.js";
import type { PackedRead } from "../log/packed-read.js";
import type { CollectorReport } from "../report.js";
import type { EventReader, StoredItem } from "../store/event-store.js";
import type { StoreErrorCode } from "../store/store-error.js";
import type { Wires } from "./receivers.js";
import type { TroubledPart } from "./trouble.js";

/** What the thread is started with. */
export interface LoadingSetup {
  /** The oldest position in the log. */
  readonly logFirst: number;
  readonly wires: Wires;
  readonly enrichment: EnrichmentSetup;
  readonly storeDirectory: string;
  readonly profilesDirectory: string;
  readonly sealEvents: number;
  readonly sealIntervalMs: number;
  readonly storeRetentionMs: number | null;
  readonly storeRetentionBytes: number | null;
  /** Records below it were accepted by an earlier process. */
  readonly inheritedTo: number;
  /** Records below it were reported by the thread before this one. */
  readonly reportedTo: number;
}

/** The store's questions, by name, and what else it does when asked. */
export type StoreQuestion = keyof EventReader | "sql" | "people" | "seal";

export interface SqlQuestion {
  readonly text: string;
  readonly bounds: { readonly maxRows: number; readonly timeoutMs: number };
}

export type ToLoading =
  | { readonly kind: "durable"; readonly position: number; readonly isAwaited: boolean }
  | { readonly kind: "ask"; readonly id: number; readonly question: StoreQuestion; readonly argument: unknown }
  /** The answer to `read`; null when the log could not be read, and is to be asked again. */
  | { readonly kind: "records"; readonly read: PackedRead | null }
  | { readonly kind: "close" };

export type FromLoading =
  /** The store is open and holds everything below `storePosition`. */
  | { readonly kind: "ready"; readonly storePosition: number }
  /** Wants the log's records from here on; one question at a time. */
  | { readonly kind: "read"; readonly from: number }
  | LoadedMessage
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly code: StoreErrorCode; readonly message: string }
  /** The store put files aside that cannot be read any more, and wants from the log what they held. */
  | { readonly kind: "put-aside"; readonly files: readonly string[] }
  /** For whoever listens to the collector's reports. */
  | { readonly kind: "report"; readonly report: CollectorReport }
  | { readonly kind: "failed"; readonly part: TroubledPart; readonly message: string }
  /** What may have failed before works. */
  | { readonly kind: "works"; readonly part: TroubledPart }
  | { readonly kind: "closed"; readonly storePosition: number };

/** A batch of the log is in the store and can be asked for. */
export interface LoadedMessage {
  readonly kind: "loaded";
  /** Log position after it. */
  readonly to: number;
  /** Everything below is sealed: the log may forget it. */
  readonly storePosition: number;
  /** What of it was not counted when it came: an earlier process had kept it, or its wire is answered without a look. */
  readonly found: { readonly events: number; readonly bad: number };
  readonly stored: number;
  readonly duplicates: number;
  /** Events that the store could keep only as bad events. */
  readonly unstorable: number;
  /** People let go so far because there were too many; null while that cannot be known. */
  readonly forgotten: number | null;
  /** How often steps of the enrichment failed since the last such message. */
  readonly enrichmentFailures: StepFailures;
  /** The newest of what is new, for the live page. */
  readonly newest: readonly StoredItem[];
  /** How many older ones are not in `newest`. */
  readonly leftOut: number;
}
