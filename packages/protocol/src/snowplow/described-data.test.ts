/** Data and its schema: handed to whoever checks it, as it came, and read again from a stored event. */
import { describe, expect, it } from "vitest";
import type { Decoded } from "../decoded.js";
import type { Entity } from "../event.js";
import { createSnowplowReceiver, readDescribed } from "./index.js";
import type { DataCheck } from "./index.js";

const arrival = {
  route: "tracker",
  project: "default",
  receivedAtMs: Date.parse("2026-11-20T12:00:00.000Z"),
  remoteAddress: "192.0.2.7",
  requestId: "4c0f1d6c-0c65-4a0f-9c31-6d1ad1f4ad10",
};
const snowplow = (name: string, version = "1-0-0"): string =>
  `iglu:com.snowplowanalytics.snowplow/${name}/jsonschema/${version}`;
const base = { p: "srv", tv: "py-1.1.0" };

function event(schema: string, data: unknown): object {
  return { ...base, e: "ue", ue_pr: JSON.stringify({ schema: snowplow("unstruct_event"), data: { schema, data } }) };
}

function withEntities(payload: object, entities: readonly Entity[]): object {
  return { ...payload, co: JSON.stringify({ schema: snowplow("contexts", "1-0-1"), data: entities }) };
}

function decode(events: readonly object[], checkData: DataCheck): Decoded {
  const body = Buffer.from(JSON.stringify({ schema: snowplow("payload_data", "1-0-4"), data: events }));
  const path = "/com.snowplowanalytics.snowplow/tp2";
  const request = { method: "POST", path, query: "", headers: {}, body };
  return createSnowplowReceiver({ checkData }).decode(request, arrival);
}

const acme = (name: string): string => `iglu:com.acme/${name}/jsonschema/1-0-0`;
const refuseB: DataCheck = ({ schema }) =>
  schema === acme("b") ? { code: "schema-violation", message: "Expected an a, got a b." } : null;

describe("checking data", () => {
  it("is asked for an event's data as it came, and then for each entity's", () => {
    const asked: Entity[] = [];
    const entities = [
      { schema: acme("user"), data: { plan: "pro" } },
      { schema: "iglu:io.github.oncewire/context/jsonschema/1-0-0", data: { groupId: "g" } },
    ];
    const { events } = decode(
      [
        withEntities(event(snowplow("screen_view"), { name: "Home", id: "1" }), entities),
        event(acme("list"), [1, 2]),
        { ...base, e: "pv" },
      ],
      (described) => {
        asked.push(described);
        return null;
      },
    );
    expect(events).toHaveLength(3);
    expect(asked).toEqual([
      { schema: snowplow("screen_view"), data: { name: "Home", id: "1" } },
      ...entities,
      { schema: acme("list"), data: [1, 2] },
    ]);
  });

  it.each([
    ["an event", event(acme("b"), {})],
    ["an entity of a page view", withEntities({ ...base, e: "pv" }, [{ schema: acme("b"), data: {} }])],
    [
      "the second entity of an event",
      withEntities(
        event(acme("a"), {}),
        [acme("a"), acme("b")].map((schema) => ({ schema, data: {} })),
      ),
    ],
  ])("costs the event of %s, and none of its neighbours", (_what, wrong) => {
    const { events, bad, reply } = decode([event(acme("a"), {}), wrong, { ...base, e: "pv" }], refuseB);
    expect(events.map(({ kind }) => kind)).toEqual(["self-describing", "page"]);
    expect(bad).toMatchObject([{ code: "schema-violation", message: "Expected an a, got a b.", wire: wrong }]);
    expect(reply.status).toBe(200);
  });
});

describe("what a stored event was described by", () => {
  it("is read from its wire: an event's data and all entities", () => {
    const entities = [{ schema: "iglu:io.github.oncewire/context/jsonschema/1-0-0", data: { groupId: "g" } }];
    const [stored] = decode(
      [withEntities(event(snowplow("screen_view"), { name: "Home" }), entities)],
      () => null,
    ).events;
    expect(stored?.entities).toEqual([]);
    expect(readDescribed(stored?.wire ?? null)).toEqual({
      event: { schema: snowplow("screen_view"), data: { name: "Home" } },
      entities,
    });
  });

  it.each([null, "a text", [], {}, { e: "pv" }, { e: "ue", ue_pr: "{" }, { e: "ue", co: "{" }])(
    "is nothing in %j",
    (wire) => {
      expect(readDescribed(wire)).toEqual({ event: null, entities: [] });
    },
  );
});
