import type { RequestHead } from "@oncewire/protocol";
import { describe, expect, it } from "vitest";
import { createReadAccess } from "./access.js";

const secretKey = "a-secret-of-the-operator";

function head(headers: Record<string, string>): RequestHead {
  return { method: "GET", path: "/api/events", query: "", headers: { host: "127.0.0.1:4600", ...headers } };
}

function status(options: { secretKey: string | null }, headers: Record<string, string>, remote = "127.0.0.1"): number {
  const access = createReadAccess({
    host: "127.0.0.1",
    allowedHosts: ["events.example.com"],
    trustedProxies: ["10.0.0.0/8"],
    ...options,
  });
  return access.refuse(head(headers), remote)?.status ?? 200;
}

describe("reading without a secret key", () => {
  it.each([
    ["from this machine", {}, "127.0.0.1", 200],
    ["from this machine over a mapped address", {}, "::ffff:127.0.0.1", 200],
    ["from another machine", {}, "10.0.0.7", 403],
    ["from another machine, by way of a proxy on this one", { "x-forwarded-for": "203.0.113.7" }, "127.0.0.1", 200],
    ["from this machine, by way of a trusted proxy", { "x-forwarded-for": "127.0.0.1" }, "10.0.0.7", 200],
    [
      "from another machine, by way of a trusted proxy",
      { "x-forwarded-for": "127.0.0.1, 203.0.113.7" },
      "10.0.0.7",
      403,
    ],
    ["under localhost", { host: "localhost:4600" }, "127.0.0.1", 200],
    ["under an IPv6 loopback", { host: "[::1]:4600" }, "::1", 200],
    ["under an allowed name", { host: "Events.Example.com" }, "127.0.0.1", 200],
    ["under a name that was rebound to us", { host: "attacker.example:4600" }, "127.0.0.1", 421],
    ["without a name", { host: "" }, "127.0.0.1", 421],
    ["from another site's script", { origin: "https://attacker.example" }, "127.0.0.1", 403],
    ["from another site's image", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }, "127.0.0.1", 403],
    ["by a link on another site", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, "127.0.0.1", 200],
    ["from an opaque origin", { origin: "null" }, "127.0.0.1", 403],
    ["from the page itself", { origin: "http://127.0.0.1:4600", "sec-fetch-site": "same-origin" }, "127.0.0.1", 200],
  ])("%s", (_from, headers, remote, expected) => {
    expect(status({ secretKey: null }, headers as Record<string, string>, remote)).toBe(expected);
  });
});

describe("reading with a secret key", () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

  it.each([
    ["no credentials", undefined, 401],
    ["the key as a bearer token", `Bearer ${secretKey}`, 200],
    ["the key as a password", basic(`anyone:${secretKey}`), 200],
    ["the key with a lower-case scheme", `bearer ${secretKey}`, 200],
    ["another key", "Bearer wk_live_1", 401],
    ["the key as a user name", basic(`${secretKey}:`), 401],
    ["half of the key", `Bearer ${secretKey.slice(0, 10)}`, 401],
    ["an empty token", "Bearer ", 401],
    ["another scheme", `Digest ${secretKey}`, 401],
  ])("%s", (_what, authorization, expected) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    expect(status({ secretKey }, headers)).toBe(expected);
    expect(status({ secretKey }, headers, "10.0.0.7")).toBe(expected);
  });
});
