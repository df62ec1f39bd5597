/** What the official trackers sent, recorded (fixtures/snowplow): read by the receiver, and said again by the encoder. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { WireRequest } from "../index.js";
import { createSnowplowEncoder, createSnowplowReceiver, transactionEvents } from "./index.js";
import type { OrderItem, SelfDescribingJson, SnowplowEvent, SubjectFields } from "./index.js";

interface Capture {
  readonly name: string;
  readonly setup: { readonly tracker?: Args };
  readonly call: { readonly method: string; readonly args: Args };
  readonly request: CapturedRequest | null;
  readonly request_index: number;
  readonly requests_in_case: number;
}

interface CapturedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | null;
}

/** Arguments as recorded: of any form. */
type Args = Readonly<Record<string, unknown>>;

/** An event's pairs, with the embedded JSON beside them. */
interface Said {
  readonly pairs: Readonly<Record<string, string>>;
  readonly ue: unknown;
  readonly contexts: unknown;
}

function readCaptures(name: string): readonly Capture[] {
  const text = readFileSync(new URL(`../../fixtures/snowplow/${name}.jsonl`, import.meta.url), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Capture);
}

function requestOf({ method, path, query, headers, body }: CapturedRequest): WireRequest {
  const lower = headers.map(([name, value]) => [name.toLowerCase(), value]);
  return { method, path, query: query ?? "", headers: Object.fromEntries(lower), body: Buffer.from(body ?? "") };
}

/** A decoder that shares nothing with the receiver. */
function saidBy({ method, query, body }: Pick<WireRequest, "method" | "query" | "body">): readonly Said[] {
  const { data: list } = (
    method === "POST"
      ? JSON.parse(Buffer.from(body).toString())
      : { data: [Object.fromEntries(new URLSearchParams(query))] }
  ) as { readonly data: readonly Readonly<Record<string, string>>[] };
  return list.map(({ ue_pr, ue_px, co, cx, ...pairs }) => ({
    pairs,
    ue: parse(ue_pr ?? (ue_px && Buffer.from(ue_px, "base64url").toString())),
    contexts: at(parse(co ?? (cx && Buffer.from(cx, "base64url").toString())), "data"),
  }));
}

/** A whole number that a double cannot hold is its text; so is JSON that cannot be read. */
function parse(json: string | undefined): unknown {
  if (json === undefined) return undefined;
  try {
    return JSON.parse(
      json.replaceAll(/(?<=[:,[] ?)\d{17,}(?=[,}\]])/g, (digits) =>
        BigInt(Number(digits)) === BigInt(digits) ? digits : `"${digits}"`,
      ),
    );
  } catch {
    return json;
  }
}

/** What stands at a path, if anything does. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((found, key) => (isFields(found) ? found[key] : undefined), value);
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const arrival = {
  route: "adapter",
  project: "default",
  receivedAtMs: 1_795_186_000_000,
  remoteAddress: "192.0.2.7",
  requestId: "4c0f1d6c-0c65-4a0f-9c31-6d1ad1f4ad10",
};

const receiver = createSnowplowReceiver({ paths: { "/com.acme/track": "/com.snowplowanalytics.snowplow/tp2" } });

/** Captures whose events a Snowplow pipeline refuses, and why. */
const refused: readonly (readonly [name: RegExp, code: string])[] = [
  [/^page_ping\.float_offsets/, "wrong-format"],
  [/^struct\.value_(bool|nan)/, "wrong-format"],
  [/^self_describing\.nan_data/, "invalid-json"],
  [/^event\.raw_dict\.post/, "unknown-key"],
  [/^subject\.none_after_set_subject\.post/, "missing-field"],
];

/** Requests of the trackers that bring no events: what they got as an answer made them ask elsewhere. */
const elsewhere = /^\/(cookie-ext|elsewhere|else|)$/;

const kinds: Readonly<Record<string, string>> = {
  pv: "page",
  pp: "page-ping",
  se: "structured",
  tr: "transaction",
  ti: "transaction-item",
  sv: "screen",
};

function isScreenView(ue: unknown): boolean {
  return /\/screen_view\//.test(String(at(ue, "data", "schema")));
}

function kindOf({ pairs, ue }: Said): string | undefined {
  if (pairs["e"] !== "ue") return kinds[pairs["e"] ?? ""];
  if (pairs["ue_na"] !== undefined) return "track";
  return isScreenView(ue) ? "screen" : "self-describing";
}

