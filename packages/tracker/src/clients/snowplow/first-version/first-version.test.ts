import { afterEach, describe, expect, it } from "vitest";
import { disableContracts, enableContracts, Tracker, type FirstVersionOptions } from "../../snowplow-v0-1.js";
import { isFields, payloadsRecorded, readCases, saidIn, type Args, type Call } from "../captures.fixture.js";
import {
  answerInTurn,
  describedOf,
  startRecordingCollector,
  type CollectorAnswer,
  type Pairs,
  type RecordingCollector,
} from "../recording-collector.fixture.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  enableContracts();
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serve(answer?: CollectorAnswer): Promise<RecordingCollector> {
  const collector = await startRecordingCollector(answer);
  closers.push(() => collector[Symbol.asyncDispose]());
  return collector;
}

const quick = { retryBaseMs: 1, maxRetryDelay: 0.005, pauseBaseMs: 1, pauseCapMs: 5 } as const;

function open(collector: RecordingCollector, options: FirstVersionOptions = {}): Tracker {
  const tracker = Tracker.hostname(collector.host, { ...quick, ...options });
  closers.push(() => tracker.close({ timeoutMs: 0 }));
  return tracker;
}

describe("what version 0.1.0 was recorded to send", () => {
  const methods: Readonly<Record<string, readonly string[]>> = {
    set_base64_to: ["value"],
    track_page_view: ["page_url", "page_title", "referrer", "tstamp"],
    track_screen_view: ["name", "id_", "tstamp"],
    track_struct_event: ["category", "action", "label", "property_", "value", "tstamp"],
    track_unstruct_event: ["event_name", "dict_", "tstamp"],
    track_ecommerce_transaction: [
      "order_id",
      "tr_affiliation",
      "tr_total_value",
      "tr_tax_value",
      "tr_shipping",
      "tr_city",
      "tr_state",
      "tr_country",
      "tstamp",
    ],
    track_ecommerce_transaction_item: [
      "ti_id",
      "ti_sku",
      "ti_name",
      "ti_category",
      "ti_price",
      "ti_quantity",
      "tstamp",
    ],
  };
  const cases = readCases("python-0.1.0").filter(
    ({ call, requests, name }) =>
      requests.length === 1 && !name.startsWith("return_value") && call.method !== "hostname",
  );
  const refused = /int_given_bool_ok|geo_one_element_ok|geo_strings_ok/;

  function plain(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(plain);
    if (!isFields(value)) return value;
    if (typeof value["$float"] === "string") return Number(value["$float"]);
    if ("$tuple" in value) return plain(value["$tuple"]);
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
  }

  function make(tracker: Tracker, { method, args }: Call): unknown {
    const camel = method.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    const given = (methods[method] ?? []).map((name) => plain(args[name]));
    return (Reflect.get(tracker, camel) as (...all: unknown[]) => unknown).apply(tracker, given);
  }

  /** What was recorded, in the words in which it is sent today. */
  function today(recorded: Pairs): Args {
    const { e = "", sv_na, sv_id, ue_px, ue_pr, ...rest } = recorded;
    // A platform was set and never sent.
    const pairs = { ...saidIn(rest).pairs, e: e === "sv" ? "ue" : e, p: "pc" };
    if (e === "sv") {
      const schema = "iglu:com.snowplowanalytics.snowplow/screen_view/jsonschema/1-0-0";
      return { pairs, described: { schema, data: { name: sv_na, id: sv_id } } };
    }
    if (e !== "ue") return { pairs, described: undefined };
    const properties: unknown = JSON.parse(ue_pr ?? Buffer.from(ue_px ?? "", "base64").toString());
    const schema = "iglu:io.github.oncewire/event/jsonschema/1-0-0";
    return { pairs, described: { schema, data: { kind: "track", name: rest["ue_na"], properties } } };
  }

  it.each(cases.map((each) => ({ name: each.name, recorded: each })))("is sent: $name", async ({ name, recorded }) => {
    const collector = await serve();
    const tracker = open(collector);
    const { call } = recorded;
    const calls = Array.isArray(call.args["calls"]) ? (call.args["calls"] as readonly Call[]) : [call];
    const run = (): void => {
      for (const each of calls) make(tracker, each);
    };
    if (refused.test(name)) return expect(run).toThrow(/must be/);
    run();
    await tracker.flush();
    const [expected = {}] = payloadsRecorded(recorded);
    expect(collector.requests.map(({ method, path }) => [method, path])).toEqual([["GET", "/i"]]);
    const [sent = {}] = collector.payloads;
    const { pairs, described } = saidIn(sent);
    expect({ pairs, described }).toEqual(today(expected));
    if (calls.some(({ args }) => "tstamp" in args)) expect(sent["dtm"]).toBe(expected["dtm"]);
  });

  const unsent = readCases("python-0.1.0").filter(
    ({ name, requests }) => requests.length === 0 && name.startsWith("unstruct"),
  );

  it.each(unsent.map((each) => ({ name: each.name, recorded: each })))(
    "is refused, or promised by the page: $name",
    async ({ name, recorded }) => {
      const tracker = open(await serve());
      const calls = recorded.call.args["calls"] as readonly Call[];
      const run = (): void => {
        for (const each of calls) make(tracker, each);
      };
      // The page has lists of every type, and no type for a name without a dollar.
      if (/geo_given_list|array_of_int|bare_key/.test(name)) expect(run).not.toThrow();
      else expect(run).toThrow(/must be/);
    },
  );
});

