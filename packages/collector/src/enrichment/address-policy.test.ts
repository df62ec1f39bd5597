import { describe, expect, it } from "vitest";
import type { BadEvent, JsonObject } from "@oncewire/protocol";
import { withoutAddresses } from "./address-policy.js";
import { eventWith } from "./canonical-event.fixture.js";

const wrappedIn = (value: JsonObject): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const event = eventWith(
  { ip: "203.0.113.77", request_ip: "10.1.2.3", os: { version: "203.0.113.7" }, page: { url: "/?from=203.0.113.77" } },
  {
    userId: "203.0.113.77",
    properties: { ip: "2001:db8:1:2::5", version: "1.2.3.4", amounts: [1, "at 10.1.2.3:80."] },
    wire: {
      ip: "203.0.113.77, 10.1.2.3",
      context: { ip: "203.0.113.77" },
      cx: wrappedIn({ data: [{ data: { context: { ip: "203.0.113.77" } } }] }),
    },
  },
);

describe("the address policy", () => {
  it("keeps the very same event where addresses are kept, and where there are none", () => {
    expect(withoutAddresses(event, "keep")).toBe(event);
    const without = eventWith({ os: { version: "1.2.3.4" } });
    expect(withoutAddresses(without, "drop")).toBe(without);
  });

  it("truncates addresses wherever the event has them, and nothing that only looks like one", () => {
    expect(withoutAddresses(event, "truncate")).toEqual({
      ...event,
      context: {
        ip: "203.0.113.0",
        request_ip: "10.1.2.0",
        os: { version: "203.0.113.7" },
        page: { url: "/?from=203.0.113.0" },
      },
      properties: { ip: "2001:db8:1::", version: "1.2.3.4", amounts: [1, "at 10.1.2.0:80."] },
      wire: {
        ip: "203.0.113.0, 10.1.2.0",
        context: { ip: "203.0.113.0" },
        cx: wrappedIn({ data: [{ data: { context: { ip: "203.0.113.0" } } }] }),
      },
    });
  });

  it("drops the fields of addresses, and addresses in other texts", () => {
    const dropped = withoutAddresses(event, "drop");
    expect(dropped.context).toEqual({ os: { version: "203.0.113.7" }, page: { url: "/?from=" } });
    expect(dropped.properties).toEqual({ version: "1.2.3.4", amounts: [1, "at :80."] });
    expect(JSON.stringify(dropped.wire)).not.toContain("113.77");
    expect(dropped.wire).toMatchObject({ cx: wrappedIn({ data: [{ data: { context: { ip: "" } } }] }) });
  });

  it.each([
    ["203.0.113.9", "203.0.113.97 1203.0.113.9 1.203.0.113.9 203.0.113.9.1", "at 203.0.113.9.", "at 203.0.113.0."],
    ["2001:db8::5", "2001:db8::52 a2001:db8::5 2001:db8::5:1", "[2001:DB8::5]:443", "[2001:db8::]:443"],
  ])("knows %s alone, and not within a longer one", (ip, longer, text, truncated) => {
    const properties = { longer, text };
    expect(withoutAddresses(eventWith({ ip }, { properties }), "truncate").properties).toEqual({
      longer,
      text: truncated,
    });
  });

  it("masks every field, however many addresses somebody puts there", () => {
    const many = Array.from({ length: 200_000 }, (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);
    const hostile = eventWith({ ip: many.join(","), more: many.slice(0, 1_000).map((ip) => ({ ip })) });
    expect(withoutAddresses(hostile, "drop").context).toEqual({ more: Array.from({ length: 1_000 }, () => ({})) });
    expect(JSON.stringify(withoutAddresses(hostile, "truncate"))).not.toMatch(/10\.\d+\.\d+\.[1-9]/);
  });

  it("lets a field go that is said to hold an address and holds another text", () => {
    expect(withoutAddresses(eventWith({ ip: "unknown" }), "truncate").context).toEqual({});
    expect(withoutAddresses(eventWith({ ip: { v: 1 } }), "drop").context).toEqual({ ip: { v: 1 } });
  });

  it("holds for what is kept of a bad event", () => {
    const bad: BadEvent = {
      id: "b",
      protocol: "rudderstack",
      project: "default",
      receivedAt: "2026-04-08T12:00:00.000Z",
      code: "no-identity",
      message: "Expected a userId, got none from 203.0.113.77.",
      wire: { context: { ip: "203.0.113.77" } },
    };
    expect(withoutAddresses(bad, "truncate")).toEqual({
      ...bad,
      message: "Expected a userId, got none from 203.0.113.0.",
      wire: { context: { ip: "203.0.113.0" } },
    });
  });
});
