import { describe, expect, it } from "vitest";
import { createClientAddress } from "./client-address.js";

const addressOf = (
  headers: Record<string, string>,
  connection: string,
  trusted = ["127.0.0.1", "10.0.0.0/8"],
): string => createClientAddress(trusted)({ method: "POST", path: "/", query: "", headers }, connection);

const forwardedFor = (value: string): Record<string, string> => ({ "x-forwarded-for": value });

describe("the address of a client", () => {
  it.each([
    ["believes no header without trusted proxies", forwardedFor("203.0.113.7"), "127.0.0.1", [], "127.0.0.1"],
    ["believes no stranger", forwardedFor("203.0.113.7"), "198.51.100.2", undefined, "198.51.100.2"],
    ["believes a trusted proxy", forwardedFor("203.0.113.7"), "127.0.0.1", undefined, "203.0.113.7"],
    ["believes it over a mapped address", forwardedFor("203.0.113.7"), "::ffff:127.0.0.1", undefined, "203.0.113.7"],
    [
      "goes through several of them",
      forwardedFor("203.0.113.7, 10.1.1.1,10.2.2.2"),
      "127.0.0.1",
      undefined,
      "203.0.113.7",
    ],
    [
      "ends at the first stranger",
      forwardedFor("1.1.1.1, 203.0.113.7, 10.1.1.1"),
      "127.0.0.1",
      undefined,
      "203.0.113.7",
    ],
    ["takes no word of a client", forwardedFor("127.0.0.1, 203.0.113.7"), "10.1.1.1", undefined, "203.0.113.7"],
    ["leaves out a port", forwardedFor("203.0.113.7:51234"), "127.0.0.1", undefined, "203.0.113.7"],
    ["writes IPv6 in its short form", forwardedFor("[2001:DB8:0:0::7]:443"), "127.0.0.1", undefined, "2001:db8::7"],
    ["is the proxy's where it names nobody", {}, "127.0.0.1", undefined, "127.0.0.1"],
    ["is the proxy's where it hides whom it asks for", forwardedFor("unknown"), "10.0.0.9", undefined, "10.0.0.9"],
    ["is the last that is known", forwardedFor("203.0.113.7, nobody, 10.1.1.1"), "127.0.0.1", undefined, "10.1.1.1"],
    ["is the first where all are trusted", forwardedFor("10.3.3.3, 10.1.1.1"), "127.0.0.1", undefined, "10.3.3.3"],
  ])("%s", (_what, headers, connection, trusted, expected) => {
    expect(addressOf(headers, connection, trusted)).toBe(expected);
  });

  it.each([
    ["for=203.0.113.7", "203.0.113.7"],
    ['For="[2001:db8:cafe::17]:4711";proto=https;by=10.0.0.1', "2001:db8:cafe::17"],
    ["proto=http; for=203.0.113.7:80, for=10.1.1.1", "203.0.113.7"],
    ["for=203.0.113.7, proto=https", "127.0.0.1"],
    ["for=_hidden", "127.0.0.1"],
    ["by=203.0.113.7", "127.0.0.1"],
  ])("is read from Forwarded: %s", (forwarded, expected) => {
    expect(addressOf({ forwarded }, "127.0.0.1")).toBe(expected);
  });

  it("is read from X-Forwarded-For where both are there", () => {
    expect(addressOf({ ...forwardedFor("203.0.113.7"), forwarded: "for=198.51.100.1" }, "127.0.0.1")).toBe(
      "203.0.113.7",
    );
  });
});
