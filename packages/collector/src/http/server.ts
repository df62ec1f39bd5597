import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import { CollectorError } from "../errors.js";
import type { CutReason } from "../report.js";
import type { Runtime } from "../runtime.js";
import type { Handler } from "./router.js";
import { keepPace } from "./body-pace.js";
import type { BodyPaceOptions } from "./body-pace.js";
import { endBroken } from "./broken-connection.js";
import { createLastAnswers } from "./last-answers.js";
import { createLingering } from "./lingering.js";
import type { Lingering } from "./lingering.js";
import { createConnectionCap } from "./connection-cap.js";
import { OpenConnections } from "./open-connections.js";
import type { ConnectionCapOptions } from "./connection-cap.js";
import { send, textReply } from "./reply.js";
import { maxHeaders } from "./request-head.js";

export interface HttpServer {
  /** Where it listens: `http://127.0.0.1:4600`. */
  readonly url: string;
  /** Takes no new connection, lets requests in progress end, and after `timeoutMs` ends their connections. */
  close(timeoutMs: number): Promise<void>;
  /** Resolves when no more connections are open than `listeners` says: those that wait for the server to have its last word. */
  leftWith(listeners: () => number): Promise<void>;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface HttpServerOptions extends ConnectionOptions, ConnectionCapOptions, BodyPaceOptions, ListenAddress {}

/** How connections are served, wherever they come from. */
export interface ConnectionOptions {
  readonly requestTimeoutMs: number;
  readonly maxConnections: number;
  /** A connection on which nothing has moved for so long, in either direction, is ended. */
  readonly idleTimeoutMs?: number;
  readonly handler: Handler;
  /** Told of a connection that is ended by a limit. */
  readonly onCut: (reason: CutReason) => void;
  /** Told of an error that no handler should have let through. */
  readonly onError: (error: unknown) => void;
}

/** RudderStack's gateway takes 512 KiB of headers; nothing that tracks events comes near this. */
const maxHeaderBytes = 64 * 1024;
const headersTimeoutMs = 5_000;
/** Longer than the idle time of common load balancers, so that they, not we, end an idle connection. */
const keepAliveTimeoutMs = 75_000;
/** For clients that take their answer slowly or not at all; the live feed says something every second. */
const defaultIdleTimeoutMs = 120_000;

export async function listen(options: HttpServerOptions): Promise<HttpServer> {
  const lingering = createLingering(options.runtime);
  const server = createHttpServer({ ...options, handler: keepPace(options.handler, options) }, lingering);
  const cap = createConnectionCap(options);
  const connections = new OpenConnections();
  const lastAnswers = createLastAnswers(server);
  server.prependListener("connection", (socket: Socket) => {
    const release = cap.admit(socket.remoteAddress);
    if (release === null) {
      options.onCut("too-many-of-address");
      return void socket.destroy();
    }
    socket.once("close", release);
    return void socket.once("close", connections.opened());
  });
  server.on("drop", () => options.onCut("too-many"));
  await bind(server, options);
  return {
    url: urlOf(server, options.host),
    close(timeoutMs) {
      lastAnswers();
      lingering.close();
      return close(server, timeoutMs, options.runtime);
    },
    leftWith: (listeners) => connections.atMost(listeners),
  };
}

/** A server that does not listen yet. */
export function createHttpServer(options: ConnectionOptions, lingering: Lingering): Server {
  const server = createServer({
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: Math.min(headersTimeoutMs, options.requestTimeoutMs),
    requestTimeout: options.requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: 1_000,
    // `readHead` looks for it.
    requireHostHeader: false,
  });
  // One more than is taken, so that too many can be told.
  server.maxHeadersCount = maxHeaders + 1;
  server.maxConnections = options.maxConnections;
  const idleTimeoutMs = options.idleTimeoutMs ?? defaultIdleTimeoutMs;
  server.setTimeout(idleTimeoutMs);
  server.on("connection", (socket: Socket) => {
    lingering.watch(socket);
    tellOfIdle(socket, idleTimeoutMs, options.onCut);
  });
  endBroken(server, { lingering, onCut: options.onCut });
  server.on("request", (request, response) => {
    if (lingering.has(request.socket)) return void request.resume();
    options.handler(request, response).catch((error: unknown) => {
      options.onError(error);
      send(response, textReply(500, "the collector failed on this request; it was not kept, send it again\n"));
    });
  });
  return server;
}

/** A connection between two requests has a shorter time, and ends as it should. */
function tellOfIdle(socket: Socket, idleTimeoutMs: number, onCut: (reason: CutReason) => void): void {
  socket.on("timeout", () => {
    if (socket.timeout === idleTimeoutMs) onCut("idle");
  });
}

export function bind(server: NetServer, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(bindError(error, host, port)));
    server.listen({ host, port }, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });
}

function bindError(error: Error, host: string, port: number): Error {
  const code = "code" in error ? error.code : "";
  if (code === "EADDRINUSE") {
    return new CollectorError(
      "port-in-use",
      `port ${port} on ${host} is in use: expected a free port; stop what listens there or choose another port (0 takes a free one).`,
      error,
    );
  }
  return new CollectorError(
    "address-unavailable",
    `cannot listen on ${host}:${port} (${String(code)}): expected an address of this machine and a port that this user may open.`,
    error,
  );
}

export function urlOf(server: NetServer, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function close(server: Server, timeoutMs: number, runtime: Pick<Runtime, "after">): Promise<void> {
  return new Promise((resolve) => {
    const cancel = runtime.after(timeoutMs, () => server.closeAllConnections());
    server.close(() => {
      cancel();
      resolve();
    });
    server.closeIdleConnections();
  });
}
