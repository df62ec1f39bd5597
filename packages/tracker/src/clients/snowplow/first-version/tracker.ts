/**
 * The Python tracker of 2014, version 0.1: one request for each event, at once, by GET. What it promised works; what it
 * sent that no pipeline takes today is sent as today's trackers send it. docs/protocols/snowplow.md lists where.
 */
import { carriedSchemas, type SnowplowEvent } from "@oncewire/protocol/snowplow";
import type { Stats } from "../../../delivery/delivery.js";
import type { FlushOptions } from "../../../outbox.js";
import { systemRuntime, type Runtime } from "../../../runtime.js";
import {
  aText,
  demand,
  finiteNumber,
  nonEmptyText,
  oneOf,
  optional,
  positiveInteger,
  type Contract,
} from "../contracts.js";
import { Emitter, type TrackerIdentity } from "../emitter.js";
import type { EmitterOptions } from "../emitter-options.js";
import { Subject } from "../subject.js";
import { FirstAnswers, type TrackResult } from "./first-answers.js";
import { typedProperties, type Properties } from "./typed-properties.js";

/** What the first version did not let one say: how requests are made, and by what clock. */
export type FirstVersionOptions = Omit<
  EmitterOptions,
  "method" | "batchSize" | "flushIntervalMs" | "onFailure" | "eventStore"
>;

/** Seconds since 1970, with or without a fraction. */
type Seconds = number | null;
type Text = string | null;

export const platforms = ["pc", "tv", "mob", "cnsl", "iot"] as const;
export type FirstPlatform = (typeof platforms)[number];

