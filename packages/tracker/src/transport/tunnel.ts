/**
 * Connections to an https address through an HTTP proxy: the proxy is asked for a tunnel (CONNECT), and through it TLS
 * is spoken with the target, whose certificate is checked as ever.
 */
import * as http from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import type { Runtime } from "../runtime.js";
import { hostOf, portOf, proxyHeaders } from "./proxy.js";

export interface TunnelOptions {
  readonly target: URL;
  readonly proxy: URL;
  readonly timeoutMs: number;
  readonly runtime: Runtime;
}

/** An agent whose connections are tunnels to the target, and what ends those that are being dug. */
export interface TunnelAgent {
  readonly agent: https.Agent;
  readonly abort: () => void;
}

export function createTunnelAgent(settings: https.AgentOptions, options: TunnelOptions): TunnelAgent {
  const agent = new https.Agent(settings);
  const asked = new Set<http.ClientRequest>();
  agent.createConnection = (connection, callback) => {
    const servername = connection.servername ?? hostOf(options.target);
    const request = openTunnel(options, (error, socket) => {
      asked.delete(request);
      if (socket === null) callback?.(error, noSocket);
      else callback?.(null, tls.connect({ ...tlsOptions(connection), socket, servername }));
    });
    asked.add(request);
    return undefined;
  };
  const abort = (): void => {
    for (const request of asked) request.destroy();
  };
  return { agent, abort };
}

/** Node reads the socket only where there is no error. */
const noSocket = undefined as unknown as Duplex;

/** What of a request is about TLS; where it goes is the tunnel's affair. */
function tlsOptions(connection: https.RequestOptions): tls.ConnectionOptions {
  const { host: _host, port: _port, path: _path, ...rest } = connection;
  return rest;
}

type Dug = (error: Error | null, socket: Duplex | null) => void;

function openTunnel({ target, proxy, timeoutMs, runtime }: TunnelOptions, done: Dug): http.ClientRequest {
  const authority = `${target.hostname}:${portOf(target)}`;
  const send = proxy.protocol === "https:" ? https.request : http.request;
  const request = send({
    hostname: hostOf(proxy),
    port: portOf(proxy),
    method: "CONNECT",
    path: authority,
    agent: false,
    headers: { host: authority, ...proxyHeaders(proxy) },
  });
  // Later than the deadline of the attempt that wants the tunnel, which has been told by then.
  const timer = runtime.after(2 * timeoutMs, () => request.destroy(new Error("the proxy did not answer in time")));
  let isDone = false;
  const finish: Dug = (error, socket) => {
    if (isDone) return;
    isDone = true;
    timer.cancel();
    done(error, socket);
  };
  request.on("connect", (response, socket) => {
    if (response.statusCode === 200) return finish(null, socket);
    socket.destroy();
    finish(new Error(`the proxy answered CONNECT with ${response.statusCode}`), null);
  });
  // Some proxies answer a CONNECT they refuse as if it were any other request.
  request.on("response", (response) => {
    response.destroy();
    finish(new Error(`the proxy answered CONNECT with ${response.statusCode}`), null);
  });
  request.on("error", (error) => finish(error, null));
  request.on("close", () => finish(new Error("the proxy closed the connection"), null));
  return request.end();
}
