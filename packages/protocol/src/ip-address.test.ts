import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipAddressOf, ipPolicies } from "./ip-address.js";

describe("A30: ipAddressOf", () => {
  it.each([
    ["134.122.17.144", "134.122.17.144", "134.122.17.0"],
    [" 192.0.2.1 ", "192.0.2.1", "192.0.2.0"],
    ["192.0.2.1:8080", "192.0.2.1", "192.0.2.0"],
    ["::ffff:192.0.2.1", "192.0.2.1", "192.0.2.0"],
    ["::FFFF:c000:201", "192.0.2.1", "192.0.2.0"],
    ["[::ffff:192.0.2.1]:443", "192.0.2.1", "192.0.2.0"],
    ["2001:db8::1", "2001:db8::1", "2001:db8::"],
    ["[2001:db8::1]:443", "2001:db8::1", "2001:db8::"],
    ["[2001:db8::1]", "2001:db8::1", "2001:db8::"],
    ["2001:0DB8:00aa:00bb:0000:0000:0000:0001", "2001:db8:aa:bb::1", "2001:db8:aa::"],
    ["2001:db8:10:0:5:0:0:1", "2001:db8:10:0:5::1", "2001:db8:10::"],
    ["fe80::1%eth0", "fe80::1", "fe80::"],
    ["[fe80::%eth0]:443", "fe80::", "fe80::"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221", "64:ff9b::"],
    ["::1", "::1", "::"],
  ])("reads %s", (text, kept, truncated) => {
    expect(ipAddressOf(text, "keep")).toBe(kept);
    expect(ipAddressOf(text, "truncate")).toBe(truncated);
    expect(ipAddressOf(text, "drop")).toBeUndefined();
  });

  it.each([
    "",
    "unknown",
    "_hidden",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "1.2.3.4:x",
    "::1::",
    "[::1",
    "g::",
  ])("takes %j for no address", (text) => {
    for (const policy of ipPolicies) expect(ipAddressOf(text, policy)).toBeUndefined();
  });

  it("keeps an address, and of a truncated one the network alone", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const kept = ipAddressOf(address, "keep") ?? "";
        const truncated = ipAddressOf(address, "truncate") ?? "";
        expect(isIP(kept)).toBeGreaterThan(0);
        expect(ipAddressOf(kept, "keep")).toBe(kept);
        expect(ipAddressOf(kept, "truncate")).toBe(truncated);
        expect(ipAddressOf(truncated, "truncate")).toBe(truncated);
      }),
    );
  });
});
