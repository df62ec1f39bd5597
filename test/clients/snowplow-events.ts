/** Events that every tracker of Snowplow's has, and what must be in the store for each. */
import type { StoredEvent } from "@oncewire/collector";
import { expect } from "vitest";

export const whenMs = 1_704_164_645_678;
export const screenId = "0b4e2f6c-5a5e-4c09-8a53-3e2f3ad0e2a1";
export const article = { schema: "iglu:com.acme/article/jsonschema/1-0-0", data: { id: 7, title: "Ünï ☃" } };
export const user = { schema: "iglu:com.acme/user/jsonschema/1-0-0", data: { kind: "tester" } };

export const page = { url: "https://acme.com/", title: "Acme", referrer: "https://x.y/" };
export const cart = { sku: "000345", quantity: 2, name: "tie", category: "clothing", unitPrice: 3.49, currency: "GBP" };
const formElement = { name: "n", value: "v", nodeName: "INPUT", type: "text" } as const;
export const form = { formId: "f", elementId: "e", nodeName: "INPUT", value: "v", elementClasses: ["c"] };
export const search = { terms: ["pulp", "fiction"], filters: { nsfw: true }, totalResults: 215, pageResults: 22 };
export const submitted = { formId: "f", formClasses: ["c1"], elements: [formElement] };
export const order = {
  orderId: "6a8078be",
  total: 35,
  affiliation: "web",
  tax: 2.5,
  shipping: 0,
  city: "London",
  state: "Denver",
  country: "Greenland",
  currency: "GBP",
};
export const item = {
  orderId: "6a8078be",
  sku: "pbz0026",
  price: 20,
  quantity: 1,
  name: "n",
  category: "c",
  currency: "GBP",
};
export const click = {
  targetUrl: "https://a.b/",
  elementId: "id1",
  elementClasses: ["a"],
  elementTarget: "_blank",
  elementContent: "text",
};

function snowplow(name: string): string {
  return `iglu:com.snowplowanalytics.snowplow/${name}`;
}

function described(name: string, properties: object): object {
  return { kind: "self-describing", name: snowplow(name), properties };
}

/** What must be in the store for each event. */
export const stored: Readonly<Record<string, readonly object[]>> = {
  page_view: [{ kind: "page", name: "Acme", properties: page }],
  page_ping: [{ kind: "page-ping", name: "Acme", properties: { ...page, maxX: 100, maxY: 500 } }],
  structured: [
    {
      kind: "structured",
      name: "add",
      properties: { category: "shop", action: "add", label: "label", property: "pcs", value: 2.5 },
    },
  ],
  self_describing: [{ kind: "self-describing", name: article.schema, properties: article.data }],
  mobile_screen_view: [{ kind: "screen", name: "HUD", properties: { id: screenId } }],
  screen_view: [{ kind: "screen", name: "HUD", properties: { id: "screen23" } }],
  link_click: [described("link_click/jsonschema/1-0-1", click)],
  add_to_cart: [described("add_to_cart/jsonschema/1-0-0", cart)],
  remove_from_cart: [described("remove_from_cart/jsonschema/1-0-0", cart)],
  change_form: [described("change_form/jsonschema/1-0-0", { ...form, type: "text" })],
  focus_form: [described("focus_form/jsonschema/1-0-0", { ...form, elementType: "text" })],
  submit_form: [described("submit_form/jsonschema/1-0-0", submitted)],
  site_search: [described("site_search/jsonschema/1-0-0", search)],
  transaction: [
    { kind: "transaction", name: null, properties: order },
    { kind: "transaction-item", name: null, properties: item },
  ],
  ad_impression: [described("ad_impression/jsonschema/1-0-0", { impressionId: "i", cost: 0.5, costModel: "cpa" })],
  ad_click: [described("ad_click/jsonschema/1-0-0", { targetUrl: "u", clickId: "i" })],
  ad_conversion: [described("ad_conversion/jsonschema/1-0-0", { conversionId: "i", initialValue: 2 })],
  social_interaction: [described("social_interaction/jsonschema/1-0-0", { action: "like", network: "n", target: "t" })],
  consent_granted: [described("consent_granted/jsonschema/1-0-0", { expiry: "2030-01-01T00:00:00.000Z" })],
  consent_withdrawn: [described("consent_withdrawn/jsonschema/1-0-0", { all: false })],
};

/** What is the same of all of them. */
export function common(library: string): object {
  return {
    protocol: "snowplow",
    project: "shop",
    userId: "user",
    anonymousId: "domain-user",
    occurredAt: new Date(whenMs).toISOString(),
    entities: expect.arrayContaining([user]),
    library: expect.objectContaining({ name: library }),
    context: expect.objectContaining({
      ip: "1.2.3.4",
      platform: "mob",
      locale: "en",
      app: { id: "app", namespace: "ns" },
      screen: { width: 1366, height: 768 },
    }),
  };
}

/** The event with this id; fails with the ids that are there. */
export function eventOf(events: ReadonlyMap<string, StoredEvent>, id: string): StoredEvent {
  const event = events.get(id);
  if (event === undefined) throw new Error(`expected an event ${id}, found ${[...events.keys()].join(", ")}`);
  return event;
}

/** Of these ids, those that are not in the store. */
export function missing(events: ReadonlyMap<string, StoredEvent>, ids: readonly string[]): readonly string[] {
  return ids.filter((id) => !events.has(id));
}
