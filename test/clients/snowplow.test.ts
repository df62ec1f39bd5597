/**
 * Snowplow's official trackers, pointed at the collector as it is built: every event, by POST and GET, in base64 and
 * plain, found in the store and right in every field. Our drop-in for the one from npm is driven by the same calls.
 */
import * as dropIn from "oncewire/compat/snowplow-node-tracker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  hasNpmClients,
  hasPythonClients,
  requireClient,
  runPython,
  startBuiltCollector,
  type ClientCollector,
} from "./official-clients.js";
import {
  article,
  cart,
  click,
  common,
  eventOf,
  form,
  item,
  missing,
  order,
  page,
  search,
  stored,
  submitted,
  user,
  whenMs,
} from "./snowplow-events.js";

let collector: ClientCollector;

const ways = ["post", "get"].flatMap((method) => [true, false].map((isBase64) => [method, isBase64] as const));

describe.skipIf(!hasNpmClients && !hasPythonClients)("official clients", () => {
  beforeAll(async () => {
    collector = await startBuiltCollector({ keys: { snowplow: "shop", app: "shop" } });
  });
  afterAll(() => collector[Symbol.asyncDispose]());

  type NodeTracker = typeof dropIn;

  /** Each builder with the event it is given. */
  const builders: Readonly<
    Record<string, (tracker: NodeTracker) => readonly (dropIn.PayloadBuilder | dropIn.EventPayloadAndContext)[]>
  > = {
    page_view: (t) => [t.buildPageView({ pageUrl: page.url, pageTitle: page.title, referrer: page.referrer })],
    page_ping: (t) => [
      t.buildPagePing({
        pageUrl: page.url,
        pageTitle: page.title,
        referrer: page.referrer,
        maxXOffset: 100,
        maxYOffset: 500,
      }),
    ],
    structured: (t) => [
      t.buildStructEvent({ category: "shop", action: "add", label: "label", property: "pcs", value: 2.5 }),
    ],
    self_describing: (t) => [t.buildSelfDescribingEvent({ event: article })],
    screen_view: (t) => [t.buildScreenView({ name: "HUD", id: "screen23" })],
    link_click: (t) => [t.buildLinkClick(click)],
    add_to_cart: (t) => [t.buildAddToCart(cart)],
    remove_from_cart: (t) => [t.buildRemoveFromCart(cart)],
    change_form: (t) => [t.buildFormFocusOrChange({ schema: "change_form", ...form, type: "text" })],
    focus_form: (t) => [t.buildFormFocusOrChange({ schema: "focus_form", ...form, type: "text" })],
    submit_form: (t) => [t.buildFormSubmission(submitted)],
    site_search: (t) => [t.buildSiteSearch(search)],
    transaction: (t) => [t.buildEcommerceTransaction(order), t.buildEcommerceTransactionItem(item)],
    ad_impression: (t) => [t.buildAdImpression({ impressionId: "i", cost: 0.5, costModel: "cpa" })],
    ad_click: (t) => [t.buildAdClick({ targetUrl: "u", clickId: "i" })],
    ad_conversion: (t) => [t.buildAdConversion({ conversionId: "i", initialValue: 2 })],
    social_interaction: (t) => [t.buildSocialInteraction({ action: "like", network: "n", target: "t" })],
    // These give their document with the event.
    consent_granted: (t) => [t.buildConsentGranted({ id: "1", version: "2", expiry: "2030-01-01T00:00:00.000Z" })],
    consent_withdrawn: (t) => [t.buildConsentWithdrawn({ all: false, id: "1", version: "2" })],
  };

  describe.skipIf(!hasNpmClients).each([
    ["@snowplow/node-tracker", "node", () => requireClient("@snowplow/node-tracker") as NodeTracker],
    ["oncewire/compat/snowplow-node-tracker", "oncewire", () => dropIn],
  ] as const)("%s", (_name, library, load) => {
    function open(options: Partial<dropIn.EmitterConfiguration> = {}, encodeBase64 = true): dropIn.Tracker {
      const { hostname, port } = new URL(collector.url);
      const emitter = { endpoint: hostname, protocol: "http", port: Number(port), ...options } as const;
      const tracker = load().newTracker({ namespace: "ns", appId: "app", encodeBase64 }, emitter);
      tracker.setPlatform("mob");
      tracker.setUserId("user");
      tracker.setScreenResolution("1366", "768");
      tracker.setLang("en");
      tracker.setDomainUserId("domain-user");
      tracker.setIpAddress("1.2.3.4");
      return tracker;
    }

    it.each(ways)("every event arrives with every field, by %s, in base64: %s", async (eventMethod, isBase64) => {
      const tracker = open({ eventMethod: eventMethod as "get" | "post", bufferSize: 5 }, isBase64);
      const ids = Object.entries(builders).map(([name, build]) => {
        const payloads = build(load()).map((each) => {
          const { event, context } = "event" in each ? each : { event: each, context: [] };
          return tracker.track(event, [...context, user], { type: "ttm", value: whenMs });
        });
        return [name, payloads.map((payload) => String(payload?.["eid"]))] as const;
      });
      await tracker.flush();
      await expect
        .poll(async () =>
          missing(
            await collector.events(),
            ids.flatMap(([, each]) => each),
          ),
        )
        .toEqual([]);
      const events = await collector.events();
      for (const [name, each] of ids) {
        const found = each.map((id) => eventOf(events, id));
        expect(found, name).toMatchObject(
          (stored[name] ?? []).map((expected) => ({ ...common(library), ...expected })),
        );
      }
    });

    it("the time of the call is when an event happened, unless it says a time of the device", async () => {
      const tracker = open({ bufferSize: 1 });
      const calledAtMs = Date.now();
      const now = tracker.track(load().buildPageView({ pageUrl: page.url }))?.["eid"];
      const device = tracker.track(load().buildPageView({ pageUrl: page.url }), null, whenMs)?.["eid"];
      await tracker.flush();
      await expect.poll(async () => missing(await collector.events(), [String(now), String(device)])).toEqual([]);
      const events = await collector.events();
      const occurredAt = Date.parse(eventOf(events, String(now)).occurredAt ?? "");
      expect(Math.abs(occurredAt - calledAtMs)).toBeLessThan(5000);
      expect(eventOf(events, String(device)).occurredAt).toBe(new Date(whenMs).toISOString());
    });

    it("requests are made with customHeaders and serverAnonymization: the address is not kept", async () => {
      const tracker = open({ bufferSize: 1, customHeaders: { "X-Custom": "1" }, serverAnonymization: true });
      tracker.resetPayloadPairs({ p: "srv", tv: `${library}-x`, tna: "ns", aid: "app" });
      const id = String(tracker.track(load().buildPageView({ pageUrl: page.url }))?.["eid"]);
      await tracker.flush();
      await expect.poll(async () => missing(await collector.events(), [id])).toEqual([]);
      expect(eventOf(await collector.events(), id).context).not.toHaveProperty("ip", "127.0.0.1");
    });

    it("onRequestSuccess is told of the events that were sent", async () => {
      const batches: dropIn.EventBatch[] = [];
      const tracker = open({ bufferSize: 2, onRequestSuccess: (events) => batches.push(events) });
      const ids = ["a", "b"].map(
        (action) => tracker.track(load().buildStructEvent({ category: "c", action }))?.["eid"],
      );
      await tracker.flush();
      await expect.poll(() => batches.flat().map(({ eid }) => eid)).toEqual(ids);
    });
  });

  describe.skipIf(!hasPythonClients)("snowplow-tracker from PyPI", () => {
    let told: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

    beforeAll(async () => {
      const { hostname, port } = new URL(collector.url);
      told = (await runPython("snowplow-tracker.py", [hostname, port])) as typeof told;
    });

    it.each(ways)("every event arrives with every field, by %s, in base64: %s", async (method, isBase64) => {
      const ids = told[`${method} ${isBase64 ? "base64" : "plain"}`] ?? {};
      expect(Object.keys(ids).length).toBeGreaterThan(12);
      const events = await collector.events();
      for (const [name, each] of Object.entries(ids)) {
        const found = each.map((id) => eventOf(events, id));
        expect(found, name).toMatchObject((stored[name] ?? []).map((expected) => ({ ...common("py"), ...expected })));
      }
    });
  });
});
