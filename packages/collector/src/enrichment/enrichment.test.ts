import fc from "fast-check";
import type { JsonObject } from "@oncewire/protocol";
import { describe, expect, it } from "vitest";
import { createBotStep } from "./bot.js";
import { eventWith } from "./canonical-event.fixture.js";
import { createDeviceStep } from "./device.js";
import { createEnrichment } from "./enrichment.js";
import type { Enrich } from "./enrichment.js";
import { createFailureNote } from "./failure-note.js";

const phone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
const frozenPhone =
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36";
const windows =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
const crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

function enrichedBy(enrich: Enrich, context: JsonObject): JsonObject {
  const onFailure = (message: string): never => {
    throw new Error(message);
  };
  return createEnrichment({ steps: [{ name: "step", enrich }], ipPolicy: "keep", onFailure }).event(eventWith(context))
    .context;
}

describe("device", () => {
  it.each([
    [
      phone,
      {
        browser: { name: "Safari", version: "17.4" },
        os: { name: "iOS", version: "17.4" },
        device: { type: "mobile", vendor: "Apple", model: "iPhone" },
      },
    ],
    [
      frozenPhone,
      { browser: { name: "Chrome", version: "126.0.0.0" }, os: { name: "Android" }, device: { type: "mobile" } },
    ],
    [
      windows,
      { browser: { name: "Chrome", version: "126.0.0.0" }, os: { name: "Windows" }, device: { type: "desktop" } },
    ],
    [crawler, { browser: { name: "Googlebot", version: "2.1" }, device: { type: "bot", vendor: "Google" } }],
    ["rust-service/1.0", {}],
  ])("reads %s, and guesses nothing", (userAgent, found) => {
    expect(enrichedBy(createDeviceStep(), { userAgent })).toEqual({ userAgent, ...found });
  });

  it("leaves what the event says itself as it is", () => {
    const context = { userAgent: phone, device: { type: "tv" }, os: { name: "tvOS" }, browser: { cookies: true } };
    expect(enrichedBy(createDeviceStep(), context)).toEqual({
      ...context,
      browser: { cookies: true, name: "Safari", version: "17.4" },
    });
  });

  it("takes a field that is null for one that is not said", () => {
    const context = { userAgent: phone, device: { id: "d-1", type: null }, os: null, browser: "Safari" };
    expect(enrichedBy(createDeviceStep(), context)).toEqual({
      ...context,
      device: { id: "d-1", type: "mobile", vendor: "Apple", model: "iPhone" },
      os: { name: "iOS", version: "17.4" },
    });
  });

  it.each([{}, { userAgent: "" }, { userAgent: " " }, { userAgent: 5 }, { userAgent: null }])(
    "says nothing of an event without a user agent: %j",
    (context) => expect(enrichedBy(createDeviceStep(), context)).toEqual(context),
  );

  it("survives every text, however long", () => {
    const step = createDeviceStep();
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 3_000 }), (userAgent) => {
        expect(enrichedBy(step, { userAgent })).toMatchObject({ userAgent });
      }),
    );
  });
});

describe("bot", () => {
  it.each([crawler, "rust-service/1.0", "curl/8.6.0", "python-requests/2.31"])(
    "knows %s for a program",
    (userAgent) => {
      expect(enrichedBy(createBotStep(), { userAgent })).toEqual({ userAgent, bot: true });
    },
  );

  it.each([phone, frozenPhone, windows])("says nothing of the browser %s", (userAgent) => {
    expect(enrichedBy(createBotStep(), { userAgent })).toEqual({ userAgent });
  });

  it("does not contradict the event", () => {
    const context = { userAgent: crawler, bot: false };
    expect(enrichedBy(createBotStep(), context)).toEqual(context);
  });
});

describe("several steps", () => {
  it("let each see what those before it found, which counts first", () => {
    const steps = [
      { name: "first", enrich: () => ({ tier: "gold", device: { type: "kiosk" } }) },
      {
        name: "second",
        enrich: ({ context }: { context: JsonObject }) => ({ tier: "none", seen: context["tier"] ?? 0 }),
      },
      { name: "device", enrich: createDeviceStep() },
    ];
    const enrichment = createEnrichment({ steps, ipPolicy: "keep", onFailure: () => {} });
    const { context } = enrichment.event(eventWith({ userAgent: windows }));
    expect(context).toMatchObject({ tier: "gold", seen: "gold", device: { type: "kiosk" }, os: { name: "Windows" } });
  });

  it("go on without one that throws, and tell of it", () => {
    const failures: string[] = [];
    const broken: Enrich = () => {
      throw new Error("no such table");
    };
    const steps = [
      { name: "./own.mjs", enrich: broken },
      { name: "bot", enrich: createBotStep() },
    ];
    const enrichment = createEnrichment({ steps, ipPolicy: "keep", onFailure: (message) => failures.push(message) });
    expect(enrichment.event(eventWith({ userAgent: crawler })).context).toEqual({ userAgent: crawler, bot: true });
    expect(failures).toEqual(["./own.mjs: no such table"]);
  });

  it("leave an event of which nothing is found the very same", () => {
    const steps = [
      { name: "bot", enrich: createBotStep() },
      { name: "device", enrich: createDeviceStep() },
    ];
    const enrichment = createEnrichment({ steps, ipPolicy: "keep", onFailure: () => {} });
    const event = eventWith({ page: { url: "/" } });
    expect(enrichment.event(event)).toBe(event);
  });
});

describe("the note of failures", () => {
  it("says the first at once, then one in a minute with the number of those between", () => {
    let nowMs = 0;
    const said: string[] = [];
    const note = createFailureNote({ monotonicMs: () => nowMs }, (message) => said.push(message));
    note("a");
    note("b");
    note("c");
    nowMs = 60_000;
    note("d");
    nowMs = 120_000;
    note("e");
    expect(said).toEqual(["a", "d (and 2 more in the last minute)", "e"]);
  });
});
