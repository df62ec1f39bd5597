import type { Receiver } from "@oncewire/protocol";
import { createATrackReceiver } from "@oncewire/protocol/a-track";
import { createRudderStackReceiver } from "@oncewire/protocol/rudderstack";
import { createSnowplowReceiver } from "@oncewire/protocol/snowplow";

export interface ReceiverOptions {
  /** The project of an app id or a tracker's namespace, for wires that name it in the event; null when it has none. */
  readonly projectOf: (key: string) => string | null;
}

/** Every wire the collector receives. A new protocol is one line here. */
export function createReceivers({ projectOf }: ReceiverOptions): readonly Receiver[] {
  return [createRudderStackReceiver(), createATrackReceiver(), createSnowplowReceiver({ projectOf })];
}
