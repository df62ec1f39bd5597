/** The way requests take to their target: straight, by asking a proxy for it, or through a tunnel. */
import * as http from "node:http";
import * as https from "node:https";
import type { Runtime } from "../runtime.js";
import { hostOf, portOf, proxyHeaders } from "./proxy.js";
import { createTunnelAgent } from "./tunnel.js";

export interface RouteOptions {
  readonly url: URL;
  /** Null goes straight. @default null */
  readonly proxy?: URL | null;
  readonly timeoutMs: number;
  readonly maxConnections: number;
  readonly runtime: Runtime;
}

export interface RoutedRequest {
  readonly method: string;
  /** With the query; begins with a slash. */
  readonly path: string;
  readonly headers: http.OutgoingHttpHeaders;
}

export class Route {
  readonly #agent: http.Agent;
  readonly #abortTunnels: () => void;
  /** Who is spoken to: the target, or a proxy that is asked for it by its full address. */
  readonly #peer: URL;
  readonly #origin: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, proxy = null, timeoutMs, maxConnections, runtime }: RouteOptions) {
    const settings = { keepAlive: true, maxSockets: maxConnections, scheduling: "lifo" } as const;
    const asked = proxy !== null && url.protocol === "http:" ? proxy : null;
    this.#peer = asked ?? url;
    this.#origin = asked === null ? "" : url.origin;
    this.#headers = asked === null ? {} : { host: url.host, ...proxyHeaders(asked) };
    if (proxy !== null && asked === null) {
      const { agent, abort } = createTunnelAgent(settings, { target: url, proxy, timeoutMs, runtime });
      this.#agent = agent;
      this.#abortTunnels = abort;
    } else {
      this.#agent = this.#peer.protocol === "https:" ? new https.Agent(settings) : new http.Agent(settings);
      this.#abortTunnels = () => undefined;
    }
  }

  open(request: RoutedRequest): http.ClientRequest {
    const send = this.#peer.protocol === "https:" ? https.request : http.request;
    return send({
      agent: this.#agent,
      protocol: this.#peer.protocol,
      hostname: hostOf(this.#peer),
      port: portOf(this.#peer),
      method: request.method,
      path: this.#origin + request.path,
      headers: { ...request.headers, ...this.#headers },
    });
  }

  /** Ends idle connections and those that are being made; more may be opened. */
  abort(): void {
    this.#abortTunnels();
    this.#agent.destroy();
  }
}
