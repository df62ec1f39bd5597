/** Requests carried by a `fetch` of the caller's. */
import type { WireRequest } from "@oncewire/protocol";
import type { TransportNeeds } from "../../delivery/destination.js";
import type { Transport } from "../../transport/transport.js";
import { openHttpClientTransport, type HTTPFetchFn } from "../segment/http-client-transport.js";

export type CustomFetch = (request: Request) => Promise<Response>;

export interface FetchTransportOptions {
  readonly customFetch: CustomFetch;
  /** What every `Request` says beside what it carries. */
  readonly manners: Pick<RequestInit, "credentials" | "keepalive">;
}

export function openFetchTransport(
  { customFetch, manners }: FetchTransportOptions,
  url: URL,
  needs: TransportNeeds,
): Transport {
  const underWay = new Set<Transport>();
  return {
    send: async (request) => {
      const call: HTTPFetchFn = (address, init) => customFetch(requestOf(address, { ...manners, ...init }, request));
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

function requestOf(address: string, init: RequestInit, { method, query }: WireRequest): Request {
  if (method !== "GET") return new Request(address, init);
  const { body: _none, ...head } = init;
  return new Request(query === "" ? address : `${address}?${query}`, { ...head, method });
}
