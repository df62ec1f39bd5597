/** The `build…` functions: an event's arguments become pairs, or data of one of Snowplow's schemas. */
import { payloadBuilder, type PayloadBuilder, type SelfDescribingJson } from "./payload-builder.js";

type Optional<T> = T | null | undefined;

export interface PageViewEvent {
  readonly pageUrl?: Optional<string>;
  readonly pageTitle?: Optional<string>;
  readonly referrer?: Optional<string>;
}

export interface PagePingEvent extends PageViewEvent {
  readonly minXOffset?: Optional<number>;
  readonly maxXOffset?: Optional<number>;
  readonly minYOffset?: Optional<number>;
  readonly maxYOffset?: Optional<number>;
}

export interface StructuredEvent {
  readonly category: string;
  readonly action: string;
  readonly label?: Optional<string>;
  readonly property?: Optional<string>;
  readonly value?: Optional<number>;
}

export interface SelfDescribingEvent<Data = unknown> {
  readonly event: SelfDescribingJson<Data>;
}

export interface EcommerceTransactionEvent {
  readonly orderId: string;
  readonly total: number;
  readonly affiliation?: Optional<string>;
  readonly tax?: Optional<number>;
  readonly shipping?: Optional<number>;
  readonly city?: Optional<string>;
  readonly state?: Optional<string>;
  readonly country?: Optional<string>;
  readonly currency?: Optional<string>;
}

export interface EcommerceTransactionItemEvent {
  readonly orderId: string;
  readonly sku: string;
  readonly price: number;
  readonly name?: Optional<string>;
  readonly category?: Optional<string>;
  readonly quantity?: Optional<number>;
  readonly currency?: Optional<string>;
}

export interface ScreenViewEvent {
  readonly name?: Optional<string>;
  readonly id?: Optional<string>;
}

export interface LinkClickEvent {
  readonly targetUrl: string;
  readonly elementId?: Optional<string>;
  readonly elementClasses?: Optional<readonly string[]>;
  readonly elementTarget?: Optional<string>;
  readonly elementContent?: Optional<string>;
}

export interface AddToCartEvent {
  readonly sku: string;
  readonly quantity: number | string;
  readonly name?: Optional<string>;
  readonly category?: Optional<string>;
  readonly unitPrice?: Optional<number | string>;
  readonly currency?: Optional<string>;
}

export type RemoveFromCartEvent = AddToCartEvent;

export interface FormFocusOrChangeEvent {
  readonly schema: "change_form" | "focus_form";
  readonly formId: string;
  readonly elementId: string;
  readonly nodeName: string;
  readonly value: string | null;
  readonly type?: Optional<string>;
  readonly elementClasses?: Optional<readonly string[]>;
}

export interface FormSubmissionEvent {
  readonly formId: string;
  readonly formClasses?: Optional<readonly string[]>;
  readonly elements?: Optional<readonly object[]>;
}

export interface SiteSearchEvent {
  readonly terms: readonly string[];
  readonly filters?: Optional<Readonly<Record<string, string | boolean>>>;
  readonly totalResults?: Optional<number>;
  readonly pageResults?: Optional<number>;
}

interface AdFields {
  readonly costModel?: Optional<"cpa" | "cpc" | "cpm">;
  readonly cost?: Optional<number>;
  readonly advertiserId?: Optional<string>;
  readonly campaignId?: Optional<string>;
}

export interface AdImpressionEvent extends AdFields {
  readonly impressionId?: Optional<string>;
  readonly targetUrl?: Optional<string>;
  readonly bannerId?: Optional<string>;
  readonly zoneId?: Optional<string>;
}

export interface AdClickEvent extends AdImpressionEvent {
  readonly targetUrl: string;
  readonly clickId?: Optional<string>;
}

export interface AdConversionEvent extends AdFields {
  readonly conversionId?: Optional<string>;
  readonly category?: Optional<string>;
  readonly action?: Optional<string>;
  readonly property?: Optional<string>;
  readonly initialValue?: Optional<number>;
}

export interface SocialInteractionEvent {
  readonly action: string;
  readonly network: string;
  readonly target?: Optional<string>;
}

interface ConsentDocument {
  readonly id?: Optional<string>;
  readonly version?: Optional<string>;
  readonly name?: Optional<string>;
  readonly description?: Optional<string>;
}

export interface ConsentGrantedEvent extends ConsentDocument {
  readonly expiry?: Optional<string>;
}

export interface ConsentWithdrawnEvent extends ConsentDocument {
  readonly all: boolean;
}

type Keys<Event> = readonly (readonly [field: keyof Event, key: string])[];

/** An event as pairs. */
function pairs<Event extends object>(code: string, event: Event, keys: Keys<Event>): PayloadBuilder {
  const builder = payloadBuilder();
  builder.add("e", code);
  for (const [field, key] of keys) builder.add(key, event[field]);
  return builder;
}

/** An event described by one of Snowplow's own schemas. What is null or undefined is left out, but for what `keep` names. */
function described(name: string, fields: object, keep?: string): PayloadBuilder {
  const entries = Object.entries(fields).filter(
    ([field, value]) => field === keep || (value !== undefined && value !== null),
  );
  return buildSelfDescribingEvent({ event: { schema: snowplow(name), data: Object.fromEntries(entries) } });
}

function snowplow(name: string): string {
  return `iglu:com.snowplowanalytics.snowplow/${name}`;
}

const pageKeys: Keys<PageViewEvent> = [
  ["pageUrl", "url"],
  ["pageTitle", "page"],
  ["referrer", "refr"],
];

