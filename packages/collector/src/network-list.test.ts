import { describe, expect, it } from "vitest";
import { areNetworks, createNetworkList } from "./network-list.js";

describe("a list of networks", () => {
  const list = createNetworkList(["127.0.0.1", "10.0.0.0/8", "2001:db8::/32", "::1"]);

  it.each([
    ["an address of its own", "127.0.0.1", true],
    ["the address beside it", "127.0.0.2", false],
    ["the first of a network", "10.0.0.0", true],
    ["the last of a network", "10.255.255.255", true],
    ["the one after a network", "11.0.0.0", false],
    ["an IPv4 address carried by IPv6", "::ffff:10.1.2.3", true],
    ["an IPv6 address in a network", "2001:db8:1::7", true],
    ["an IPv6 address outside", "2001:db9::7", false],
    ["a long spelling", "0:0:0:0:0:0:0:1", true],
    ["a zone", "::1%lo", true],
    ["no address", "localhost", false],
    ["nothing", "", false],
  ])("has what belongs to it: %s", (_what, address, expected) => {
    expect(list.has(address)).toBe(expected);
  });

  it.each([["10.0.0.0/33"], ["10.0.0.0/"], ["10.0.0/8"], ["::/129"], ["10.0.0.0/8/8"], ["proxy.example"], [""], [7]])(
    "is not made of %j",
    (entry) => {
      expect(areNetworks(["127.0.0.1", entry])).toBe(false);
    },
  );

  it("is made of addresses and networks of both versions", () => {
    expect([areNetworks(["10.0.0.0/8", "::1", "fd00::/8", "0.0.0.0/0"]), areNetworks([]), areNetworks("::1")]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
