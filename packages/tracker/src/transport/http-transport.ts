/**
 * HTTP/1.1 over kept-alive connections of its own. What it promises:
 * - one deadline for the whole attempt (name lookup, connection, upload, answer), on the monotonic clock;
 * - an answer that has reached this machine by then is an answer, also when the event loop stood still meanwhile;
 * - redirects are never followed, so neither events nor keys go where nobody sent them;
 * - of an answer at most 64 KiB are read, and nothing is unpacked;
 * - a kept-alive connection that turns out to be dead is replaced at once, which is not a failed attempt.
 */
import type { ClientRequest } from "node:http";
import type { WireRequest } from "@oncewire/protocol";
import type { Runtime } from "../runtime.js";
import { compress, type CompressOptions } from "./compress.js";
import { HttpExchange } from "./http-exchange.js";
import { Route } from "./route.js";
import type { Reply, Transport } from "./transport.js";

export interface HttpTransportOptions {
  /** Where requests go; their path is appended to its path. */
  readonly url: URL;
  /** Null goes straight. @default null */
  readonly proxy?: URL | null;
  readonly timeoutMs: number;
  readonly maxConnections: number;
  /** Null sends bodies as they are. */
  readonly gzip: CompressOptions | null;
  readonly runtime: Runtime;
}

const aborted: Reply = { kind: "failed", reason: "aborted", detail: "given up before an answer came" };

export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  readonly #route: Pick<Route, "open" | "abort">;
  /**
   * Those under way, in no order. No Set: the tables that V8 leaves behind as its members come and go point to their
   * successors, so once an old one is promoted, every exchange outlives its answer, with all that it was made of.
   */
  readonly #exchanges: HttpExchange[] = [];
  /** Changes with every `abort`, so that a request which was still being compressed then is not sent after it. */
  #era = 0;

  /** @param route the connections; tests pass their own. */
  constructor(options: HttpTransportOptions, route: Pick<Route, "open" | "abort"> = new Route(options)) {
    this.#options = options;
    this.#route = route;
  }

  async send(request: WireRequest): Promise<Reply> {
    const { runtime, timeoutMs, gzip } = this.#options;
    const era = this.#era;
    const deadlineMs = runtime.monotonicMs() + timeoutMs;
    const packed = gzip === null ? request : await compress(request, gzip);
    for (;;) {
      if (era !== this.#era) return aborted;
      const exchange = new HttpExchange(() => this.#open(packed), packed.body, runtime);
      this.#exchanges.push(exchange);
      const reply = await exchange.run(deadlineMs - runtime.monotonicMs());
      this.#exchanges.splice(this.#exchanges.indexOf(exchange), 1);
      // Ends: every round removes a dead connection from the pool, and only reused ones come back here.
      if (reply.kind !== "stale") return reply;
    }
  }

  abort(): void {
    this.#era += 1;
    for (const exchange of this.#exchanges) exchange.end(aborted);
    this.#route.abort();
  }

  #open(request: WireRequest): ClientRequest {
    const { url } = this.#options;
    const query = request.query === "" ? url.search : `?${request.query}`;
    return this.#route.open({
      method: request.method,
      path: url.pathname.replace(/\/+$/, "") + request.path + query,
      headers: { ...request.headers, "content-length": request.body.byteLength },
    });
  }
}
