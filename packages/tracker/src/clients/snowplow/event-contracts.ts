/** What each event must have, by its type: the mistakes that callers make. The encoder checks all that a wire asks. */
import { inputTypes, nodeNames, type EventType } from "@oncewire/protocol/snowplow";
import {
  contractsEnabled,
  demand,
  finiteNumber,
  nonEmptyList,
  nonEmptyText,
  oneOf,
  optional,
  type Contract,
} from "./contracts.js";

type Rules = Readonly<Record<string, Contract>>;

const nodeName = oneOf(nodeNames);
const inputType = optional(oneOf(inputTypes));
const id: Contract = {
  expected: "a text that is not empty, or a whole number",
  test: (value) => nonEmptyText.test(value) || Number.isSafeInteger(value) || typeof value === "bigint",
};
const amount: Contract = {
  expected: "a number, or its text",
  test: (value) => finiteNumber.test(value) || nonEmptyText.test(value) || typeof value === "bigint",
};
const trueOrFalse: Contract = { expected: "true or false", test: (value) => typeof value === "boolean" };
const formElements: Contract = {
  expected: "a list of elements, each with a name, a value and a nodeName that HTML knows",
  test: (value) => Array.isArray(value) && value.every(isFormElement),
};

function isFormElement(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const read = (field: string): unknown => Reflect.get(value, field);
  return (
    nonEmptyText.test(read("name")) &&
    "value" in value &&
    nodeName.test(read("nodeName")) &&
    inputType.test(read("type"))
  );
}

const cart: Rules = { sku: nonEmptyText, quantity: finiteNumber };
const formField: Rules = { formId: nonEmptyText, elementId: nonEmptyText, nodeName, elementType: inputType };

const rules: Readonly<Record<EventType, Rules>> = {
  page_view: { pageUrl: nonEmptyText },
  page_ping: { pageUrl: nonEmptyText },
  screen_view: {},
  mobile_screen_view: { id: nonEmptyText, name: nonEmptyText },
  structured: { category: nonEmptyText, action: nonEmptyText },
  self_describing: { schema: nonEmptyText },
  link_click: { targetUrl: nonEmptyText },
  add_to_cart: cart,
  remove_from_cart: cart,
  change_form: formField,
  focus_form: formField,
  submit_form: { formId: nonEmptyText, elements: optional(formElements) },
  site_search: { terms: nonEmptyList },
  ad_impression: { cost: optional(finiteNumber) },
  ad_click: { targetUrl: nonEmptyText, cost: optional(finiteNumber) },
  ad_conversion: { cost: optional(finiteNumber), initialValue: optional(finiteNumber) },
  social_interaction: { action: nonEmptyText, network: nonEmptyText },
  consent_granted: {},
  consent_withdrawn: { all: trueOrFalse },
  transaction: { orderId: id, total: optional(amount) },
  transaction_item: { orderId: id, sku: id, price: optional(amount), quantity: optional(amount) },
  raw: {},
};

const anEvent: Contract = { expected: "an event", test: (value) => typeof value === "object" && value !== null };
const types = oneOf(Object.keys(rules));
/** Taken apart once: every event is held to them. */
const fieldRules: ReadonlyMap<unknown, readonly (readonly [field: string, contract: Contract])[]> = new Map(
  Object.entries(rules).map(([type, each]) => [type, Object.entries(each)]),
);

/** Throws a `TrackerError` that names the field, where contracts are on and one is not kept. */
export function checkEvent(event: unknown): void {
  if (!contractsEnabled()) return;
  demand("event", event, anEvent);
  checkFields(event as object);
}

function checkFields(event: object): void {
  const type: unknown = Reflect.get(event, "type");
  demand("type", type, types);
  for (const [field, contract] of fieldRules.get(type) ?? []) demand(field, Reflect.get(event, field), contract);
  demandContext(Reflect.get(event, "context") ?? Reflect.get(event, "entities"));
}

const context = optional({ expected: "a list of self-describing JSON", test: Array.isArray });
const entity: Contract = {
  expected: "an object with schema and data",
  test: (value) => typeof value === "object" && value !== null && "schema" in value && "data" in value,
};

function demandContext(given: unknown): void {
  demand("context", given, context);
  if (!Array.isArray(given)) return;
  for (let index = 0; index < given.length; index += 1) {
    // Its name is only made where it is needed.
    if (!entity.test(given[index])) demand(`context[${index}]`, given[index], entity);
  }
}
