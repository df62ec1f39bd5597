import type { ProtocolName, Receiver } from "@oncewire/protocol";
import { createATrackReceiver } from "@oncewire/protocol/a-track";
import { createRudderStackReceiver } from "@oncewire/protocol/rudderstack";
import { createSnowplowReceiver } from "@oncewire/protocol/snowplow";
import type { ResolvedOptions } from "../options.js";
import { createKeyTable, projectNamed } from "../projects.js";
import type { KeyTable } from "../projects.js";
import { createSchemaCheck, loadSchemas } from "../schemas/schema-check.js";
import type { Schemas, UnknownSchemas } from "../schemas/schema-check.js";
import { receiverOptions } from "../snowplow-options.js";
import type { SnowplowOptions } from "../snowplow-options.js";

/** What decides how a request is read: plain data, so that every thread reads it alike. */
export interface Wires {
  /** For wires that name the project in the event, by an app id or a tracker's namespace. */
  readonly keyTable: KeyTable;
  /** What data that names its schema is checked against. */
  readonly schemas: Schemas;
  readonly unknownSchemas: UnknownSchemas;
  readonly snowplow: SnowplowOptions;
}

/** @throws CollectorError for schemas that cannot be read. */
export function openWires(options: ResolvedOptions): Wires {
  const { keys, disabledKeys, schemaDirectory, unknownSchemas, snowplow } = options;
  return {
    keyTable: createKeyTable(keys, disabledKeys),
    schemas: loadSchemas(schemaDirectory),
    unknownSchemas,
    snowplow,
  };
}

/** For whoever reads the log, which says what each request came on. */
export function receiversByProtocol(wires: Wires): ReadonlyMap<ProtocolName, Receiver> {
  return new Map(createReceivers(wires).map((receiver) => [receiver.protocol, receiver]));
}

/** Every wire the collector receives. A new protocol is one line here. */
export function createReceivers({ keyTable, schemas, unknownSchemas, snowplow }: Wires): readonly Receiver[] {
  const checkData = createSchemaCheck(schemas, unknownSchemas);
  const projectOf = (name: string): string | null => projectNamed(keyTable, name);
  return [
    createRudderStackReceiver(),
    createATrackReceiver(),
    createSnowplowReceiver({ ...receiverOptions(snowplow), projectOf, checkData }),
  ];
}