describe("the page's examples", () => {
  it("work: two trackers, each with what was set for it alone", async () => {
    const [one, two] = [await serve(), await serve()];
    const t1 = open(one);
    t1.setPlatform("cnsl");
    void t1.trackUnstructEvent("save-game", { save_id: 23 }, 1369330092);
    const t2 = open(two);
    t2.setPlatform("tv");
    t2.setAppId("wow-addon-1");
    void t2.trackScreenView("Game HUD", "23");
    void t1.trackScreenView("Test", "23");
    await Promise.all([t1.flush(), t2.flush()]);
    expect(one.payloads.map(({ p, aid, ue_na, dtm }) => [p, aid, ue_na, ue_na && dtm])).toEqual([
      ["cnsl", undefined, "save-game", "1369330092000"],
      ["cnsl", undefined, undefined, undefined],
    ]);
    expect(two.payloads.map(({ p, aid }) => [p, aid])).toEqual([["tv", "wow-addon-1"]]);
    expect(two.payloads.map(describedOf)).toMatchObject([{ data: { name: "Game HUD", id: "23" } }]);
  });

  it("work: what is set is said of every event", async () => {
    const collector = await serve();
    const tracker = open(collector);
    tracker.setUserId("alexd");
    tracker.setScreenResolution(1366, 768);
    tracker.setViewport(300, 200);
    tracker.setColorDepth(32);
    tracker.setTimezone("Europe/London");
    tracker.setLang("en");
    void tracker.trackStructEvent("shop", "add-to-basket", null, "pcs", 2, 1369330909);
    void tracker.trackStructEvent("some cat", "save action", null, null, null, 1368725287);
    await tracker.flush();
    const common = { uid: "alexd", res: "1366x768", vp: "300x200", cd: "32", tz: "Europe/London", lang: "en" };
    expect(collector.payloads).toMatchObject([
      { ...common, se_ca: "shop", se_ac: "add-to-basket", se_pr: "pcs", se_va: "2", dtm: "1369330909000" },
      { ...common, se_ca: "some cat", se_ac: "save action", dtm: "1368725287000" },
    ]);
  });

  it("work: properties of every type, their dates as numbers or as Dates", async () => {
    const collector = await serve();
    const tracker = open(collector);
    tracker.setBase64To(false);
    const at = new Date("2013-06-13T13:20:10.215Z");
    void tracker.trackUnstructEvent("every type", {
      product_id: "ASO01043",
      trial: true,
      in_stock$int: 23,
      price$flt: 4.99,
      sales_tax: 49.99,
      check_in$geo: [40.11041, -88.21337],
      birthday2$dt: 3996,
      registered2$tm: 1371129610,
      last_action$tms: 1368454114215,
      day$dt: at,
      second$tm: at,
      moment$tms: at,
      nothing$int: null,
      nothing: null,
      list$int: [1, 2, null],
      visited$geo: [
        [1, 2],
        [3, 4],
      ],
      days$dt: [at, 3996],
    });
    await tracker.flush();
    expect(describedOf(collector.payloads[0] ?? {})).toMatchObject({
      data: {
        properties: {
          product_id: "ASO01043",
          trial: true,
          in_stock$int: 23,
          price$flt: 4.99,
          sales_tax: 49.99,
          check_in$geo: [40.11041, -88.21337],
          birthday2$dt: 3996,
          registered2$tm: 1371129610,
          last_action$tms: 1368454114215,
          day$dt: 15869,
          second$tm: 1371129610,
          moment$tms: 1371129610215,
          nothing$int: null,
          nothing: null,
          list$int: [1, 2, null],
          visited$geo: [
            [1, 2],
            [3, 4],
          ],
          days$dt: [15869, 3996],
        },
      },
    });
    expect(collector.payloads[0]).toHaveProperty("ue_pr");
  });

  it("work: CloudFront's collector is named by its subdomain", async () => {
    const urls: string[] = [];
    const transport: FirstVersionOptions["transport"] = () => ({
      send: async ({ path }) => {
        urls.push(path);
        return { kind: "answered", response: { status: 200, headers: {}, body: new Uint8Array() } };
      },
      abort: () => undefined,
    });
    const lines: string[] = [];
    const logger = { info: (line: string) => lines.push(line), warn: () => undefined, error: () => undefined };
    const tracker = Tracker.cloudfront("d3rkrsqld9gmqf", { transport, logger });
    expect(await tracker.trackPageView("http://x/", "T")).toEqual([true, ""]);
    expect(urls).toEqual(["/i"]);
    expect(lines[0]).toContain("https://d3rkrsqld9gmqf.cloudfront.net by GET");
    await tracker.close();
  });
});

