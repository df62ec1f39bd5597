/** Whatever takes events in place of an `Emitter`: an event store of one's own, a queue. */
import type { Payload } from "@oncewire/protocol/snowplow";
import type { EventHandle, EventResult } from "../../handle.js";
import type { EventEnd } from "../../report.js";

export interface CustomEmitter {
  /** Takes one event, as pairs of the tracker protocol. What it throws or rejects with is the event's end. */
  input(payload: Payload): unknown;
  /** Called by the tracker's `flush` and `close`. */
  flush?(): unknown;
}

/** Hands the event over. Its end is whether that succeeded: what happens after is not known here. */
export function handOver(id: string, payload: Payload, emitter: CustomEmitter): EventHandle {
  const delivered = take(payload, emitter).then((end): EventResult => ({
    delivered: end.kind === "delivered",
    destinations: { custom: end },
  }));
  return { id, accepted: true, delivered, durable: delivered.then((result) => result.delivered) };
}

async function take(payload: Payload, emitter: CustomEmitter): Promise<EventEnd> {
  try {
    await emitter.input(payload);
    return { kind: "delivered" };
  } catch (error) {
    return { kind: "rejected", reason: "refused", detail: error instanceof Error ? error.message : String(error) };
  }
}

/** Never rejects: a custom emitter's failure is its own affair. */
export async function flushCustom(emitter: CustomEmitter): Promise<void> {
  try {
    await emitter.flush?.();
  } catch {
    // As above.
  }
}
