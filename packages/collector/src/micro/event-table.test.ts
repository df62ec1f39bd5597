import { describe, expect, it } from "vitest";
import type { StoredBadEvent } from "../store/event-store.js";
import { columnsOf, columnStats, eventsPage, timelineOf } from "./event-table.js";
import { flatBadEvent, flatGoodEvent } from "./flat-event.js";
import type { FlatEvent } from "./flat-event.js";
import { MicroRefusal } from "./micro-refusal.js";
import { readBuckets, readColumns, readTableQuery } from "./table-query.js";

const day = (seconds: number): string => new Date(Date.UTC(2026, 10, 20, 12, 0, seconds)).toISOString();

function row(seconds: number, columns: FlatEvent["columns"], isValid = true): FlatEvent {
  const receivedAt = day(seconds);
  return { isValid, receivedAtMs: Date.parse(receivedAt), columns: { collector_tstamp: receivedAt, ...columns } };
}

const rows: readonly FlatEvent[] = [
  row(30, { app_id: "shop", event_name: "page_view", se_value: null }),
  row(20, { app_id: "Blog", event_name: "event", se_value: 2.5, contexts_com_acme_user_1: [{ plan: "pro", age: 3 }] }),
  row(10, { app_id: null, event_name: "page_view", unstruct_event_com_acme_x_1: { a: 1 } }, false),
];

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const ask = (query: unknown): { events: { collector_tstamp: string }[]; totalPages: number; totalItems: number } =>
  eventsPage(rows, readTableQuery(bytes(query))) as never;
const seconds = (query: unknown): number[] =>
  ask(query).events.map(({ collector_tstamp }) => new Date(collector_tstamp).getUTCSeconds());

describe("a page of events", () => {
  it.each<[string, unknown, number[]]>([
    ["all, in their order", {}, [30, 20, 10]],
    [
      "those with one of the values, in any case",
      { filters: [{ column: "app_id", values: ["SHOP", "blog"] }] },
      [30, 20],
    ],
    ["those with the value, as was asked before 4.4", { filters: [{ column: "app_id", value: "blog" }] }, [20]],
    ["those with a number", { filters: [{ column: "se_value", values: ["2.5"] }] }, [20]],
    [
      "those that every filter lets through",
      {
        filters: [
          { column: "event_name", values: ["page_view"] },
          { column: "app_id", values: ["shop"] },
        ],
      },
      [30],
    ],
    ["none, for a column that is not there", { filters: [{ column: "nothing", values: [""] }] }, []],
    [
      "all, for a filter of a nested column",
      { filters: [{ column: "contexts_com_acme_user_1", values: ["x"] }] },
      [30, 20, 10],
    ],
    ["the valid ones", { validEvents: true }, [30, 20]],
    ["the failed ones", { validEvents: false }, [10]],
    ["both", { validEvents: null }, [30, 20, 10]],
    ["from a time on, until before another", { timeRange: { start: day(10), end: day(30) } }, [20, 10]],
    ["since a time in milliseconds", { timeRange: { start: Date.parse(day(20)) } }, [30, 20]],
    ["sorted, with nothing at the end", { sorting: { column: "app_id", desc: false } }, [20, 30, 10]],
    ["sorted the other way round", { sorting: { column: "app_id", desc: true } }, [10, 30, 20]],
    ["the second page", { page: 2, pageSize: 2 }, [10]],
    ["a page beyond the last", { page: 9, pageSize: 2 }, []],
  ])("has %s", (_, query, expected) => expect(seconds(query)).toEqual(expected));

  it("says how many there are, and on how many pages", () => {
    expect(ask({ pageSize: 2 })).toMatchObject({ totalPages: 2, totalItems: 3 });
    expect(ask({ filters: [{ column: "app_id", values: [] }] })).toEqual({ events: [], totalPages: 1, totalItems: 0 });
  });

  it.each([
    [{ filter: [] }, "`filter` is not a filter"],
    [{ filters: {} }, "`filters` must be a list"],
    [{ filters: [{ column: "a", values: [1] }] }, "`filters.values` must be a text"],
    [{ filters: [{ column: "a" }] }, "`filters.values` must be a text"],
    [{ filters: ["a"] }, "`filters` must hold objects"],
    [{ validEvents: "yes" }, "`validEvents` must be true, false or null"],
    [{ timeRange: { start: "yesterday" } }, "`timeRange.start` must be an ISO 8601 time"],
    [{ sorting: { column: "a", descending: true } }, "`descending` is not a filter"],
    [{ page: 0 }, "`page` must be an integer of 1 or more"],
  ])("refuses %j", (query, message) => {
    expect(() => readTableQuery(bytes(query))).toThrow(MicroRefusal);
    expect(() => readTableQuery(bytes(query))).toThrow(message);
  });
});

