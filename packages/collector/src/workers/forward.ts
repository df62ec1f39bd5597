/**
 * Brings requests that do not bring events to the collector's own process and the answer back, both as a stream: what
 * either end does not take yet, the other end waits for.
 */
import { request as startRequest } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import type { Handler } from "../http/router.js";
import { lingerAfter } from "../http/lingering.js";
import { send, sendAndClose, textReply } from "../http/reply.js";
import { hasBody, passBack, passOn } from "./door-head.js";
import type { DoorAddress } from "./messages.js";

const gone = textReply(503, "the collector is starting again; send it again in a moment\n", { "retry-after": "1" });

export function createForward({ path, token }: DoorAddress): Handler {
  return (request, response) =>
    new Promise((resolve) => {
      const remoteAddress = request.socket.remoteAddress ?? "";
      const outgoing = startRequest({
        socketPath: path,
        method: request.method,
        path: request.url,
        headers: passOn(request, { token, remoteAddress }),
        agent: false,
      });
      response.once("close", () => {
        // What is still to come is passed over here, not held up for an end that is gone.
        request.unpipe(outgoing);
        outgoing.destroy();
        request.resume();
        resolve();
      });
      outgoing.once("response", (incoming) => answer(incoming, request, response));
      outgoing.on("error", () => (request.complete ? send : sendAndClose)(response, gone));
      if (!hasBody(request.headers)) return outgoing.end();
      outgoing.flushHeaders();
      // Not `pipeline`: it would end the client's connection, and with it an answer that came before the body's end.
      outgoing.once("continue", () => request.pipe(outgoing));
      return undefined;
    });
}

function answer(incoming: IncomingMessage, request: IncomingMessage, response: ServerResponse): void {
  const headers = passBack(incoming.rawHeaders);
  // What is left of a body that nobody wants is not read: it may have no end.
  if (!request.complete) headers.push("connection", "close");
  response.writeHead(incoming.statusCode ?? 502, headers);
  // A stream of events has nothing to say at first, and says so.
  if (incoming.headers["content-length"] === undefined) response.flushHeaders();
  incoming.once("end", () => lingerAfter(response));
  pipeline(incoming, response, (error) => {
    if (error !== null && error !== undefined) response.destroy();
  });
}
