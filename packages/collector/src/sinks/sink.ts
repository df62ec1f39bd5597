import type { CanonicalEvent } from "@oncewire/protocol";

/** Takes events in the order of the log. A batch comes again, whole, after a failure or a crash. */
export interface Sink {
  /** Resolves when every event is safe at the other end, or refused by it for ever; rejects to be given them again. */
  take(events: readonly CanonicalEvent[]): Promise<SinkResult>;
  /** Ends what is in progress; a `take` under way rejects. */
  close(): Promise<void>;
}

export interface SinkResult {
  readonly refused: readonly RefusedEvent[];
  /** Small and opaque: given back when the sink is opened again at this place of the log. */
  readonly memo: Uint8Array | null;
}

/** An event that the other end will never take. */
export interface RefusedEvent {
  readonly event: CanonicalEvent;
  readonly reason: string;
}
