import { BlockList, isIP } from "node:net";
import { ipAddressOf } from "@oncewire/protocol";

/** Addresses and networks, such as `127.0.0.1` and `10.0.0.0/8`, of either version. */
export interface NetworkList {
  /** An IPv4 address that IPv6 carries (`::ffff:10.0.0.1`) counts as itself; what is no address is in no list. */
  has(address: string): boolean;
}

export const networksExpectation = 'a list of addresses and networks, such as "127.0.0.1" and "10.0.0.0/8"';

export function areNetworks(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string" && parseNetwork(entry) !== null);
}

export function createNetworkList(entries: readonly string[]): NetworkList {
  const list = new BlockList();
  for (const entry of entries) {
    const network = parseNetwork(entry);
    if (network !== null) list.addSubnet(network.address, network.bits, network.family);
  }
  return {
    has(address) {
      const plain = ipAddressOf(address, "keep");
      return plain !== undefined && list.check(plain, familyOf(plain));
    },
  };
}

interface Network {
  readonly address: string;
  readonly family: "ipv4" | "ipv6";
  readonly bits: number;
}

function parseNetwork(entry: string): Network | null {
  const [address = "", bitsText, ...rest] = entry.split("/");
  if (isIP(address) === 0 || rest.length > 0) return null;
  const family = familyOf(address);
  const most = family === "ipv4" ? 32 : 128;
  if (bitsText === undefined) return { address, family, bits: most };
  const isCount = /^\d{1,3}$/.test(bitsText) && Number(bitsText) <= most;
  return isCount ? { address, family, bits: Number(bitsText) } : null;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}
