import type { Server, ServerResponse } from "node:http";

/**
 * Gives the way to let a server's connections end: each with the answer that is under way on it, and the client is told so
 * where that can still be said. A client that keeps its connection would otherwise go on sending.
 */
export function createLastAnswers(server: Server): () => void {
  const responses = new Set<ServerResponse>();
  let isClosing = false;
  server.prependListener("request", (_, response: ServerResponse) => {
    if (isClosing) sayLast(response);
    responses.add(response);
    response.once("close", () => {
      responses.delete(response);
      // One turn later the connection counts as idle.
      if (isClosing) setImmediate(() => server.closeIdleConnections());
    });
  });
  return () => {
    isClosing = true;
    for (const response of responses) sayLast(response);
  };
}

function sayLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader("connection", "close");
}