function nameOf({ pairs, ue }: Said): unknown {
  const { e = "", ue_na, page, se_ac, sv_na } = pairs;
  if (e !== "ue") return { pv: page, pp: page, se: se_ac, sv: sv_na }[e] ?? null;
  if (ue_na !== undefined) return ue_na;
  return isScreenView(ue) ? (at(ue, "data", "data", "name") ?? null) : at(ue, "data", "schema");
}

function timeOf(ms: string | undefined): string | null {
  return ms === undefined ? null : new Date(Number(ms)).toISOString();
}

for (const file of ["python-1.1.0", "node-4.8.0", "python-0.1.0"]) {
  describe(`what ${file} sends`, () => {
    const sent = readCaptures(file).flatMap(({ name, request_index, request }) =>
      request === null || elsewhere.test(request.path) ? [] : [{ name: `${name} #${request_index}`, request }],
    );

    it.each(sent)("is read: $name", ({ name, request }) => {
      const decoded = receiver.decode(requestOf(request), arrival);
      const why = refused.find(([pattern]) => pattern.test(name))?.[1];
      if (why !== undefined) {
        expect(decoded.events).toEqual([]);
        expect(decoded.bad.map(({ code }) => code)).toEqual([why]);
        return;
      }
      expect(decoded.bad).toEqual([]);
      expect(
        decoded.events.map(({ kind, name: named, userId, occurredAt, sentAt, entities, properties }) => ({
          kind,
          name: named,
          userId,
          occurredAt,
          sentAt,
          entities,
          properties,
        })),
      ).toEqual(
        saidBy(requestOf(request)).map((said) => ({
          kind: kindOf(said),
          name: nameOf(said),
          userId: said.pairs["uid"] ?? null,
          occurredAt: timeOf(said.pairs["ttm"] ?? said.pairs["dtm"]),
          sentAt: timeOf(said.pairs["stm"]),
          entities: said.contexts ?? [],
          properties: propertiesOf(said),
        })),
      );
      const ids = saidBy(requestOf(request)).map(({ pairs }) => pairs["eid"] ?? expect.any(String));
      expect(decoded.events.map(({ id }) => id)).toEqual(ids);
    });
  });
}

/** What the properties must be, written from the table in docs/protocols/snowplow.md. */
function propertiesOf(said: Said): unknown {
  const { pairs } = said;
  if (pairs["e"] === "ue") return describedProperties(said);
  const text = (key: string): string | undefined => pairs[key] || undefined;
  const number = (key: string): number | string | undefined => {
    const value = text(key);
    if (value === undefined) return undefined;
    return /^\d{17,}$/.test(value) ? value : Number(value);
  };
  const page = { url: text("url"), title: text("page"), referrer: text("refr") };
  const byCode: Record<string, object> = {
    pv: page,
    pp: { ...page, minX: number("pp_mix"), maxX: number("pp_max"), minY: number("pp_miy"), maxY: number("pp_may") },
    se: {
      category: text("se_ca"),
      action: text("se_ac"),
      label: text("se_la"),
      property: text("se_pr"),
      value: number("se_va"),
    },
    tr: {
      orderId: text("tr_id"),
      total: number("tr_tt"),
      affiliation: text("tr_af"),
      tax: number("tr_tx"),
      shipping: number("tr_sh"),
      city: text("tr_ci"),
      state: text("tr_st"),
      country: text("tr_co"),
      currency: text("tr_cu"),
    },
    ti: {
      orderId: text("ti_id"),
      sku: text("ti_sk"),
      name: text("ti_nm"),
      category: text("ti_ca"),
      price: number("ti_pr"),
      quantity: number("ti_qu"),
      currency: text("ti_cu"),
    },
    sv: { id: text("sv_id") },
  };
  return JSON.parse(JSON.stringify(byCode[pairs["e"] ?? ""]));
}

function describedProperties({ pairs, ue }: Said): unknown {
  if (pairs["ue_na"] !== undefined) return ue;
  const data = at(ue, "data", "data");
  if (!isFields(data)) return { data };
  const { name, ...rest } = data;
  return isScreenView(ue) && name !== undefined ? rest : data;
}

