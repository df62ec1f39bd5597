/** Where each field of an event goes: to a key of the payload, or into data of a schema. */
import { itemFields, offsetFields, structuredFields, transactionFields } from "./content.js";
import type { Field } from "./content.js";
import type { DataForm } from "./data-forms.js";
import type { EventType } from "./event.js";

export type PairField = readonly [field: string, key: string, required?: "required"];
export type DataField = readonly [field: string, name: string, form: DataForm, required?: "required"];

export interface DataEventForm {
  readonly kind: "data";
  readonly schema: string;
  readonly fields: readonly DataField[];
  /** Whether any one of the fields must be there, and it does not matter which. */
  readonly isOneEnough?: boolean;
  /** A field that says nothing without another. */
  readonly together?: { readonly field: string; readonly needs: string };
}

export type EventForm =
  | { readonly kind: "pairs"; readonly code: string; readonly fields: readonly PairField[] }
  | DataEventForm
  | { readonly kind: "self-describing" }
  | { readonly kind: "raw" };

const page: readonly PairField[] = [
  ["pageUrl", "url"],
  ["pageTitle", "page"],
  ["referrer", "refr"],
];

const cart: readonly DataField[] = [
  ["sku", "sku", "text", "required"],
  ["quantity", "quantity", "number", "required"],
  ["name", "name", "text"],
  ["category", "category", "text"],
  ["unitPrice", "unitPrice", "number"],
  ["currency", "currency", "text"],
];

const formElement: readonly DataField[] = [
  ["formId", "formId", "text", "required"],
  ["elementId", "elementId", "text", "required"],
  ["nodeName", "nodeName", "node-name", "required"],
  ["elementClasses", "elementClasses", "list"],
  ["value", "value", "text-or-null", "required"],
];

const costOfAd = { field: "cost", needs: "costModel" } as const;

function textFields(...names: readonly string[]): readonly DataField[] {
  return names.map((name) => [name, name, "text"]);
}

const shownAd: readonly DataField[] = [
  ...textFields("impressionId", "bannerId", "zoneId", "advertiserId", "campaignId"),
  ["costModel", "costModel", "cost-model"],
  ["cost", "cost", "amount"],
];

/** Fields that callers know by the names of the canonical properties. */
function namedAlike(fields: readonly Field[], required: readonly string[] = []): readonly PairField[] {
  return fields.map(([name, key]) => (required.includes(name) ? [name, key, "required"] : [name, key]));
}

function snowplow(name: string, version = "1-0-0"): string {
  return `iglu:com.snowplowanalytics.snowplow/${name}/jsonschema/${version}`;
}

export const eventForms: Readonly<Record<EventType, EventForm>> = {
  page_view: { kind: "pairs", code: "pv", fields: page },
  page_ping: { kind: "pairs", code: "pp", fields: [...page, ...namedAlike(offsetFields)] },
  structured: { kind: "pairs", code: "se", fields: namedAlike(structuredFields) },
  transaction: { kind: "pairs", code: "tr", fields: namedAlike(transactionFields, ["orderId"]) },
  transaction_item: { kind: "pairs", code: "ti", fields: namedAlike(itemFields, ["orderId", "sku"]) },
  screen_view: {
    kind: "data",
    schema: snowplow("screen_view"),
    fields: [
      ["name", "name", "text"],
      ["id", "id", "text"],
    ],
    isOneEnough: true,
  },
  mobile_screen_view: {
    kind: "data",
    schema: "iglu:com.snowplowanalytics.mobile/screen_view/jsonschema/1-0-0",
    fields: [
      ["id", "id", "uuid", "required"],
      ["name", "name", "text", "required"],
      ["screenType", "type", "text"],
      ["previousName", "previousName", "text"],
      ["previousId", "previousId", "uuid"],
      ["previousType", "previousType", "text"],
      ["transitionType", "transitionType", "text"],
    ],
  },
  link_click: {
    kind: "data",
    schema: snowplow("link_click", "1-0-1"),
    fields: [
      ["targetUrl", "targetUrl", "some-text", "required"],
      ["elementId", "elementId", "text"],
      ["elementClasses", "elementClasses", "list"],
      ["elementTarget", "elementTarget", "text"],
      ["elementContent", "elementContent", "text"],
    ],
  },
  add_to_cart: { kind: "data", schema: snowplow("add_to_cart"), fields: cart },
  remove_from_cart: { kind: "data", schema: snowplow("remove_from_cart"), fields: cart },
  // The two schemas have different names for the element's type.
  change_form: {
    kind: "data",
    schema: snowplow("change_form"),
    fields: [...formElement, ["elementType", "type", "input-type"]],
  },
  focus_form: {
    kind: "data",
    schema: snowplow("focus_form"),
    fields: [...formElement, ["elementType", "elementType", "input-type"]],
  },
  submit_form: {
    kind: "data",
    schema: snowplow("submit_form"),
    fields: [
      ["formId", "formId", "text", "required"],
      ["formClasses", "formClasses", "list"],
      ["elements", "elements", "list"],
    ],
  },
  site_search: {
    kind: "data",
    schema: snowplow("site_search"),
    fields: [
      ["terms", "terms", "list", "required"],
      ["filters", "filters", "object"],
      ["totalResults", "totalResults", "count"],
      ["pageResults", "pageResults", "count"],
    ],
  },
  ad_impression: {
    kind: "data",
    schema: snowplow("ad_impression"),
    fields: [...shownAd, ["targetUrl", "targetUrl", "some-text"]],
    isOneEnough: true,
    together: costOfAd,
  },
  ad_click: {
    kind: "data",
    schema: snowplow("ad_click"),
    fields: [...shownAd, ["targetUrl", "targetUrl", "some-text", "required"], ["clickId", "clickId", "text"]],
    together: costOfAd,
  },
  ad_conversion: {
    kind: "data",
    schema: snowplow("ad_conversion"),
    fields: [
      ...textFields("conversionId", "category", "action", "property", "advertiserId", "campaignId"),
      ["costModel", "costModel", "cost-model"],
      ["cost", "cost", "number"],
      ["initialValue", "initialValue", "number"],
    ],
    isOneEnough: true,
  },
  social_interaction: {
    kind: "data",
    schema: snowplow("social_interaction"),
    fields: [
      ["action", "action", "text", "required"],
      ["network", "network", "text", "required"],
      ["target", "target", "text"],
    ],
  },
  consent_granted: { kind: "data", schema: snowplow("consent_granted"), fields: [["expiry", "expiry", "moment"]] },
  consent_withdrawn: {
    kind: "data",
    schema: snowplow("consent_withdrawn"),
    fields: [["all", "all", "flag", "required"]],
  },
  self_describing: { kind: "self-describing" },
  raw: { kind: "raw" },
};

/** Fields that every event takes. */
export const commonFields: readonly PairField[] = [
  ["eventId", "eid"],
  ["deviceTimestamp", "dtm"],
  ["trueTimestamp", "ttm"],
];

export const subjectFields: readonly PairField[] = [
  ["platform", "p"],
  ["userId", "uid"],
  ["screenResolution", "res"],
  ["viewport", "vp"],
  ["colorDepth", "cd"],
  ["timezone", "tz"],
  ["language", "lang"],
  ["domainUserId", "duid"],
  ["domainSessionId", "sid"],
  ["domainSessionIndex", "vid"],
  ["ipAddress", "ip"],
  ["userAgent", "ua"],
  ["networkUserId", "tnuid"],
];
