/**
 * Snowplow in its own words: subjects, emitters and trackers. A tracker builds events and hands them to its emitters; it
 * keeps nothing itself, so that no two trackers touch each other.
 */
import { randomUUID } from "node:crypto";
import type { Stamp } from "@oncewire/protocol";
import { transactionEvents, type ChangeForm, type SubjectFields, type Transaction } from "@oncewire/protocol/snowplow";
import type { Stats } from "../../delivery/delivery.js";
import type { DestinationEncoder } from "../../delivery/destination.js";
import { TrackerError } from "../../errors.js";
import type { EventHandle } from "../../handle.js";
import type { FlushOptions } from "../../outbox.js";
import { systemRuntime, type Runtime } from "../../runtime.js";
import { withFields } from "../../with-fields.js";
import { TrackerConfiguration, type TrackerConfigurationOptions } from "./configuration.js";
import { flushCustom, handOver, type CustomEmitter } from "./custom-emitter.js";
import { encoderFor } from "./destination.js";
import { Emitter, type TrackerIdentity } from "./emitter.js";
import { checkEvent } from "./event-contracts.js";
import { joinHandles, joinStats } from "./joined-handle.js";
import { applyJsonEncoder, type JsonEncoder } from "./json-encoder.js";
import { payloadOf } from "./payload-text.js";
import { Subject } from "./subject.js";
import { eventOf, type TimedEvent, type TrackArguments } from "./track-arguments.js";
import type { TrackableEvent } from "./trackable-event.js";

export interface TrackerOptions extends TrackerConfigurationOptions {
  /** Names the tracker: several may send for one application. */
  readonly namespace: string;
  /** Where events go; at least one. */
  readonly emitters: Emitter | CustomEmitter | readonly (Emitter | CustomEmitter)[];
  /** Whose events these are. @default one that says nothing but the platform `pc` */
  readonly subject?: Subject | null | undefined;
  /** Names the application. @default none is sent */
  readonly appId?: string | null | undefined;
  /** Time and ids; for tests and simulations. The machine's where it is not said. */
  readonly runtime?: Runtime | undefined;
}

type SubjectLike = Subject | SubjectFields;

const noContext = Object.freeze([]);

export class Tracker implements AsyncDisposable {
  readonly #emitters: (Emitter | CustomEmitter)[];
  readonly #namespace: string;
  readonly #identity: TrackerIdentity;
  /** For emitters that take payloads. */
  readonly #encoder: DestinationEncoder;
  readonly #jsonEncoder: JsonEncoder | null;
  readonly #runtime: Runtime;
  #subject: Subject | null;

