import type { Encoder } from "@oncewire/protocol";
import type { Runtime } from "../runtime.js";
import type { Transport } from "../transport/transport.js";

/** What a transport is opened with. */
export interface TransportNeeds {
  readonly runtime: Runtime;
  readonly timeoutMs: number;
  readonly maxConnections: number;
}

/** What of a wire the engine needs to know: not which one it is. */
export type DestinationEncoder = Omit<Encoder<unknown>, "protocol">;

/** A place that events go to: a wire, and a way to carry it there. Made by `rudderStack()` and its like. */
export interface Destination {
  /** Names it in reports and statistics; unique within a tracker. */
  readonly name: string;
  readonly encoder: DestinationEncoder;
  openTransport(needs: TransportNeeds): Transport;
}
