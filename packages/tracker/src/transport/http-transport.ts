/**
 * HTTP/1.1 over kept-alive connections of its own. What it promises:
 * - one deadline for the whole attempt (name lookup, connection, upload, answer), on the monotonic clock;
 * - an answer that has reached this machine by then is an answer, also when the event loop stood still meanwhile;
 * - redirects are never followed, so neither events nor keys go where nobody sent them;
 * - of an answer at most 64 KiB are read, and nothing is unpacked;
 * - a kept-alive connection that turns out to be dead is replaced at once, which is not a failed attempt.
 */
import * as http from "node:http";
import * as https from "node:https";
import type { WireRequest } from "@oncewire/protocol";
import type { Runtime } from "../runtime.js";
import { compress, type CompressOptions } from "./compress.js";
import { HttpExchange } from "./http-exchange.js";
import type { Reply, Transport } from "./transport.js";

export interface HttpTransportOptions {
  /** Where requests go; their path is appended to its path. */
  readonly url: URL;
  readonly timeoutMs: number;
  readonly maxConnections: number;
  /** Null sends bodies as they are. */
  readonly gzip: CompressOptions | null;
  readonly runtime: Runtime;
}

const aborted: Reply = { kind: "failed", reason: "aborted", detail: "given up before an answer came" };

export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  readonly #agent: http.Agent;
  readonly #exchanges = new Set<HttpExchange>();
  /** Changes with every `abort`, so that a request which was still being compressed then is not sent after it. */
  #era = 0;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    const settings = { keepAlive: true, maxSockets: options.maxConnections, scheduling: "lifo" } as const;
    this.#agent = options.url.protocol === "https:" ? new https.Agent(settings) : new http.Agent(settings);
  }

  async send(request: WireRequest): Promise<Reply> {
    const { runtime, timeoutMs, gzip } = this.#options;
    const era = this.#era;
    const deadlineMs = runtime.monotonicMs() + timeoutMs;
    const packed = gzip === null ? request : await compress(request, gzip);
    for (;;) {
      if (era !== this.#era) return aborted;
      const exchange = new HttpExchange(() => this.#open(packed), packed.body, runtime);
      this.#exchanges.add(exchange);
      const reply = await exchange.run(deadlineMs - runtime.monotonicMs());
      this.#exchanges.delete(exchange);
      // Ends: every round removes a dead connection from the pool, and only reused ones come back here.
      if (reply.kind !== "stale") return reply;
    }
  }

  abort(): void {
    this.#era += 1;
    for (const exchange of this.#exchanges) exchange.end(aborted);
    this.#agent.destroy();
  }

  #open(request: WireRequest): http.ClientRequest {
    const { url } = this.#options;
    const query = request.query === "" ? url.search : `?${request.query}`;
    const send = url.protocol === "https:" ? https.request : http.request;
    return send({
      agent: this.#agent,
      protocol: url.protocol,
      // An IPv6 address stands in brackets in a URL, and without them everywhere else.
      hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: url.port,
      method: request.method,
      path: url.pathname.replace(/\/+$/, "") + request.path + query,
      headers: { ...request.headers, "content-length": request.body.byteLength },
    });
  }
}
