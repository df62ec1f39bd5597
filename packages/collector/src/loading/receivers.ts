import type { Receiver } from "@oncewire/protocol";
import { createATrackReceiver } from "@oncewire/protocol/a-track";
import { createRudderStackReceiver } from "@oncewire/protocol/rudderstack";
import { createSnowplowReceiver } from "@oncewire/protocol/snowplow";
import { createSchemaCheck } from "../schemas/schema-check.js";
import type { Schemas, UnknownSchemas } from "../schemas/schema-check.js";

export interface ReceiverOptions {
  /** The project of an app id or a tracker's namespace, for wires that name it in the event; null when it has none. */
  readonly projectOf: (key: string) => string | null;
  /** What data that names its schema is checked against. */
  readonly schemas: Schemas;
  readonly unknownSchemas: UnknownSchemas;
}

/** Every wire the collector receives. A new protocol is one line here. */
export function createReceivers({ projectOf, schemas, unknownSchemas }: ReceiverOptions): readonly Receiver[] {
  const checkData = createSchemaCheck(schemas, unknownSchemas);
  return [createRudderStackReceiver(), createATrackReceiver(), createSnowplowReceiver({ projectOf, checkData })];
}
