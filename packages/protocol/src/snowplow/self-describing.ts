/** Data that names its schema, and the envelopes in which it travels. */
import type { Entity, JsonObject, JsonValue } from "../event.js";

export const envelopes = {
  payload: "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4",
  event: "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0",
  contexts: "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1",
} as const;

const schemaPattern = /^iglu:[a-zA-Z0-9-_.]+\/([a-zA-Z0-9-_]+)\/[a-zA-Z0-9-_]+\/[0-9]+-[0-9]+-[0-9]+$/;

/** Whether the text is an Iglu URI: `iglu:vendor/name/jsonschema/1-0-0`. */
export function isSchemaUri(text: string): boolean {
  return schemaPattern.test(text);
}

/** Whether `schema` is an addition (1-0-*) of the envelope: all of them are read. */
export function isEnvelope(schema: string, envelope: string): boolean {
  if (schema === envelope) return true;
  const stem = envelope.slice(0, envelope.lastIndexOf("-") + 1);
  return schema.startsWith(stem) && /^\d+$/.test(schema.slice(stem.length));
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value as data with its schema, or null. Data may be anything; the schema must be an Iglu URI. */
export function readSelfDescribing(value: JsonValue | undefined): Entity | null {
  if (!isObject(value)) return null;
  const { schema, data } = value;
  return typeof schema === "string" && isSchemaUri(schema) && data !== undefined ? { schema, data } : null;
}
