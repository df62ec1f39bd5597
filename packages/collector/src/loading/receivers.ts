import type { Receiver } from "@oncewire/protocol";
import { createRudderStackReceiver } from "@oncewire/protocol/rudderstack";

/** Every wire the collector receives. A new protocol is one line here. */
export function createReceivers(): readonly Receiver[] {
  return [createRudderStackReceiver()];
}
