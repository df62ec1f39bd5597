import type { Payload } from "@oncewire/protocol/snowplow";
import { describe, expect, it } from "vitest";
import type { LoggedRequest } from "../log/accept-log.js";
import type { StoredEvent } from "../store/event-store.js";
import { goodEvent, readGoodEvent } from "./good-event.js";

const receivedAt = "2026-11-20T18:00:00.000Z";

function stored(wire: Payload): StoredEvent {
  return {
    position: 5,
    id: "4c0f1d6c-0c65-4a0f-9c31-6d1ad1f4ad10",
    protocol: "snowplow",
    project: "default",
    kind: "page",
    name: null,
    userId: null,
    anonymousId: null,
    previousId: null,
    groupId: null,
    sessionId: null,
    occurredAt: null,
    sentAt: null,
    receivedAt,
    time: receivedAt,
    properties: {},
    entities: [],
    context: {},
    library: null,
    wire,
  };
}

function shown(wire: Payload, request: LoggedRequest | null = null): unknown {
  return goodEvent(readGoodEvent(stored(wire)), request);
}

const described = JSON.stringify({
  schema: "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0",
  data: { schema: "iglu:com.acme/checkout/jsonschema/2-1-0", data: [1] },
});

describe("a good event", () => {
  it("is shown without its request once the log has let go of it", () => {
    expect(shown({ e: "pv" })).toMatchObject({
      rawEvent: {
        api: { vendor: "com.snowplowanalytics.snowplow", version: "tp2" },
        parameters: { e: "pv" },
        contentType: null,
        context: { timestamp: receivedAt, ipAddress: null, useragent: null, headers: [], userId: null },
      },
      event: { event: "page_view" },
    });
  });

  it.each<[Payload, string | null, string | null]>([
    [{ e: "pv" }, "page_view", "iglu:com.snowplowanalytics.snowplow/page_view/jsonschema/1-0-0"],
    [{ e: "pp" }, "page_ping", "iglu:com.snowplowanalytics.snowplow/page_ping/jsonschema/1-0-0"],
    [{ e: "se" }, "struct", "iglu:com.google.analytics/event/jsonschema/1-0-0"],
    [{ e: "tr" }, "transaction", "iglu:com.snowplowanalytics.snowplow/transaction/jsonschema/1-0-0"],
    [{ e: "ti" }, "transaction_item", "iglu:com.snowplowanalytics.snowplow/transaction_item/jsonschema/1-0-0"],
    [{ e: "ue", ue_pr: described }, "unstruct", "iglu:com.acme/checkout/jsonschema/2-1-0"],
    [{ e: "ue", ue_pr: '{"a":1}', ue_na: "Old" }, "unstruct", null],
  ])("%j is of type %s and schema %s", (wire, eventType, schema) => {
    expect(shown(wire)).toMatchObject({ eventType, schema, event: { event: eventType } });
  });

  it.each<[Payload, Readonly<Record<string, unknown>>]>([
    [
      { pp_mix: "0", pp_may: "-5" },
      { pp_xoffset_min: 0, pp_yoffset_max: -5, pp_xoffset_max: null },
    ],
    [{ se_va: "1e-05" }, { se_value: 0.000_01 }],
    [
      { se_va: "null", ev_ca: "old", se_ca: "new" },
      { se_value: null, se_category: "new" },
    ],
    [
      { tr_tt: "10.50", tr_cu: "EUR", ti_qu: "2", ti_nm: "Mug" },
      { tr_total: 10.5, tr_currency: "EUR", ti_quantity: 2 },
    ],
    [
      { cookie: "1", f_pdf: "0" },
      { br_cookies: true, br_features_pdf: false, br_features_java: null },
    ],
    [
      { vp: "800x600", ds: "800x9000" },
      { br_viewwidth: 800, br_viewheight: 600, doc_height: 9000 },
    ],
    [{ ttm: "1795186000000" }, { true_tstamp: new Date(1_795_186_000_000).toISOString() }],
    [
      { url: "not a url", refr: "http://a.example" },
      { page_url: "not a url", page_urlhost: null, refr_urlport: 80 },
    ],
    [{ sid: "4C0F1D6C-0c65-4a0f-9c31-6d1ad1f4ad10", vid: "3" }, { domain_sessionidx: 3 }],
    [
      { cv: "ssc", uid: "" },
      { v_collector: "ssc", user_id: null },
    ],
  ])("%j fills %j", (wire, columns) => {
    expect(shown({ e: "pv", ...wire })).toMatchObject({ event: columns });
  });
});
