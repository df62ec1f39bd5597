import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Gives the way to let a server's connections end: each with the answer that is under way on it, and the client is told so
 * where that can still be said. A client that keeps its connection would otherwise go on sending.
 *
 * It begins before the server listens.
 */
export function createLastAnswers(server: Server): () => void {
  // By connection, and no Set of answers: the table that V8 leaves behind whenever a Set has seen enough come and go
  // still points to its successor, so once an old one is promoted, every answer after it outlives its request.
  const underWay = new Map<Socket, ServerResponse | null>();
  let isClosing = false;
  server.prependListener("connection", (socket: Socket) => {
    underWay.set(socket, null);
    socket.once("close", () => underWay.delete(socket));
  });
  server.prependListener("request", ({ socket }, response: ServerResponse) => {
    if (isClosing) sayLast(response);
    // Of several that were asked for at once, the last to be answered.
    underWay.set(socket, response);
    response.once("close", () => {
      if (underWay.get(socket) === response) underWay.set(socket, null);
      // One turn later the connection counts as idle.
      if (isClosing) setImmediate(() => server.closeIdleConnections());
    });
  });
  return () => {
    isClosing = true;
    for (const response of underWay.values()) if (response !== null) sayLast(response);
  };
}

function sayLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader("connection", "close");
}