const wholeNumber: Contract = { expected: "a whole number", test: (value) => Number.isSafeInteger(value) };
const yesOrNo: Contract = { expected: "true or false", test: (value) => typeof value === "boolean" };
const textOrNothing = optional(nonEmptyText);
const numberOrNothing = optional(finiteNumber);
const fields: Contract = {
  expected: "an object with fields",
  test: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

export class Tracker implements AsyncDisposable {
  readonly #emitter: Emitter;
  readonly #answers = new FirstAnswers();
  readonly #subject = new Subject();
  readonly #runtime: Runtime;
  #identity: TrackerIdentity = { platform: "pc" };

  private constructor(endpoint: string, options: FirstVersionOptions) {
    this.#runtime = options.runtime ?? systemRuntime;
    this.#emitter = new Emitter(endpoint, {
      ...options,
      method: "get",
      flushIntervalMs: 0,
      onFailure: (_, events, failure) => this.#answers.failed(events, failure),
    });
  }

  /** For a collector on CloudFront, named by its subdomain. */
  static cloudfront(subdomain: string, options: FirstVersionOptions = {}): Tracker {
    demand("subdomain", subdomain, nonEmptyText);
    return new Tracker(`https://${subdomain}.cloudfront.net`, options);
  }

  /** For any other collector: `collector.acme.com`, spoken to by HTTP, or an address that says how. */
  static hostname(host: string, options: FirstVersionOptions = {}): Tracker {
    demand("host", host, nonEmptyText);
    return new Tracker(host, { protocol: "http", ...options });
  }

  setPlatform(platform: FirstPlatform): void {
    demand("platform", platform, oneOf(platforms));
    this.#subject.setPlatform(platform);
  }

  /** Whether the properties of unstructured events are sent in base64. */
  setBase64To(isBase64: boolean): void {
    demand("isBase64", isBase64, yesOrNo);
    this.#identity = { ...this.#identity, encodeBase64: isBase64 };
  }

  setAppId(appId: string): void {
    demand("appId", appId, aText);
    const { appId: _, ...others } = this.#identity;
    this.#identity = appId === "" ? others : { ...others, appId };
  }

  setUserId(userId: string): void {
    demand("userId", userId, aText);
    this.#subject.setUserId(userId);
  }

  setScreenResolution(width: number, height: number): void {
    demand("width", width, positiveInteger);
    demand("height", height, positiveInteger);
    this.#subject.setScreenResolution(width, height);
  }

  setViewport(width: number, height: number): void {
    demand("width", width, positiveInteger);
    demand("height", height, positiveInteger);
    this.#subject.setViewport(width, height);
  }

  /** Bits per pixel. */
  setColorDepth(depth: number): void {
    demand("depth", depth, wholeNumber);
    this.#subject.setColorDepth(depth);
  }

  setTimezone(timezone: string): void {
    demand("timezone", timezone, nonEmptyText);
    this.#subject.setTimezone(timezone);
  }

  setLang(lang: string): void {
    demand("lang", lang, nonEmptyText);
    this.#subject.setLang(lang);
  }

  trackPageView(
    ...args: [pageUrl: string, pageTitle: string, referrer?: Text, tstamp?: Seconds]
  ): Promise<TrackResult> {
    const [pageUrl, pageTitle, referrer, tstamp] = args;
    demand("pageUrl", pageUrl, nonEmptyText);
    demand("pageTitle", pageTitle, nonEmptyText);
    demand("referrer", referrer, textOrNothing);
    return this.#track({ type: "page_view", pageUrl, pageTitle, referrer }, tstamp);
  }

  trackScreenView(...args: [name: string, id?: Text, tstamp?: Seconds]): Promise<TrackResult> {
    const [name, id, tstamp] = args;
    demand("name", name, nonEmptyText);
    demand("id", id, textOrNothing);
    return this.#track({ type: "screen_view", name, id }, tstamp);
  }

  trackStructEvent(
    ...args: [category: string, action: string, label?: Text, property?: Text, value?: number | null, tstamp?: Seconds]
  ): Promise<TrackResult> {
    const [category, action, label, property, value, tstamp] = args;
    demand("category", category, nonEmptyText);
    demand("action", action, nonEmptyText);
    demand("label", label, optional(aText));
    demand("property", property, optional(aText));
    demand("value", value, numberOrNothing);
    return this.#track({ type: "structured", category, action, label, property, value }, tstamp);
  }

  /**
   * An event with a name and properties, whose names may say their types: `price$flt`, `in_stock$int`, `check_in$geo`,
   * and for dates `$dt` (days), `$tm` (seconds) and `$tms` (milliseconds). A Date is converted to its suffix's unit.
   */
  trackUnstructEvent(...args: [name: string, properties: Properties, tstamp?: Seconds]): Promise<TrackResult> {
    const [name, properties, tstamp] = args;
    demand("name", name, nonEmptyText);
    demand("properties", properties, fields);
    const data = { kind: "track", name, properties: typedProperties(properties) };
    // A name and properties alone are no event to a pipeline of today: a schema of this project describes them.
    const described = { schema: carriedSchemas.event, data };
    return this.#track({ type: "self_describing", ...described, payload: { ue_na: name } }, tstamp);
  }

  trackEcommerceTransaction(
    ...args: [
      orderId: string,
      affiliation: Text,
      totalValue: number,
      taxValue?: number | null,
      shipping?: number | null,
      city?: Text,
      state?: Text,
      country?: Text,
      tstamp?: Seconds,
    ]
  ): Promise<TrackResult> {
    const [orderId, affiliation, total, tax, shipping, city, state, country, tstamp] = args;
    demand("orderId", orderId, nonEmptyText);
    demand("totalValue", total, finiteNumber);
    for (const [name, value] of Object.entries({ taxValue: tax, shipping })) demand(name, value, numberOrNothing);
    for (const [name, value] of Object.entries({ affiliation, city, state, country }))
      demand(name, value, textOrNothing);
    return this.#track(
      { type: "transaction", orderId, affiliation, total, tax, shipping, city, state, country },
      tstamp,
    );
  }

  trackEcommerceTransactionItem(
    ...args: [
      id: string,
      sku: string,
      name: string,
      category: string,
      price: number,
      quantity: number,
      tstamp?: Seconds,
    ]
  ): Promise<TrackResult> {
    const [orderId, sku, name, category, price, quantity, tstamp] = args;
    for (const [field, value] of Object.entries({ id: orderId, sku, name, category }))
      demand(field, value, nonEmptyText);
    demand("price", price, finiteNumber);
    demand("quantity", quantity, wholeNumber);
    return this.#track({ type: "transaction_item", orderId, sku, name, category, price, quantity }, tstamp);
  }

  /** Resolves when all events have ended, or after the timeout. */
  flush(options: FlushOptions = {}): Promise<Stats> {
    return this.#emitter.flush(options);
  }

  close(options: Pick<FlushOptions, "timeoutMs"> = {}): Promise<Stats> {
    return this.#emitter.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Never rejects. */
  #track(event: SnowplowEvent, tstamp: Seconds | undefined): Promise<TrackResult> {
    demand("tstamp", tstamp, numberOrNothing);
    const deviceTimestamp = typeof tstamp === "number" ? Math.trunc(tstamp * 1000) : null;
    const stamp = { id: this.#runtime.id(), nowMs: this.#runtime.nowMs() };
    const said = { ...event, deviceTimestamp, subject: this.#subject.fields };
    return this.#answers.of(this.#emitter.accept(said, this.#identity, stamp));
  }
}