/** Values of the captures that JSON has no form for. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isFields(value)) return value;
  const { $float, $tuple, $sdj, $subject } = value;
  if (typeof $float === "string") return Number($float.replace("inf", "Infinity"));
  if (Array.isArray($subject)) return subjectOf($subject as Setters);
  return $tuple !== undefined || $sdj !== undefined ? plain($tuple ?? $sdj) : plainFields(value);
}

function plainFields(fields: Args): Args {
  return Object.fromEntries(Object.entries(fields).map(([key, member]) => [key, plain(member)]));
}

type Setters = readonly (readonly [setter: string, args: readonly unknown[]])[];

function subjectOf(setters: Setters): SubjectFields {
  const fields: Record<string, unknown> = { platform: "pc" };
  for (const [setter, [value, second]] of setters) {
    const field = setter.replace("set_", "").replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    const named = { lang: "language", useragent: "userAgent" }[field] ?? field;
    fields[named] = second === undefined ? value : { width: value, height: second };
  }
  return fields;
}

function pythonCommon(args: Args, timestamp: unknown): object {
  const trueTimestamp = typeof timestamp === "boolean" ? Number(timestamp) : timestamp;
  return {
    entities: args["context"],
    subject: args["event_subject"],
    ...(typeof trueTimestamp === "number" ? { trueTimestamp } : {}),
  };
}

/** A recorded call's arguments as an event in our words. */
type Teller = (args: Args) => object;

const pageView: Teller = (a) => ({
  type: "page_view",
  pageUrl: a["page_url"],
  pageTitle: a["page_title"],
  referrer: a["referrer"],
});
const pagePing: Teller = (a) => ({
  ...pageView(a),
  type: "page_ping",
  minX: a["min_x"],
  maxX: a["max_x"],
  minY: a["min_y"],
  maxY: a["max_y"],
});
const mobileScreenView: Teller = (a) => ({
  type: "mobile_screen_view",
  name: a["name"],
  id: a["id_"],
  screenType: a["type"],
  transitionType: a["transition_type"],
  previousName: a["previous_name"],
  previousId: a["previous_id"],
  previousType: a["previous_type"],
});
const structured: Teller = ({ category, action, label, property_: property, value }) => ({
  type: "structured",
  category,
  action,
  label,
  property,
  value,
});
const selfDescribing: Teller = (a) => ({ type: "self_describing", ...fieldsOf(a["event_json"]) });

function fieldsOf(value: unknown): Args {
  return isFields(value) ? value : {};
}

const pythonTellers: Readonly<Record<string, Teller>> = {
  PageView: pageView,
  PagePing: pagePing,
  ScreenView: mobileScreenView,
  StructuredEvent: structured,
  SelfDescribing: selfDescribing,
  Event: (a) => ({ type: "raw", payload: a["dict_"] }),
  track_page_view: pageView,
  track_page_ping: pagePing,
  track_mobile_screen_view: mobileScreenView,
  track_struct_event: structured,
  track_self_describing_event: selfDescribing,
  track_unstruct_event: selfDescribing,
  track_screen_view: (a) => ({ type: "screen_view", name: a["name"], id: a["id_"] }),
  track_link_click: (a) => ({
    type: "link_click",
    targetUrl: a["target_url"],
    elementId: a["element_id"],
    elementClasses: a["element_classes"],
    elementTarget: a["element_target"],
    elementContent: a["element_content"],
  }),
  track_add_to_cart: (a) => ({ ...a, type: "add_to_cart", unitPrice: a["unit_price"] }),
  track_remove_from_cart: (a) => ({ ...a, type: "remove_from_cart", unitPrice: a["unit_price"] }),
  track_form_change: (a) => ({
    type: "change_form",
    formId: a["form_id"],
    elementId: a["element_id"],
    nodeName: a["node_name"],
    value: a["value"],
    elementType: a["type_"],
    elementClasses: a["element_classes"],
  }),
  track_form_submit: (a) => ({
    type: "submit_form",
    formId: a["form_id"],
    formClasses: a["form_classes"],
    elements: a["elements"],
  }),
  track_site_search: (a) => ({
    type: "site_search",
    terms: a["terms"],
    filters: a["filters"],
    totalResults: a["total_results"],
    pageResults: a["page_results"],
  }),
  track_ecommerce_transaction_item: (a) => ({ ...a, type: "transaction_item", orderId: a["order_id"] }),
  track_ecommerce_transaction: (a) => ({
    ...a,
    type: "transaction",
    orderId: a["order_id"],
    total: a["total_value"],
    tax: a["tax_value"],
  }),
};

