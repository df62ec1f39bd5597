/**
 * Whose request it is. A proxy says in a header for whom it asks, and anybody can send that header: it is believed only
 * from addresses that the operator trusts. From the connection on, each trusted one names the one before it; the first
 * that is not trusted is the client, whatever it claims itself.
 */
import { ipAddressOf } from "@oncewire/protocol";
import type { RequestHead } from "@oncewire/protocol";
import { createNetworkList } from "../network-list.js";

/** The address of the client, for a request that came from `connectionAddress`. */
export type ClientAddress = (head: RequestHead, connectionAddress: string) => string;

export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  if (trustedProxies.length === 0) return (_head, connectionAddress) => connectionAddress;
  const trusted = createNetworkList(trustedProxies);
  return (head, connectionAddress) => {
    if (!trusted.has(connectionAddress)) return connectionAddress;
    let client = connectionAddress;
    for (const named of namedIn(head).toReversed()) {
      const address = ipAddressOf(named, "keep");
      // A proxy may hide whom it asks for: then it is all that is known.
      if (address === undefined) return client;
      client = address;
      if (!trusted.has(client)) return client;
    }
    return client;
  };
}

/** From the first to the last hop: `X-Forwarded-For`, and where there is none, `Forwarded` (RFC 7239). */
function namedIn({ headers }: RequestHead): readonly string[] {
  const list = headers["x-forwarded-for"];
  if (list !== undefined) return list.split(",");
  const hops = headers["forwarded"]?.split(",") ?? [];
  return hops.map((hop) => /(?:^|;)\s*for\s*=\s*"?([^";]*)/i.exec(hop)?.[1] ?? "");
}
