/**
 * The schemas of the events that trackers build themselves, of the envelopes they travel in, and of what this project
 * adds, by Iglu URI: JSON Schema (draft 7) without references, for any validator. Those of Snowplow's vendors say what
 * Iglu Central (Apache-2.0) says of the same names and versions; a UUID and a time are patterns here, so that no format is
 * needed. Of `ad_conversion` only the fields and their types were to be had, from Snowplow's documents and the table that
 * Iglu Central has for it: it demands no more than those say.
 */
import { eventKinds } from "../event.js";
import type { JsonObject } from "../event.js";
import { carriedSchemas } from "./carried.js";
import { consentDocumentSchema } from "./consent-document.js";
import { costModels, inputTypes, momentPattern, nodeNames } from "./data-forms.js";
import { payloadKeys, requiredKeys } from "./payload-keys.js";
import { envelopes } from "./self-describing.js";

type Properties = Readonly<Record<string, JsonObject>>;

const text: JsonObject = { type: "string" };
const someText: JsonObject = { type: "string", minLength: 1 };
const number: JsonObject = { type: "number" };
const texts: JsonObject = { type: "array", items: text };
const textOrNull: JsonObject = { type: ["string", "null"] };
const count: JsonObject = { type: "integer", minimum: 0, maximum: 2_147_483_647 };
const object: JsonObject = { type: "object" };
const uuid: JsonObject = {
  type: "string",
  pattern: "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
};
const described: JsonObject = closed(
  {
    schema: { type: "string", pattern: "^iglu:[a-zA-Z0-9-_.]+/[a-zA-Z0-9-_]+/[a-zA-Z0-9-_]+/[0-9]+-[0-9]+-[0-9]+$" },
    data: {},
  },
  ["schema", "data"],
);

/** An object with these properties and no others. */
function closed(properties: Properties, required: readonly string[], more: JsonObject = {}): JsonObject {
  return { type: "object", properties, required, additionalProperties: false, ...more };
}

const nodeName: JsonObject = { enum: nodeNames };
const inputType: JsonObject = { enum: inputTypes };

const costModel: JsonObject = { enum: costModels };
const costOfAd: JsonObject = { dependencies: { cost: ["costModel"] } };
const shownAd: Properties = {
  impressionId: text,
  bannerId: text,
  zoneId: text,
  advertiserId: text,
  campaignId: text,
  costModel,
  cost: { type: "number", minimum: 0 },
};

const consentDocument = closed({ id: atMost(36), version: atMost(36), name: atMost(60), description: atMost(10_000) }, [
  "id",
  "version",
]);

function atMost(maxLength: number): JsonObject {
  return { type: "string", maxLength };
}

const cart = closed({ sku: text, name: text, category: text, unitPrice: number, quantity: number, currency: text }, [
  "sku",
  "quantity",
]);

const formElement = closed({ name: text, value: textOrNull, nodeName, type: inputType }, ["name", "value", "nodeName"]);

const screenView = closed(
  {
    name: text,
    id: uuid,
    type: text,
    previousName: text,
    previousId: uuid,
    previousType: text,
    transitionType: text,
  },
  ["name", "id"],
);

/** Events, by their schema's name in Snowplow's own vendor, all in version 1-0-0 but for the link click. */
const snowplowEvents: Readonly<Record<string, JsonObject>> = {
  "link_click/jsonschema/1-0-1": closed(
    {
      targetUrl: someText,
      elementId: text,
      elementClasses: texts,
      elementTarget: text,
      elementContent: text,
    },
    ["targetUrl"],
  ),
  "add_to_cart/jsonschema/1-0-0": cart,
  "remove_from_cart/jsonschema/1-0-0": cart,
  "change_form/jsonschema/1-0-0": closed(
    { formId: text, elementId: text, nodeName, type: inputType, elementClasses: texts, value: textOrNull },
    ["formId", "elementId", "nodeName", "value"],
  ),
  "focus_form/jsonschema/1-0-0": closed(
    { formId: text, elementId: text, nodeName, elementType: inputType, elementClasses: texts, value: textOrNull },
    ["formId", "elementId", "nodeName", "value"],
  ),
  "submit_form/jsonschema/1-0-0": closed(
    { formId: text, formClasses: texts, elements: { type: "array", items: formElement } },
    ["formId"],
  ),
  "site_search/jsonschema/1-0-0": closed(
    {
      terms: { type: "array", items: text, minItems: 1 },
      filters: { type: "object", additionalProperties: { type: ["string", "boolean"] } },
      totalResults: count,
      pageResults: count,
    },
    ["terms"],
  ),
  "ad_impression/jsonschema/1-0-0": closed({ ...shownAd, targetUrl: someText }, [], { minProperties: 1, ...costOfAd }),
  "ad_click/jsonschema/1-0-0": closed({ ...shownAd, targetUrl: someText, clickId: text }, ["targetUrl"], costOfAd),
  "ad_conversion/jsonschema/1-0-0": closed(
    {
      conversionId: text,
      category: text,
      action: text,
      property: text,
      advertiserId: text,
      campaignId: text,
      costModel,
      cost: number,
      initialValue: number,
    },
    [],
  ),
  "social_interaction/jsonschema/1-0-0": closed({ action: text, network: text, target: text }, ["action", "network"]),
  "consent_granted/jsonschema/1-0-0": closed({ expiry: { type: "string", pattern: momentPattern.source } }, []),
  "consent_withdrawn/jsonschema/1-0-0": closed({ all: { type: "boolean" } }, ["all"]),
  "screen_view/jsonschema/1-0-0": closed({ name: text, id: text }, [], { minProperties: 1 }),
  "uri_redirect/jsonschema/1-0-0": closed({ uri: text }, ["uri"]),
};

const payload: JsonObject = {
  type: "array",
  items: closed(Object.fromEntries([...payloadKeys.keys()].map((key) => [key, text])), requiredKeys),
  minItems: 1,
};

/** By Iglu URI. */
export const bundledSchemas: ReadonlyMap<string, JsonObject> = new Map([
  ...Object.entries(snowplowEvents).map(([name, schema]): [string, JsonObject] => [
    `iglu:com.snowplowanalytics.snowplow/${name}`,
    schema,
  ]),
  ["iglu:com.snowplowanalytics.mobile/screen_view/jsonschema/1-0-0", screenView],
  [consentDocumentSchema, consentDocument],
  [envelopes.payload, payload],
  [envelopes.event, described],
  ["iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0", { type: "array", items: described, minItems: 1 }],
  [envelopes.contexts, { type: "array", items: described }],
  [
    carriedSchemas.event,
    closed({ kind: { enum: eventKinds }, name: text, properties: object }, ["kind", "properties"]),
  ],
  [
    carriedSchemas.context,
    closed(
      {
        id: text,
        name: textOrNull,
        anonymousId: text,
        previousId: text,
        groupId: text,
        sessionId: text,
        properties: object,
        context: object,
      },
      [],
    ),
  ],
]);