it("knows the columns that hold something, and the fields of those that are nested", () => {
  expect(columnsOf(rows)).toEqual([
    "app_id",
    "collector_tstamp",
    "contexts_com_acme_user_1",
    "contexts_com_acme_user_1.age",
    "contexts_com_acme_user_1.plan",
    "event_name",
    "se_value",
    "unstruct_event_com_acme_x_1",
    "unstruct_event_com_acme_x_1.a",
  ]);
});

it("says of a column whether it can be sorted and filtered by, and by which values if they are few", () => {
  const columns = readColumns(
    bytes({ columns: ["app_id", "collector_tstamp", "contexts_com_acme_user_1", "geo_city"] }),
  );
  const many = Array.from({ length: 21 }, (_, index) => row(0, { app_id: `app ${index}` }));
  expect(columnStats(rows, columns)).toEqual({
    app_id: { sortable: true, filterable: true, values: ["Blog", "shop"] },
    collector_tstamp: { sortable: true, filterable: false, values: null },
    contexts_com_acme_user_1: { sortable: false, filterable: false, values: null },
    geo_city: { sortable: true, filterable: true, values: [] },
  });
  expect(columnStats(many, ["app_id"])).toEqual({ app_id: { sortable: true, filterable: true, values: null } });
  expect(columnStats(many.slice(1), ["app_id"])).toMatchObject({ app_id: { values: { length: 20 } } });
});

it("counts good and bad events in each stretch of time, in the order they were asked for", () => {
  const buckets = [
    { start: day(20), end: day(40) },
    { start: day(0), end: day(20) },
    { start: day(50), end: day(60) },
  ];
  expect(timelineOf(rows, readBuckets(bytes({ buckets })))).toEqual({
    points: [
      { validEvents: 2, failedEvents: 0, bucket: buckets[0] },
      { validEvents: 0, failedEvents: 1, bucket: buckets[1] },
      { validEvents: 0, failedEvents: 0, bucket: buckets[2] },
    ],
  });
});

describe("a row", () => {
  const described = {
    event: { schema: "iglu:com.acme/checkoutStep/jsonschema/2-1-0", data: { step: 1 } },
    entities: [
      { schema: "iglu:com.acme/user/jsonschema/1-0-0", data: { plan: "pro" } },
      { schema: "iglu:com.acme/user/jsonschema/1-0-1", data: { plan: "free" } },
      { schema: "iglu:com.acme/tags/jsonschema/1-0-0", data: ["a"] },
    ],
  };
  const event = { id: "e1", receivedAt: day(5), time: day(4), context: {} };
  const payload = { e: "ue", aid: "shop" };

  it("has a column for an event's data, and a list for each model of its entities' schemas", () => {
    const { columns, isValid, receivedAtMs } = flatGoodEvent({ event, payload, described, type: null, schema: null });
    expect([isValid, receivedAtMs]).toEqual([true, Date.parse(day(5))]);
    expect(columns).toMatchObject({
      event_id: "e1",
      app_id: "shop",
      geo_city: null,
      unstruct_event_com_acme_checkout_step_2: { step: 1 },
      contexts_com_acme_user_1: [
        { _schema_version: "1-0-0", plan: "pro" },
        { _schema_version: "1-0-1", plan: "free" },
      ],
      contexts_com_acme_tags_1: [{ _schema_version: "1-0-0", data: ["a"] }],
    });
    for (const whole of ["contexts", "unstruct_event", "derived_contexts"]) expect(columns).not.toHaveProperty(whole);
  });

  const bad: StoredBadEvent = {
    id: "b1",
    protocol: "snowplow",
    project: "default",
    receivedAt: day(5),
    code: "wrong-format",
    message: "Expected a time.",
    wire: { e: "pv", aid: "shop", eid: "e2", dtm: "soon", res: "wide", ue_pr: "{" },
    position: 7,
  };

  it("of a bad event has what can be read of it, and why it is bad", () => {
    const { columns, isValid } = flatBadEvent(bad);
    expect(isValid).toBe(false);
    expect(columns).toMatchObject({
      event: "page_view",
      event_id: "e2",
      app_id: "shop",
      dvce_created_tstamp: null,
      contexts_com_snowplowanalytics_snowplow_failure_1: [
        {
          failureType: "wrong-format",
          errors: [{ message: "Expected a time." }],
          data: bad.wire,
          timestamp: day(5),
          componentName: "oncewire",
        },
      ],
    });
  });

  it("of a request that holds no event has its reason alone", () => {
    const { columns } = flatBadEvent({ ...bad, wire: "garbage" });
    expect(columns).toMatchObject({ event_id: null, app_id: null, collector_tstamp: day(5) });
  });
});
