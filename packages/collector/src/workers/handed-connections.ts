/** Serves connections that were accepted elsewhere. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { keepPace } from "../http/body-pace.js";
import type { BodyPaceOptions } from "../http/body-pace.js";
import { createLingering } from "../http/lingering.js";
import { createHttpServer } from "../http/server.js";
import type { ConnectionOptions } from "../http/server.js";

export interface HandedConnections {
  take(socket: Socket): void;
  /** Lets requests in progress end, and after `timeoutMs` ends their connections; resolves when there is none. */
  close(timeoutMs: number): Promise<void>;
}

export function serveHandedConnections(options: ConnectionOptions & BodyPaceOptions): HandedConnections {
  const sockets = new Set<Socket>();
  const responses = new Set<ServerResponse>();
  let isClosing = false;
  let onEmpty: () => void = () => {};
  const lingering = createLingering(options.runtime);
  const server = createHttpServer({ ...options, handler: keepPace(options.handler, options) }, lingering);
  // Told that it listens, node:http watches over heads and bodies that do not come to an end.
  server.emit("listening");
  server.prependListener("request", (_, response: ServerResponse) => {
    if (isClosing) sayLast(response);
    responses.add(response);
    response.once("close", () => {
      responses.delete(response);
      // One turn later the connection counts as idle.
      if (isClosing) setImmediate(() => server.closeIdleConnections());
    });
  });
  return {
    take(socket) {
      sockets.add(socket);
      socket.once("close", () => {
        sockets.delete(socket);
        if (sockets.size === 0) onEmpty();
      });
      server.emit("connection", socket);
      socket.resume();
    },
    close: (timeoutMs) =>
      new Promise((resolve) => {
        isClosing = true;
        for (const response of responses) sayLast(response);
        lingering.close();
        const cancel = options.runtime.after(timeoutMs, () => server.closeAllConnections());
        onEmpty = () => {
          cancel();
          resolve();
        };
        server.close();
        if (sockets.size === 0) onEmpty();
      }),
  };
}

/** That the connection ends with this answer, where that can still be said. */
function sayLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader("connection", "close");
}