describe("a call's two values", () => {
  it.each([
    [200, [true, ""]],
    [204, [true, ""]],
    [404, [false, "HTTP status code [404] is a client error"]],
    [503, [false, "HTTP status code [503] is a server error"]],
    [304, [false, "Unrecognised status code [304]"]],
  ] as const)("say what came of the request: %i", async (status, expected) => {
    const tracker = open(await serve(answerInTurn(status, 200)));
    expect(await tracker.trackPageView("http://x/", "T")).toEqual(expected);
    expect(await tracker.flush()).toMatchObject({ delivered: 1 });
  });

  it("say why there was no answer", async () => {
    const tracker = Tracker.hostname("127.0.0.1:1", quick);
    const [isSent, reason] = await tracker.trackPageView("http://x/", "T");
    expect([isSent, reason]).toEqual([false, expect.stringContaining("refused")]);
    await tracker.close({ timeoutMs: 0 });
    expect(await tracker.trackPageView("http://x/", "T")).toEqual([false, "closed"]);
  });

  it("say what cannot be sent", async () => {
    disableContracts();
    const tracker = open(await serve());
    expect(await tracker.trackStructEvent("c", "a", null, null, Number.NaN)).toEqual([
      false,
      expect.stringContaining("Expected"),
    ]);
  });
});

describe("contracts", () => {
  it.each([
    [(t: Tracker) => t.setPlatform("web" as never), "platform", '"web"'],
    [(t: Tracker) => t.setPlatform(5 as never), "platform", "5"],
    [(t: Tracker) => t.setBase64To("yes" as never), "isBase64", '"yes"'],
    [(t: Tracker) => t.setUserId(5 as never), "userId", "5"],
    [(t: Tracker) => t.setAppId(null as never), "appId", "null"],
    [(t: Tracker) => t.setScreenResolution(0, 1), "width", "0"],
    [(t: Tracker) => t.setViewport(1, 1.5), "height", "1.5"],
    [(t: Tracker) => t.setColorDepth("walrus" as never), "depth", '"walrus"'],
    [(t: Tracker) => t.setTimezone(""), "timezone", '""'],
    [(t: Tracker) => t.setLang(""), "lang", '""'],
    [(t: Tracker) => t.trackPageView("", "T"), "pageUrl", '""'],
    [(t: Tracker) => t.trackPageView("u", null as never), "pageTitle", "null"],
    [(t: Tracker) => t.trackPageView("u", "t", ""), "referrer", '""'],
    [(t: Tracker) => t.trackPageView("u", "t", null, "now" as never), "tstamp", '"now"'],
    [(t: Tracker) => t.trackScreenView(42 as never), "name", "42"],
    [(t: Tracker) => t.trackStructEvent("c", ""), "action", '""'],
    [(t: Tracker) => t.trackStructEvent("c", "a", null, null, "2" as never), "value", '"2"'],
    [(t: Tracker) => t.trackUnstructEvent("", {}), "name", '""'],
    [(t: Tracker) => t.trackUnstructEvent("n", [] as never), "properties", "an empty list"],
    [(t: Tracker) => t.trackUnstructEvent("n", { price$int: 4.99 }), "price$int", "4.99"],
    [(t: Tracker) => t.trackUnstructEvent("n", { at$tms: new Date(Number.NaN) }), "at$tms", "an object"],
    [(t: Tracker) => t.trackUnstructEvent("n", { list$flt: [1, "2"] }), "list$flt", '"2"'],
    [(t: Tracker) => t.trackEcommerceTransaction("", null, 1), "orderId", '""'],
    [(t: Tracker) => t.trackEcommerceTransaction("o", "", 1), "affiliation", '""'],
    [(t: Tracker) => t.trackEcommerceTransactionItem("1", "s", "n", "c", 1, 1.5), "quantity", "1.5"],
    [() => Tracker.hostname(""), "host", '""'],
    [() => Tracker.cloudfront(""), "subdomain", '""'],
  ])("name the argument and what it was: %s", async (run, field, value) => {
    const tracker = open(await serve());
    let thrown: unknown;
    try {
      run(tracker);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: "TrackerError", code: "E_EVENT", field });
    expect(String(thrown)).toContain(`got ${value}`);
  });
});
