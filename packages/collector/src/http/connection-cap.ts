/** How many connections one address may hold open, so that no single client takes all there are. */
import type { Socket } from "node:net";
import { createNetworkList } from "../network-list.js";
import { networkOf } from "./rate-limiter.js";

export interface ConnectionCapOptions {
  /** Null is no limit. Of IPv6, one /64 network counts as one address. */
  readonly maxAddressConnections: number | null;
  /** Their connections are those of many clients, and are not counted. */
  readonly trustedProxies: readonly string[];
}

export interface ConnectionCap {
  /** Counts the connection until it closes; false for one too many, which is not counted. */
  admit(socket: Socket): boolean;
}

export function createConnectionCap({ maxAddressConnections, trustedProxies }: ConnectionCapOptions): ConnectionCap {
  if (maxAddressConnections === null) return { admit: () => true };
  const proxies = createNetworkList(trustedProxies);
  const open = new Map<string, number>();
  return {
    admit(socket) {
      const { remoteAddress } = socket;
      // Without an address it has ended already.
      if (remoteAddress === undefined || proxies.has(remoteAddress)) return true;
      const network = networkOf(remoteAddress);
      const count = open.get(network) ?? 0;
      if (count >= maxAddressConnections) return false;
      open.set(network, count + 1);
      socket.once("close", () => {
        const left = (open.get(network) ?? 1) - 1;
        if (left === 0) open.delete(network);
        else open.set(network, left);
      });
      return true;
    },
  };
}
