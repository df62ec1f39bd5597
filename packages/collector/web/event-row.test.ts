import { describe, expect, it } from "vitest";
import { eventRow, rowFilter } from "./event-row.js";
import type { JsonObject } from "./json-value.js";

const event: JsonObject = {
  id: "e-1",
  kind: "track",
  name: "Order Completed",
  userId: "Ada",
  anonymousId: "anon-7",
  project: "shop",
  time: "2026-01-02T03:04:05.678Z",
  properties: { coupon: "SPRING", items: [{ sku: "tea-01", price: 12.5 }], gift: true },
  wire: { type: "track", secretField: "on the wire" },
};
const bad: JsonObject = { id: "b-1", project: "shop", receivedAt: "t", code: "no-identity", message: "expected an id" };

function matches(text: string, value: JsonObject = event): boolean {
  return rowFilter(text)?.(eventRow("event", value)) ?? true;
}

describe("eventRow", () => {
  it("prefers the user id and marks an anonymous one", () => {
    expect(eventRow("event", event)).toMatchObject({ user: "Ada", anonymous: false });
    expect(eventRow("event", { ...event, userId: null })).toMatchObject({ user: "anon-7", anonymous: true });
  });

  it("gives a bad event its reason for a name", () => {
    const row = eventRow("bad", bad);
    expect(row).toMatchObject({ kind: "bad", name: "no-identity: expected an id", project: "shop", time: "t" });
  });

  it("takes whatever comes for its fields", () => {
    const row = eventRow("event", { kind: 7, name: { a: 1 }, userId: [1], time: true });
    expect(row).toMatchObject({ kind: "7", name: '{"a":1}', user: "[1]", time: "true", project: "" });
  });

  it("keeps cells short, however long a name is", () => {
    expect(eventRow("event", { name: "x".repeat(60_000) }).name).toHaveLength(300);
  });
});

describe("rowFilter", () => {
  it.each(["order", "ORDER comp", "spring", "tea-01", "12.5", "true", "coupon", "e-1", "shop", "03:04", "on the wire"])(
    "finds an event by %j",
    (text) => expect(matches(text)).toBe(true),
  );

  it.each(["refund", "order refund", "userId", "secretField", "bad"])("does not find it by %j", (text) => {
    expect(matches(text)).toBe(false);
  });

  it("finds bad events by their reason and by the word bad", () => {
    const row = eventRow("bad", bad);
    expect(rowFilter("bad identity")?.(row)).toBe(true);
  });

  it("is none for a filter without words", () => {
    expect([rowFilter(""), rowFilter("  \t ")]).toEqual([null, null]);
  });

  it("looks through what is nested thousands of levels deep, or hundreds of thousands of values wide", () => {
    const deep: JsonObject = JSON.parse(`${'{"a":'.repeat(5_000)}"needle"${"}".repeat(5_000)}`);
    expect(matches("needle", { properties: deep })).toBe(true);
    expect(matches("needle", { properties: { list: [...Array(200_000).fill(1), "needle"] } })).toBe(true);
  });
});
