/** Serves connections that were accepted elsewhere. */
import type { Socket } from "node:net";
import { keepPace } from "../http/body-pace.js";
import type { BodyPaceOptions } from "../http/body-pace.js";
import { createLastAnswers } from "../http/last-answers.js";
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
  let onEmpty: () => void = () => {};
  const lingering = createLingering(options.runtime);
  const server = createHttpServer({ ...options, handler: keepPace(options.handler, options) }, lingering);
  // Told that it listens, node:http watches over heads and bodies that do not come to an end.
  server.emit("listening");
  const lastAnswers = createLastAnswers(server);
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
        lastAnswers();
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
