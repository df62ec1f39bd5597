/** An event as a row of a table: the canonical columns, and one more for its data and for each kind of its entities. */
import type { Entity, JsonObject, JsonValue } from "@oncewire/protocol";
import { readDescribed } from "@oncewire/protocol/snowplow";
import type { Payload } from "@oncewire/protocol/snowplow";
import { parseIgluUri } from "../schemas/iglu-uri.js";
import type { StoredBadEvent } from "../store/event-store.js";
import { atomicEvent } from "./atomic-event.js";
import type { AtomicSource, Columns } from "./atomic-event.js";
import { isPayload } from "./bad-event.js";
import { eventTypeOf } from "./event-type.js";
import { collectorName } from "./raw-event.js";

export interface FlatEvent {
  readonly isValid: boolean;
  readonly receivedAtMs: number;
  readonly columns: Readonly<Columns>;
}

const failureColumn = "contexts_com_snowplowanalytics_snowplow_failure_1";

/** Whether a column holds an object, or a list of them: it is neither sorted nor filtered by. */
export function isNested(column: string): boolean {
  return column.startsWith("contexts_") || column.startsWith("unstruct_event_");
}

export function flatGoodEvent(source: AtomicSource): FlatEvent {
  return { isValid: true, receivedAtMs: Date.parse(source.event.receivedAt), columns: columnsOf(source) };
}

/** What of a bad event can be read, and why it is none. */
export function flatBadEvent(bad: StoredBadEvent): FlatEvent {
  const { receivedAt, code, message, wire } = bad;
  const payload = isPayload(bad) ? (wire as Payload) : {};
  const described = readDescribed(payload);
  const type = eventTypeOf(payload);
  const schema = type?.schema ?? described.event?.schema ?? null;
  const event = { id: payload["eid"] ?? null, receivedAt, time: receivedAt, context: {} };
  const failure = {
    _schema_version: "1-0-0",
    failureType: code,
    errors: [{ message }],
    schema,
    data: wire,
    timestamp: receivedAt,
    componentName: collectorName,
    componentVersion: null,
  };
  const columns = { ...columnsOf({ event, payload, described, type, schema }), [failureColumn]: [failure] };
  return { isValid: false, receivedAtMs: Date.parse(receivedAt), columns };
}

function columnsOf(source: AtomicSource): Columns {
  const { contexts: _all, derived_contexts: _derived, unstruct_event: _event, ...columns } = atomicEvent(source);
  const { event, entities } = source.described;
  if (event !== null) columns[columnOf("unstruct_event", event)] = event.data;
  for (const entity of entities) {
    const column = columnOf("contexts", entity);
    const found = columns[column];
    columns[column] = [...(Array.isArray(found) ? (found as readonly JsonValue[]) : []), withVersion(entity)];
  }
  return columns;
}

/** `contexts_com_acme_user_1` of `iglu:com.acme/user/jsonschema/1-0-0`. */
function columnOf(prefix: string, { schema }: Entity): string {
  const { vendor = schema, name = "", version = "" } = parseIgluUri(schema) ?? {};
  return [prefix, snakeCase(vendor), snakeCase(name), version.split("-", 1)[0]].join("_");
}

function snakeCase(name: string): string {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z\d]/g, "_")
    .toLowerCase();
}

function withVersion({ schema, data }: Entity): JsonObject {
  const version = { _schema_version: parseIgluUri(schema)?.version ?? null };
  return isObject(data) ? { ...version, ...data } : { ...version, data };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