  /** Throws a `TrackerError` for an option that is missing or of the wrong form. */
  constructor(options: TrackerOptions) {
    const { namespace, emitters, subject, appId, runtime = systemRuntime } = options;
    const { encodeBase64, jsonEncoder } = new TrackerConfiguration(options);
    this.#emitters = Array.isArray(emitters) ? [...emitters] : [emitters];
    if (this.#emitters.length === 0) throw wrong("emitters", "must be one emitter or a list of at least one");
    for (const emitter of this.#emitters) checkEmitter(emitter);
    if (typeof namespace !== "string") throw wrong("namespace", "must be a text");
    this.#namespace = namespace;
    this.#identity = {
      ...(namespace === "" ? {} : { namespace }),
      ...(appId ? { appId } : {}),
      encodeBase64,
      platform: "pc",
    };
    this.#encoder = encoderFor(this.#identity);
    this.#jsonEncoder = jsonEncoder;
    this.#runtime = runtime;
    this.#subject = subject ?? new Subject();
  }

  static getUuid(): string {
    return randomUUID();
  }

  /** Milliseconds since the epoch: the time given, without its fraction, or now. */
  static getTimestamp(tstamp?: number | null): number {
    return typeof tstamp === "number" ? Math.trunc(tstamp) : systemRuntime.nowMs();
  }

  get emitters(): readonly (Emitter | CustomEmitter)[] {
    return this.#emitters;
  }

  get subject(): Subject | null {
    return this.#subject;
  }

  getNamespace(): string {
    return this.#namespace;
  }

  /** Null says nothing of anybody but the platform, which every event needs. */
  setSubject(subject: Subject | null): this {
    this.#subject = subject;
    return this;
  }

  addEmitter(emitter: Emitter | CustomEmitter): this {
    checkEmitter(emitter);
    this.#emitters.push(emitter);
    return this;
  }

  /**
   * Hands the event to every emitter. Throws a `TrackerError` where a contract is not kept; nothing that has to do with
   * delivery throws, rejects or blocks.
   *
   * @example
   * const { id } = tracker.track(new PageView({ pageUrl: "https://acme.com/", pageTitle: "Acme" }));
   */
  track(event: TrackableEvent): EventHandle {
    checkEvent(event);
    const stamp: Stamp = { id: this.#runtime.id(), nowMs: this.#runtime.nowMs() };
    const said = this.#completeOrNot(event);
    const handles = this.#emitters.map((emitter) =>
      emitter instanceof Emitter ? emitter.accept(said, this.#identity, stamp) : this.#handOver(said, stamp, emitter),
    );
    return joinHandles(handles[0]?.id ?? stamp.id, handles);
  }

  /** @deprecated Use `track(new PageView({…}))`. */
  trackPageView(args: TrackArguments["pageView"]): this {
    return this.#say({ ...args, type: "page_view" });
  }

  /** @deprecated Use `track(new PagePing({…}))`. */
  trackPagePing(args: TrackArguments["pagePing"]): this {
    return this.#say({ ...args, type: "page_ping" });
  }

  /** @deprecated Use `track({ type: "link_click", … })`. */
  trackLinkClick(args: TrackArguments["linkClick"]): this {
    return this.#say({ ...args, type: "link_click" });
  }

  /** @deprecated Use `track({ type: "add_to_cart", … })`. */
  trackAddToCart(args: TrackArguments["addToCart"]): this {
    return this.#say({ ...args, type: "add_to_cart" });
  }

  /** @deprecated Use `track({ type: "remove_from_cart", … })`. */
  trackRemoveFromCart(args: TrackArguments["removeFromCart"]): this {
    return this.#say({ ...args, type: "remove_from_cart" });
  }

  /** @deprecated Use `track({ type: "change_form", … })`. */
  trackFormChange(args: TrackArguments["formChange"]): this {
    const { type, ...rest } = args;
    // The schema knows the types in small letters alone; whether it knows this one, the contracts and the encoder ask.
    const elementType = (typeof type === "string" ? type.toLowerCase() : type) as ChangeForm["elementType"];
    return this.#say({ ...rest, elementType, type: "change_form" });
  }

  /** @deprecated Use `track({ type: "submit_form", … })`. */
  trackFormSubmit(args: TrackArguments["formSubmit"]): this {
    return this.#say({ ...args, type: "submit_form" });
  }

  /** @deprecated Use `track({ type: "site_search", … })`. */
  trackSiteSearch(args: TrackArguments["siteSearch"]): this {
    return this.#say({ ...args, type: "site_search" });
  }

  /** @deprecated Use `track({ type: "transaction_item", … })`. */
  trackEcommerceTransactionItem(args: TrackArguments["ecommerceTransactionItem"]): this {
    return this.#say({ ...args, type: "transaction_item" });
  }

  /**
   * The order, and each of its items as an event of its own. All are checked before the first is sent.
   * @deprecated Use `track` with each of `transactionEvents(transaction, items)`.
   */
  trackEcommerceTransaction(args: TrackArguments["ecommerceTransaction"]): this {
    const { totalValue, taxValue, items, ...rest } = args;
    const { context, eventSubject, ...order } = eventOf({
      ...rest,
      total: totalValue,
      tax: taxValue,
      type: "transaction",
    });
    const events = transactionEvents(order as Transaction, items ?? []).map((event) => ({
      ...event,
      context,
      eventSubject,
    }));
    for (const event of events) checkEvent(event);
    for (const event of events) this.track(event);
    return this;
  }

  /** @deprecated Use `track(new ScreenView({…}))`. */
  trackScreenView(args: TrackArguments["screenView"]): this {
    return this.#say({ ...args, type: "screen_view" });
  }

  /** @deprecated Use `track(new ScreenView({…}))`. */
  trackMobileScreenView(args: TrackArguments["mobileScreenView"]): this {
    const { type: screenType, id, ...rest } = args;
    return this.#say({ ...rest, id: id ?? Tracker.getUuid(), screenType, type: "mobile_screen_view" });
  }

  /** @deprecated Use `track(new StructuredEvent({…}))`. */
  trackStructEvent(args: TrackArguments["structEvent"]): this {
    return this.#say({ ...args, type: "structured" });
  }

  /** @deprecated Use `track(new SelfDescribing({…}))`. */
  trackSelfDescribingEvent(args: TrackArguments["selfDescribingEvent"]): this {
    const { eventJson, ...rest } = args;
    return this.#say({ ...rest, schema: eventJson?.schema, data: eventJson?.data, type: "self_describing" });
  }

  /** @deprecated Use `track(new SelfDescribing({…}))`. */
  trackUnstructEvent(args: TrackArguments["selfDescribingEvent"]): this {
    return this.trackSelfDescribingEvent(args);
  }

  /** With `overflow: "wait"`: resolves when all emitters have room for an event. Otherwise at once. */
  async ready(): Promise<void> {
    await Promise.all(this.#own.map((emitter) => emitter.ready()));
  }

  /** Flushes every emitter; resolves with the ledger of all of them. */
  async flush(options: FlushOptions = {}): Promise<Stats> {
    await this.#flushCustom();
    return joinStats(await Promise.all(this.#own.map((emitter) => emitter.flush(options))));
  }

  /** Closes every emitter; those that other trackers use, too. Resolves with the ledger of all of them. */
  async close(options: Pick<FlushOptions, "timeoutMs"> = {}): Promise<Stats> {
    await this.#flushCustom();
    return joinStats(await Promise.all(this.#own.map((emitter) => emitter.close(options))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  stats(): Stats {
    return joinStats(this.#own.map((emitter) => emitter.stats()));
  }

  get #own(): readonly Emitter[] {
    return this.#emitters.filter((emitter) => emitter instanceof Emitter);
  }

  async #flushCustom(): Promise<void> {
    const custom = this.#emitters.filter((emitter) => !(emitter instanceof Emitter));
    await Promise.all(custom.map(flushCustom));
  }

  #say(fields: TimedEvent): this {
    this.track(eventOf(fields));
    return this;
  }

  #handOver(said: unknown, stamp: Stamp, emitter: CustomEmitter): EventHandle {
    const encoded = this.#encoder.encode(said, stamp);
    if (encoded.ok) return handOver(encoded.value.id, payloadOf(encoded.value), emitter);
    const [{ message: detail }] = encoded.problems;
    const end = { kind: "rejected", reason: "invalid", detail } as const;
    const delivered = Promise.resolve({ delivered: false, destinations: { custom: end } });
    return { id: stamp.id, accepted: false, delivered, durable: Promise.resolve(false) };
  }

  /** What cannot be read goes on as it is, for the encoder to say what is wrong with it. */
  #completeOrNot(event: TrackableEvent): unknown {
    try {
      return this.#complete(event);
    } catch {
      return event;
    }
  }

  /** The event with its subject and its entities, under the names that the wire's encoder has for them. */
  #complete(event: TrackableEvent): object {
    const own = fieldsOf(event.eventSubject ?? event.subject);
    const shared = this.#subject?.fields;
    const subject = own === undefined || shared === undefined ? (own ?? shared) : withFields(shared, own);
    const entities = event.context ?? event.entities ?? noContext;
    if (this.#jsonEncoder === null) return withFields(event, { subject, entities });
    const encode = this.#jsonEncoder;
    const data = "data" in event ? { data: applyJsonEncoder(event.data, encode) } : {};
    const described = entities.map((each) => ({ schema: each.schema, data: applyJsonEncoder(each.data, encode) }));
    return withFields(event, { ...data, subject, entities: described });
  }
}

function fieldsOf(subject: SubjectLike | null | undefined): SubjectFields | undefined {
  return subject instanceof Subject ? subject.fields : (subject ?? undefined);
}

function checkEmitter(emitter: unknown): void {
  const isFit = typeof emitter === "object" && emitter !== null && typeof Reflect.get(emitter, "input") === "function";
  if (!isFit) throw wrong("emitters", "must each be an Emitter, or have a method `input`");
}

function wrong(name: string, what: string): TrackerError {
  return new TrackerError("E_OPTION", name, `\`${name}\` ${what}.`);
}