export function buildPageView(event: PageViewEvent): PayloadBuilder {
  return pairs("pv", event, pageKeys);
}

/** A position of zero is sent as any other. */
export function buildPagePing(event: PagePingEvent): PayloadBuilder {
  return pairs("pp", event, [
    ...pageKeys,
    ["minXOffset", "pp_mix"],
    ["maxXOffset", "pp_max"],
    ["minYOffset", "pp_miy"],
    ["maxYOffset", "pp_may"],
  ]);
}

export function buildStructEvent(event: StructuredEvent): PayloadBuilder {
  return pairs("se", event, [
    ["category", "se_ca"],
    ["action", "se_ac"],
    ["label", "se_la"],
    ["property", "se_pr"],
    ["value", "se_va"],
  ]);
}

export function buildEcommerceTransaction(event: EcommerceTransactionEvent): PayloadBuilder {
  return pairs("tr", event, [
    ["orderId", "tr_id"],
    ["affiliation", "tr_af"],
    ["total", "tr_tt"],
    ["tax", "tr_tx"],
    ["shipping", "tr_sh"],
    ["city", "tr_ci"],
    ["state", "tr_st"],
    ["country", "tr_co"],
    ["currency", "tr_cu"],
  ]);
}

export function buildEcommerceTransactionItem(event: EcommerceTransactionItemEvent): PayloadBuilder {
  return pairs("ti", event, [
    ["orderId", "ti_id"],
    ["sku", "ti_sk"],
    ["name", "ti_nm"],
    ["category", "ti_ca"],
    ["price", "ti_pr"],
    ["quantity", "ti_qu"],
    ["currency", "ti_cu"],
  ]);
}

export function buildSelfDescribingEvent({ event }: SelfDescribingEvent): PayloadBuilder {
  const builder = payloadBuilder();
  const { schema, data } = event;
  builder.add("e", "ue");
  builder.addJson("ue_px", "ue_pr", { schema: snowplow("unstruct_event/jsonschema/1-0-0"), data: { schema, data } });
  return builder;
}

export function buildScreenView({ name, id }: ScreenViewEvent): PayloadBuilder {
  return described("screen_view/jsonschema/1-0-0", { name, id });
}

export function buildLinkClick(event: LinkClickEvent): PayloadBuilder {
  const { targetUrl, elementId, elementClasses, elementTarget, elementContent } = event;
  const data = { targetUrl, elementId, elementClasses, elementTarget, elementContent };
  return described("link_click/jsonschema/1-0-1", data);
}

export function buildAddToCart(event: AddToCartEvent): PayloadBuilder {
  return described("add_to_cart/jsonschema/1-0-0", cart(event));
}

export function buildRemoveFromCart(event: RemoveFromCartEvent): PayloadBuilder {
  return described("remove_from_cart/jsonschema/1-0-0", cart(event));
}

function cart({ sku, quantity, name, category, unitPrice, currency }: AddToCartEvent): object {
  return { sku, quantity, name, category, unitPrice, currency };
}

/** The two schemas have different names for the element's type. */
export function buildFormFocusOrChange(event: FormFocusOrChangeEvent): PayloadBuilder {
  const { schema, formId, elementId, nodeName, elementClasses, value, type } = event;
  const typed = schema === "change_form" ? { type } : { elementType: type };
  const data = { formId, elementId, nodeName, elementClasses, value, ...typed };
  return described(`${schema}/jsonschema/1-0-0`, data, "value");
}

export function buildFormSubmission({ formId, formClasses, elements }: FormSubmissionEvent): PayloadBuilder {
  return described("submit_form/jsonschema/1-0-0", { formId, formClasses, elements });
}

export function buildSiteSearch({ terms, filters, totalResults, pageResults }: SiteSearchEvent): PayloadBuilder {
  return described("site_search/jsonschema/1-0-0", { terms, filters, totalResults, pageResults });
}

export function buildAdImpression(event: AdImpressionEvent): PayloadBuilder {
  return described("ad_impression/jsonschema/1-0-0", event);
}

export function buildAdClick(event: AdClickEvent): PayloadBuilder {
  return described("ad_click/jsonschema/1-0-0", event);
}

export function buildAdConversion(event: AdConversionEvent): PayloadBuilder {
  return described("ad_conversion/jsonschema/1-0-0", event);
}

export function buildSocialInteraction({ action, network, target }: SocialInteractionEvent): PayloadBuilder {
  return described("social_interaction/jsonschema/1-0-0", { action, network, target });
}

/** An event, and the document that it is about: what `track` takes as its first two arguments. */
export interface EventPayloadAndContext {
  readonly event: PayloadBuilder;
  readonly context: readonly SelfDescribingJson[];
}

export function buildConsentGranted({ expiry, ...document }: ConsentGrantedEvent): EventPayloadAndContext {
  return { event: described("consent_granted/jsonschema/1-0-0", { expiry }), context: documentOf(document) };
}

export function buildConsentWithdrawn({ all, ...document }: ConsentWithdrawnEvent): EventPayloadAndContext {
  return { event: described("consent_withdrawn/jsonschema/1-0-0", { all }), context: documentOf(document) };
}

function documentOf({ id, version, name, description }: ConsentDocument): readonly SelfDescribingJson[] {
  const entries = Object.entries({ id, version, name, description }).filter(([, value]) => Boolean(value));
  const schema = snowplow("consent_document/jsonschema/1-0-0");
  return entries.length > 0 ? [{ schema, data: Object.fromEntries(entries) }] : [];
}
