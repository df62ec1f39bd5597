/** Our own Snowplow clients against the collector as it is built: every event, found in the store and right in every field. */
import {
  consentDocument,
  Emitter,
  PagePing,
  PageView,
  ScreenView,
  SelfDescribing,
  StructuredEvent,
  Subject,
  Tracker,
  transactionEvents,
  type TrackableEvent,
} from "oncewire/snowplow";
import { Tracker as FirstTracker } from "oncewire/snowplow/v0.1";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBuiltCollector, type ClientCollector } from "./official-clients.js";
import {
  article,
  cart,
  click,
  common,
  eventOf,
  form,
  item,
  order,
  page,
  screenId,
  search,
  stored,
  submitted,
  user,
  whenMs,
} from "./snowplow-events.js";

let collector: ClientCollector;
beforeAll(async () => {
  collector = await startBuiltCollector({ keys: { snowplow: "shop", app: "shop" } });
});
afterAll(() => collector[Symbol.asyncDispose]());

const shown = { pageUrl: page.url, pageTitle: page.title, referrer: page.referrer };
const { sku, price, quantity, name, category } = item;

const document = consentDocument({ id: "1", version: "2" });

/** Each event, under the name of what must be stored for it. */
const events: readonly (readonly [name: string, events: readonly TrackableEvent[]])[] = [
  ["page_view", [new PageView(shown)]],
  ["page_ping", [new PagePing({ ...shown, maxX: 100, maxY: 500 })]],
  [
    "structured",
    [new StructuredEvent({ category: "shop", action: "add", label: "label", property: "pcs", value: 2.5 })],
  ],
  ["self_describing", [new SelfDescribing({ eventJson: article })]],
  ["mobile_screen_view", [new ScreenView({ id: screenId, name: "HUD" })]],
  ["screen_view", [{ type: "screen_view", name: "HUD", id: "screen23" }]],
  ["link_click", [{ type: "link_click", ...click }]],
  ["add_to_cart", [{ type: "add_to_cart", ...cart }]],
  ["remove_from_cart", [{ type: "remove_from_cart", ...cart }]],
  ["change_form", [{ type: "change_form", ...form, nodeName: "INPUT", elementType: "text" }]],
  ["focus_form", [{ type: "focus_form", ...form, nodeName: "INPUT", elementType: "text" }]],
  ["submit_form", [{ type: "submit_form", ...submitted }]],
  ["site_search", [{ type: "site_search", ...search }]],
  ["ad_impression", [{ type: "ad_impression", impressionId: "i", cost: 0.5, costModel: "cpa" }]],
  ["ad_click", [{ type: "ad_click", targetUrl: "u", clickId: "i" }]],
  ["ad_conversion", [{ type: "ad_conversion", conversionId: "i", initialValue: 2 }]],
  ["social_interaction", [{ type: "social_interaction", action: "like", network: "n", target: "t" }]],
  ["consent_granted", [{ type: "consent_granted", expiry: new Date("2030-01-01T00:00:00.000Z") }]],
  ["consent_withdrawn", [{ type: "consent_withdrawn", all: false }]],
  ["transaction", transactionEvents({ type: "transaction", ...order }, [{ sku, price, quantity, name, category }])],
];

describe("oncewire/snowplow", () => {
  it.each([
    ["post", true],
    ["post", false],
    ["get", true],
    ["get", false],
  ] as const)("every event arrives with every field, by %s, in base64: %s", async (method, encodeBase64) => {
    const subject = new Subject()
      .setPlatform("mob")
      .setUserId("user")
      .setScreenResolution(1366, 768)
      .setLang("en")
      .setDomainUserId("domain-user")
      .setIpAddress("1.2.3.4");
    const emitters = new Emitter(collector.url, { method, batchSize: 5 });
    const tracker = new Tracker({ namespace: "ns", appId: "app", emitters, subject, encodeBase64 });
    const ids = events.map(
      ([expected, each]) =>
        [
          expected,
          each.map((event) => tracker.track({ ...event, context: [user, document], trueTimestamp: whenMs }).id),
        ] as const,
    );
    expect(await tracker.close()).toMatchObject({ delivered: 21, pending: 0 });
    const kept = await collector.events();
    for (const [expected, each] of ids) {
      const found = each.map((id) => eventOf(kept, id));
      const wanted = (stored[expected] ?? []).map((fields) => ({ ...common("oncewire"), ...fields }));
      expect(found, expected).toMatchObject(wanted);
    }
  });
});

describe("oncewire/snowplow/v0.1", () => {
  it("every event arrives with its fields and its time", async () => {
    const tracker = FirstTracker.hostname(collector.url);
    tracker.setPlatform("cnsl");
    tracker.setAppId("app");
    tracker.setUserId("first");
    const seconds = 1_369_330_929;
    const results = await Promise.all([
      tracker.trackPageView("http://x/", "T", "http://r/", seconds),
      tracker.trackScreenView("HUD", "screen23", seconds),
      tracker.trackStructEvent("shop", "add", null, "pcs", 2, seconds),
      tracker.trackUnstructEvent("save-game", { save_id: "4321", level$int: 23 }, seconds),
      tracker.trackEcommerceTransaction("12345", "Web", 9.99, 1.98, 3, "London", "Denver", "Greenland", seconds),
      tracker.trackEcommerceTransactionItem("12345", "pbz0025", "black-tarot", "tarot", 7.99, 2, seconds),
    ]);
    expect(results).toEqual(Array.from({ length: 6 }, () => [true, ""]));
    await tracker.close();
    const kept = [...(await collector.events()).values()].filter(({ userId }) => userId === "first");
    expect(new Set(kept.map(({ occurredAt }) => occurredAt))).toEqual(
      new Set([new Date(seconds * 1000).toISOString()]),
    );
    expect(kept.map((event) => [event.kind, event.name, event.context["platform"]])).toEqual(
      expect.arrayContaining([
        ["page", "T", "cnsl"],
        ["screen", "HUD", "cnsl"],
        ["structured", "add", "cnsl"],
        ["track", "save-game", "cnsl"],
        ["transaction", null, "cnsl"],
        ["transaction-item", null, "cnsl"],
      ]),
    );
    const saved = kept.find(({ kind }) => kind === "track");
    expect(saved?.properties).toEqual({ save_id: "4321", level$int: 23 });
  });
});
