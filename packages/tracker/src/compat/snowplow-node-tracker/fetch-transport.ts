/** Requests carried by a `fetch` of the caller's. */
import type { WireRequest } from "@oncewire/protocol";
import type { TransportNeeds } from "../../delivery/destination.js";
import type { Transport } from "../../transport/transport.js";
import { openHttpClientTransport, type HTTPFetchFn } from "../segment/http-client-transport.js";

export type CustomFetch = (request: Request) => Promise<Response>;

export function openFetchTransport(customFetch: CustomFetch, url: URL, needs: TransportNeeds): Transport {
  const underWay = new Set<Transport>();
  return {
    send: async (request) => {
      const call: HTTPFetchFn = (address, init) => customFetch(requestOf(address, init, request));
      const transport = openHttpClientTransport(call, url, needs);
      underWay.add(transport);
      try {
        return await transport.send(request);
      } finally {
        underWay.delete(transport);
      }
    },
    abort: () => {
      for (const transport of underWay) transport.abort();
    },
  };
}

function requestOf(address: string, init: Parameters<HTTPFetchFn>[1], { method, query }: WireRequest): Request {
  const { headers, signal } = init;
  return method === "GET" ? new Request(`${address}?${query}`, { headers, signal }) : new Request(address, init);
}
