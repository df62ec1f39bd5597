import type { EncodedEvent, Encoder, Outcome } from "@oncewire/protocol";
import type { Runtime } from "../runtime.js";
import type { Reply, Transport } from "../transport/transport.js";

/** What a transport is opened with. */
export interface TransportNeeds {
  readonly runtime: Runtime;
  readonly timeoutMs: number;
  readonly maxConnections: number;
}

/** What of a wire the engine needs to know: not which one it is. */
export type DestinationEncoder = Omit<Encoder<unknown>, "protocol">;

/** A request that was not a success for all of its events. */
export interface FailedRequest {
  readonly events: readonly EncodedEvent[];
  readonly outcome: Outcome;
  /** The answer, or why none came; null when no request could be made at all. */
  readonly reply: Reply | null;
  /** Requests in a row after which these events were to come again as they are, this one included; else 0. */
  readonly attempts: number;
}

/**
 * What a destination wants done about it. `keep` leaves it to the engine. `give-up` ends the events that would be kept:
 * as `exhausted` where another attempt might have helped, as `refused` where the destination refuses us.
 */
export type Verdict = "keep" | "give-up";

/** A place that events go to: a wire, and a way to carry it there. Made by `rudderStack()` and its like. */
export interface Destination {
  /** Names it in reports and statistics; unique within a tracker. */
  readonly name: string;
  readonly encoder: DestinationEncoder;
  openTransport(needs: TransportNeeds): Transport;
  /** Asked after every request that failed, before anything is done about it. Without it all is kept. */
  afterFailure?(failed: FailedRequest): Verdict;
}