function toldBy(tellers: Readonly<Record<string, Teller>>, name: unknown): Teller {
  const teller = tellers[String(name)];
  if (teller === undefined) throw new Error(`Expected a call that is known, got ${String(name)}.`);
  return teller;
}

/** The events a call of the Python tracker makes, in our words. */
function pythonSaid({ method, args }: Capture["call"]): readonly SnowplowEvent[] {
  const event = fieldsOf(at(args, "event", "$event"));
  const name = method === "track" ? event["class"] : method;
  const given = plainFields(method === "track" ? fieldsOf(event["args"]) : args);
  const common = pythonCommon(given, given["true_timestamp"] ?? given["tstamp"]);
  const said = { ...toldBy(pythonTellers, name)(given), ...common } as SnowplowEvent;
  if (said.type !== "transaction") return [said];
  return transactionEvents(said, (given["items"] ?? []) as readonly OrderItem[]);
}

function described(name: string, data: Args, document?: Args): object {
  const uri = (schema: string): string => `iglu:com.snowplowanalytics.snowplow/${schema}/jsonschema/1-0-0`;
  const entities = document === undefined ? [] : [{ schema: uri("consent_document"), data: document }];
  return { type: "self_describing", schema: uri(name), data, entities };
}

const nodeTellers: Readonly<Record<string, Teller>> = {
  buildPageView: (e) => ({ ...e, type: "page_view" }),
  buildPagePing: (e) => ({
    ...e,
    type: "page_ping",
    // The builder drops a zero, which is a position like any other: said here as it was recorded.
    minX: e["minXOffset"] || null,
    maxX: e["maxXOffset"],
    minY: e["minYOffset"],
    maxY: e["maxYOffset"],
  }),
  buildStructEvent: (e) => ({ ...e, type: "structured" }),
  buildSelfDescribingEvent: (e) => ({ type: "self_describing", ...fieldsOf(e["event"]) }),
  buildLinkClick: (e) => ({ ...e, type: "link_click" }),
  buildAddToCart: (e) => ({ ...e, type: "add_to_cart" }),
  buildRemoveFromCart: (e) => ({ ...e, type: "remove_from_cart" }),
  buildFormFocusOrChange: (e) => ({ elementType: e["type"], ...e, type: e["schema"] }),
  buildFormSubmission: (e) => ({ ...e, type: "submit_form" }),
  buildSiteSearch: (e) => ({ ...e, type: "site_search" }),
  buildScreenView: (e) => ({ ...e, type: "screen_view" }),
  buildEcommerceTransaction: (e) => ({ ...e, type: "transaction" }),
  buildEcommerceTransactionItem: (e) => ({ ...e, type: "transaction_item" }),
  buildAdImpression: (e) => described("ad_impression", e),
  buildAdClick: (e) => described("ad_click", e),
  buildAdConversion: (e) => described("ad_conversion", e),
  buildSocialInteraction: (e) => described("social_interaction", e),
  buildConsentGranted: ({ expiry, ...document }) => described("consent_granted", { expiry }, document),
  buildConsentWithdrawn: ({ all, ...document }) => described("consent_withdrawn", { all }, document),
};

function nodeSaid({ args }: Capture["call"]): readonly SnowplowEvent[] {
  const said = toldBy(nodeTellers, args["build"])(fieldsOf(args["event"])) as SnowplowEvent;
  const { timestamp, context } = args;
  const entities = [...(said.entities ?? []), ...((context ?? []) as readonly SelfDescribingJson[])];
  const time = (at(timestamp, "value") ?? timestamp) as number | undefined;
  if (at(timestamp, "type") === "ttm") return [{ ...said, entities, trueTimestamp: time }];
  return [{ ...said, entities, deviceTimestamp: time }];
}

/** Fields that differ from run to run. */
const varying = ["eid", "dtm", "stm", "tv", "tid"];

/** Python writes floats in its own way: the same numbers, other letters. */
const numbers = /^(se_va|t[ri]_(tt|tx|sh|pr))$/;

function comparable({ pairs, ue, contexts }: Said, ignored: readonly string[]): object {
  const kept = Object.entries(pairs).filter(([key]) => !varying.includes(key) && !ignored.includes(key));
  const entries = kept.map(([key, value]) => [key, numbers.test(key) ? Number(value) : value] as const);
  return { ...Object.fromEntries(entries), ue, contexts };
}

