/** How many connections one address may hold open, so that no single client takes all there are. */
import { createNetworkList } from "../network-list.js";
import { networkOf } from "./rate-limiter.js";

export interface ConnectionCapOptions {
  /** Null is no limit. Of IPv6, one /64 network counts as one address. */
  readonly maxAddressConnections: number | null;
  /** Their connections are those of many clients, and are not counted. */
  readonly trustedProxies: readonly string[];
}

export interface ConnectionCap {
  /** Counts a connection from that address until what it gives is called, once; null for one too many. */
  admit(remoteAddress: string | undefined): (() => void) | null;
}

const notCounted = (): void => {};

export function createConnectionCap({ maxAddressConnections, trustedProxies }: ConnectionCapOptions): ConnectionCap {
  if (maxAddressConnections === null) return { admit: () => notCounted };
  const proxies = createNetworkList(trustedProxies);
  const open = new Map<string, number>();
  return {
    admit(remoteAddress) {
      // Without an address it has ended already.
      if (remoteAddress === undefined || proxies.has(remoteAddress)) return notCounted;
      const network = networkOf(remoteAddress);
      const count = open.get(network) ?? 0;
      if (count >= maxAddressConnections) return null;
      open.set(network, count + 1);
      return () => {
        const left = (open.get(network) ?? 1) - 1;
        if (left === 0) open.delete(network);
        else open.set(network, left);
      };
    },
  };
}
