/** What the collector and the thread of a sink say to each other. */
import type { PackedRead } from "../log/packed-read.js";
import type { SinkOptions } from "../sink-options.js";
import type { LoadingSetup } from "./messages.js";

export interface SinkSetup extends Pick<LoadingSetup, "logFirst" | "wires" | "enrichment"> {
  readonly sink: SinkOptions;
  /** Where it goes on, and what it noted there. */
  readonly position: number;
  readonly memo: Uint8Array | null;
  /** Keeps what the other end will never take. */
  readonly refusedPath: string;
}

export type ToSink =
  | { readonly kind: "durable"; readonly position: number }
  | { readonly kind: "records"; readonly read: PackedRead | null }
  | { readonly kind: "close" };

export type FromSink =
  | { readonly kind: "ready" }
  | { readonly kind: "read"; readonly from: number }
  /** Everything below is safe at the other end. */
  | {
      readonly kind: "done";
      readonly position: number;
      readonly memo: Uint8Array | null;
      readonly events: number;
      readonly refused: number;
    }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "closed" };
