/** What a worker and the collector's own process say to each other, and how it stands in a frame's payload. */
import type { UserTruth } from "@oncewire/protocol";
import type { CountedRecord, TruthQuestion } from "../ingest/request-keeper.js";
import type { Wires } from "../loading/receivers.js";
import type { ResolvedOptions } from "../options.js";
import type { CollectorReport, CutReason, RefusalReason, UnkeptReason } from "../report.js";

/** What a worker is started with. */
export interface WorkerSetup {
  readonly options: WorkerOptions;
  readonly wires: Wires;
  readonly door: DoorAddress;
}

/** Options as plain data, without what only the collector's own process needs. */
export type WorkerOptions = Omit<ResolvedOptions, "onReport" | "runtime" | "sinks" | "keys" | "disabledKeys">;

/** Where requests go that a worker does not answer itself, and what opens there. */
export interface DoorAddress {
  readonly path: string;
  readonly token: string;
}

/** By the channel between processes, which can also carry a connection. */
export type ToWorker =
  | { readonly kind: "start"; readonly setup: WorkerSetup }
  | { readonly kind: "connection"; readonly id: number }
  /** Wants a sign of life. */
  | { readonly kind: "ping" }
  | { readonly kind: "close"; readonly timeoutMs: number };

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "alive" }
  /** It met a defect and ends. */
  | { readonly kind: "dying"; readonly message: string };

/** Which of the collector's limits. */
export type LimitName = "address" | "key";

export type Question =
  | { readonly kind: "limit"; readonly limit: LimitName; readonly who: string }
  | { readonly kind: "truth"; readonly question: TruthQuestion };

export interface Answers {
  /** Milliseconds to wait, null when within the limit. */
  readonly limit: number | null;
  readonly truth: UserTruth | null;
}

/** Facts that want no answer. */
export type Fact =
  /** A connection has arrived, and is the worker's alone from here on. */
  | { readonly kind: "taken"; readonly connection: number }
  | { readonly kind: "released"; readonly connection: number }
  | { readonly kind: "refused"; readonly reason: RefusalReason }
  | { readonly kind: "unkept"; readonly reason: UnkeptReason }
  | { readonly kind: "cut"; readonly reason: CutReason }
  | { readonly kind: "observed"; readonly ms: number }
  | { readonly kind: "reported"; readonly report: CollectorReport };

const countBytes = 12;

/** u32 events, u32 bad, u32 bytes of the body, the record. */
export function keepPayload({ record, events, bad, bytes }: CountedRecord): readonly Uint8Array[] {
  const counts = Buffer.allocUnsafe(countBytes);
  counts.writeUInt32LE(events, 0);
  counts.writeUInt32LE(bad, 4);
  counts.writeUInt32LE(bytes, 8);
  return [counts, ...record];
}

export function readKeepPayload(payload: Uint8Array): CountedRecord {
  const counts = new DataView(payload.buffer, payload.byteOffset, countBytes);
  return {
    record: [payload.subarray(countBytes)],
    events: counts.getUint32(0, true),
    bad: counts.getUint32(4, true),
    bytes: counts.getUint32(8, true),
  };
}

/** Positions are below 2^53: a float holds them. */
export function positionPayload(position: number): readonly Uint8Array[] {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleLE(position);
  return [bytes];
}

export function readPositionPayload(payload: Uint8Array): number {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getFloat64(0, true);
}

export function jsonPayload(value: Question | Fact | Answers[keyof Answers]): readonly Uint8Array[] {
  return [Buffer.from(JSON.stringify(value))];
}

/** From our own process: its form is not checked again. */
export function readJsonPayload(payload: Uint8Array): unknown {
  return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString());
}

/** Where a worker finds its link: after standard input, output and error and the channel that carries connections. */
export const linkDescriptor = 4;