/** Calls whose request is not the encoder's to make, and what it does instead. */
const unequal: readonly (readonly [name: RegExp, reason: string, onlyIn?: string])[] = [
  [/^self_describing\.types/, "12345678901234567890 is no number in JavaScript: it is told as text", "python-1.1.0"],
  [/^page_ping\.float_offsets/, "refused: a pipeline loses the event (wrong-format)"],
  [/^struct\.value_(bool|nan)/, "refused: a pipeline loses the event (wrong-format)"],
  [/^struct\.label_list/, "refused: Python's repr of a list is no label (wrong-type)"],
  [/^event\.raw_dict/, "refused: a pipeline loses the whole batch (unknown-key)"],
  [/^track_form_change\.null_element/, "refused: the schema demands an elementId (missing-field)"],
  [/^(track_)?screen_view\.(nothing|empty)\./, "refused: the schema demands a name or an id (missing-field)"],
  [/^self_describing\.nan_data/, "NaN and Infinity are sent as null, so that the JSON can be read"],
  [/^track_mobile_screen_view\.generated_id/, "refused: the id is made by the client (missing-field)"],
];

function expectEqual({ name, request, setup, request_index }: Recorded, said: readonly SnowplowEvent[]): void {
  const { namespace, appId, app_id = appId, subject } = setup.tracker ?? {};
  const isPost = request.method === "POST";
  const encoder = createSnowplowEncoder({
    namespace: String(namespace),
    ...(typeof app_id === "string" ? { appId: app_id } : {}),
    method: isPost ? "post" : "get",
    encodeBase64: !name.endsWith("plain"),
    platform: appId === undefined ? "pc" : "srv",
  });
  const expected = saidBy(requestOf(request));
  // An order's events come one by one where the batch is one.
  const events = expected.length < said.length ? said.slice(request_index, request_index + 1) : said;
  const encoded = events.map((event) => {
    const merged = { ...fieldsOf(plain(subject)), ...event.subject };
    const stamp = { id: "0b4e2f6c-5a5e-4c09-8a53-3e2f3ad0e2a1", nowMs: 1_795_185_143_054 };
    const result = encoder.encode({ ...event, subject: merged }, stamp);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return result.value;
  });
  const got = saidBy(encoder.frame(encoded, 1_795_185_143_060));
  // Without a time of its own, an item's true timestamp is the Python tracker's clock.
  const ignored = name.includes("full_no_tstamp") ? ["ttm"] : [];
  expect(got.map((one) => comparable(one, ignored))).toEqual(expected.map((one) => comparable(one, ignored)));
}

/** A capture in which something was sent. */
interface Recorded extends Capture {
  readonly request: CapturedRequest;
}

/** Whether it is one call whose request is the encoder's to make. */
function isSingle(capture: Capture): capture is Recorded {
  const { name, call, request, setup } = capture;
  const { tracker = {} } = setup;
  if (request === null || elsewhere.test(request.path)) return false;
  // Sequences of calls are the client's to tell: its queue, its setters, its retries.
  if (call.method.startsWith("$") || /^(retry|reuse|batch|emitters|endpoint|options|flush)\./.test(name)) return false;
  return tracker["namespace"] !== "" && !("$set_subject" in tracker) && !("json_encoder" in tracker);
}

for (const [file, said] of [
  ["python-1.1.0", pythonSaid],
  ["node-4.8.0", nodeSaid],
] as const) {
  describe(`what ${file} is told`, () => {
    const single = readCaptures(file).filter(isSingle);
    const isUnequal = ({ name }: Recorded): boolean =>
      unequal.some(([pattern, , onlyIn = file]) => onlyIn === file && pattern.test(name));
    const equal = single.filter((capture) => !isUnequal(capture));

    it.each(equal.map((capture) => ({ name: `${capture.name} #${capture.request_index}`, capture })))(
      "is sent as the tracker sends it: $name",
      ({ capture }) => expectEqual(capture, said(capture.call)),
    );

    const differing = single.filter(isUnequal);
    it.each(differing.map((capture) => ({ name: `${capture.name} #${capture.request_index}`, capture })))(
      "is not sent as the tracker sends it: $name",
      ({ capture }) => expect(() => expectEqual(capture, said(capture.call))).toThrow(),
    );
  });
}
