/** Requests carried by an HTTP client of the caller's, as @segment/analytics-node lets them be. */
import type { WireRequest, WireResponse } from "@oncewire/protocol";
import type { TransportNeeds } from "../../delivery/destination.js";
import { networkFailure } from "../../transport/network-failure.js";
import type { Reply, Transport } from "../../transport/transport.js";

export interface HTTPClientRequest {
  readonly url: string;
  readonly method: "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds. */
  readonly httpRequestTimeout: number;
}

export interface HTTPResponse {
  readonly status: number;
  readonly statusText?: string | undefined;
  readonly headers?: object | undefined;
  text?(): Promise<string>;
}

export interface HTTPClient {
  makeRequest(request: HTTPClientRequest): Promise<HTTPResponse>;
}

/** `fetch`, or what can be called like it. */
export type HTTPFetchFn = (
  url: string,
  init: {
    readonly method: "POST";
    readonly headers: Record<string, string>;
    readonly body: string;
    readonly signal: AbortSignal;
  },
) => Promise<HTTPResponse>;

/** The original's own client: `fetch`, or what can be called like it, given up at the request's timeout. */
export class FetchHTTPClient implements HTTPClient {
  readonly #fetch: HTTPFetchFn;

  constructor(fetchFn: HTTPFetchFn = fetch) {
    this.#fetch = fetchFn;
  }

  makeRequest({ url, method, headers, body, httpRequestTimeout }: HTTPClientRequest): Promise<HTTPResponse> {
    return this.#fetch(url, { method, headers: { ...headers }, body, signal: AbortSignal.timeout(httpRequestTimeout) });
  }
}

const aborted: Reply = { kind: "failed", reason: "aborted", detail: "given up before an answer came" };
const late: Reply = { kind: "failed", reason: "timeout", detail: "no complete answer came in time" };

/** A client that never settles is given up at the deadline like any other. */
export function openHttpClientTransport(client: HTTPClient | HTTPFetchFn, url: URL, needs: TransportNeeds): Transport {
  const unanswered = new Set<AbortController>();
  const send = async (request: WireRequest): Promise<Reply> => {
    const abort = new AbortController();
    unanswered.add(abort);
    const timer = needs.runtime.after(needs.timeoutMs, () => abort.abort(late));
    const ended = new Promise<Reply>((resolve) => {
      abort.signal.addEventListener("abort", () => resolve(abort.signal.reason === late ? late : aborted));
    });
    try {
      return await Promise.race([
        ask(client, { request, url, timeoutMs: needs.timeoutMs, signal: abort.signal }),
        ended,
      ]);
    } finally {
      timer.cancel();
      unanswered.delete(abort);
    }
  };
  return {
    send,
    abort: () => {
      for (const each of unanswered) each.abort(aborted);
    },
  };
}

interface Asking {
  readonly request: WireRequest;
  readonly url: URL;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

async function ask(client: HTTPClient | HTTPFetchFn, { request, url, timeoutMs, signal }: Asking): Promise<Reply> {
  const address = url.origin + url.pathname.replace(/\/+$/, "") + request.path + url.search;
  const init = {
    method: "POST",
    headers: { ...request.headers },
    body: new TextDecoder().decode(request.body),
  } as const;
  try {
    const response = await (typeof client === "function"
      ? client(address, { ...init, signal })
      : client.makeRequest({ ...init, url: address, httpRequestTimeout: timeoutMs }));
    return { kind: "answered", response: await readResponse(response) };
  } catch (error) {
    // What fetch throws says why in its cause.
    return networkFailure(error instanceof Error && error.cause !== undefined ? error.cause : error);
  }
}

async function readResponse(response: HTTPResponse): Promise<WireResponse> {
  const text = response.text === undefined ? (response.statusText ?? "") : await response.text();
  return { status: response.status, headers: readHeaders(response.headers), body: new TextEncoder().encode(text) };
}

/** A `Headers`, or an object of names and values. */
function readHeaders(headers: object = {}): Readonly<Record<string, string>> {
  const entries: Iterable<readonly [string, unknown]> = isIterable(headers) ? headers : Object.entries(headers);
  return Object.fromEntries([...entries].map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function isIterable(value: object): value is Iterable<readonly [string, unknown]> {
  return Symbol.iterator in value;
}
