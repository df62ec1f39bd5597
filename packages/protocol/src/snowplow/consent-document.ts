/** A document that a user consents to, as an entity of the event that says so. */
import type { SelfDescribingJson } from "./event.js";

export interface ConsentDocument {
  /** At most 36 characters, as has the version. */
  readonly id: string;
  readonly version: string;
  /** At most 60 characters. */
  readonly name?: string | null | undefined;
  readonly description?: string | null | undefined;
}

export const consentDocumentSchema = "iglu:com.snowplowanalytics.snowplow/consent_document/jsonschema/1-0-0";

export function consentDocument({ id, version, name, description }: ConsentDocument): SelfDescribingJson {
  const more = Object.entries({ name, description }).filter(([, value]) => value !== null && value !== undefined);
  return { schema: consentDocumentSchema, data: { id, version, ...Object.fromEntries(more) } };
}
