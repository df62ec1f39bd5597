/** What Snowplow calls an event once it is enriched: its type by its code, and the schema of the types that have no other. */
import type { EventKind } from "@oncewire/protocol";
import type { Payload } from "@oncewire/protocol/snowplow";

export interface EventType {
  readonly name: string;
  /** Null where the event's own data names it. */
  readonly schema: string | null;
  /** The canonical kind that all such events have, and no other; null where there is none. */
  readonly kind: EventKind | null;
}

const snowplow = (name: string): string => `iglu:com.snowplowanalytics.snowplow/${name}/jsonschema/1-0-0`;
const structured: EventType = {
  name: "struct",
  schema: "iglu:com.google.analytics/event/jsonschema/1-0-0",
  kind: "structured",
};

const types: ReadonlyMap<string, EventType> = new Map<string, EventType>([
  ["pv", { name: "page_view", schema: snowplow("page_view"), kind: "page" }],
  ["pp", { name: "page_ping", schema: snowplow("page_ping"), kind: "page-ping" }],
  ["se", structured],
  ["ev", structured],
  ["ue", { name: "unstruct", schema: null, kind: null }],
  ["tr", { name: "transaction", schema: snowplow("transaction"), kind: "transaction" }],
  ["ti", { name: "transaction_item", schema: snowplow("transaction_item"), kind: "transaction-item" }],
  ["ad", { name: "ad_impression", schema: snowplow("ad_impression"), kind: null }],
  ["sv", { name: "screen_view", schema: snowplow("screen_view"), kind: null }],
]);

const byName: ReadonlyMap<string, EventType> = new Map([...types.values()].map((type) => [type.name, type]));

export function eventTypeOf({ e: code }: Payload): EventType | null {
  return types.get(code ?? "") ?? null;
}

/** By its name, or by the code that the trackers send. */
export function findEventType(text: string): EventType | null {
  return byName.get(text) ?? types.get(text) ?? null;
}
