import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredEvent, StoredItem } from "../store/event-store.js";
import { itemJson } from "./live-item.js";

const maxBytes = 64 * 1024;

function storedEvent(fields: Partial<StoredEvent>): StoredEvent {
  const at = "2026-01-02T03:04:05.678Z";
  return {
    id: "e1",
    kind: "track",
    name: "Order Completed",
    userId: "ada",
    anonymousId: null,
    previousId: null,
    groupId: null,
    sessionId: null,
    occurredAt: at,
    properties: {},
    entities: [],
    context: {},
    protocol: "rudderstack",
    project: "shop",
    sentAt: at,
    receivedAt: at,
    time: at,
    library: null,
    wire: { type: "track" },
    position: 7,
    ...fields,
  };
}

function shown(item: StoredItem): Record<string, unknown> {
  const json = itemJson(item, maxBytes);
  expect(Buffer.byteLength(json)).toBeLessThanOrEqual(maxBytes);
  return JSON.parse(json);
}

describe("itemJson", () => {
  it("gives an event as it is stored", () => {
    const event = storedEvent({});
    expect(shown({ type: "event", event })).toEqual(event);
  });

  it("cuts only the wire where that is enough, and says so", () => {
    const properties = { note: "x".repeat(20_000) };
    const event = storedEvent({ properties, wire: { type: "track", properties, more: "y".repeat(80_000) } });
    const { truncated, wire, ...rest } = shown({ type: "event", event });
    const { wire: whole, ...others } = event;
    expect(truncated).toEqual(["wire"]);
    expect(JSON.stringify(whole).startsWith(String(wire))).toBe(true);
    expect(rest).toEqual(others);
  });

  it("cuts every long field where the wire is not enough", () => {
    const event = storedEvent({ name: "n".repeat(90_000), properties: { list: Array(50_000).fill(1) } });
    expect(shown({ type: "event", event })).toMatchObject({
      truncated: ["name", "properties"],
      id: "e1",
      userId: "ada",
    });
  });

  it("cuts the wire of a bad event that is text", () => {
    const bad = { id: "b1", protocol: "rudderstack", project: "p", receivedAt: "", code: "c", message: "m" } as const;
    const item = { type: "bad", bad: { ...bad, wire: "{".repeat(200_000), position: 1 } } as const;
    expect(shown(item)).toMatchObject({ ...bad, truncated: ["wire"] });
  });

  it("stays within the bound, and shortens no short field, whatever the long ones hold", () => {
    const long = fc.constantFrom("\u0000", '"', "\\", "é", "😀", "\ud800", "\u2028").map((unit) => unit.repeat(70_000));
    const longFields = fc.record({ name: long, userId: long, sessionId: long, wire: long }, { requiredKeys: [] });
    fc.assert(
      fc.property(longFields, (fields) => {
        const event = storedEvent(fields);
        const { truncated = [], ...rest } = shown({ type: "event", event });
        const cut = Object.entries(event).filter(([name, field]) => name in fields && rest[name] !== field);
        expect(truncated).toEqual(cut.map(([name]) => name));
        expect(rest).toMatchObject({ id: event.id, project: event.project, time: event.time, properties: {} });
      }),
      { numRuns: 60 },
    );
  });
});
