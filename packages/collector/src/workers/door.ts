/**
 * Where workers bring the requests that the collector's own process answers: a local socket. A token that only workers
 * have opens it, so that nobody else can say whose connection a request came by.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLingering } from "../http/lingering.js";
import { createHttpServer } from "../http/server.js";
import type { ConnectionOptions } from "../http/server.js";
import { send, textReply } from "../http/reply.js";
import { maxHeaders } from "../http/request-head.js";
import type { Handler } from "../http/router.js";
import type { Runtime } from "../runtime.js";
import { maxAddedHeaders, receiveAtDoor } from "./door-head.js";
import type { DoorAddress } from "./messages.js";

export interface Door {
  readonly address: DoorAddress;
  /** Ends what is still open. */
  close(): void;
}

export interface DoorOptions extends Omit<ConnectionOptions, "onCut"> {
  readonly runtime: Pick<Runtime, "after" | "uuid">;
}

const refused = textReply(403, "expected a worker of this collector\n");

export async function openDoor(options: DoorOptions): Promise<Door> {
  const token = options.runtime.uuid();
  const path = doorPath(`oncewire-${options.runtime.uuid()}`);
  // Whoever is too slow is so at the worker, too, which tells of it.
  const onCut = (): void => {};
  const handler = guarded(options.handler, token);
  const server = createHttpServer({ ...options, handler, onCut }, createLingering(options.runtime));
  server.maxHeadersCount = maxHeaders + maxAddedHeaders + 1;
  // A worker sends a body when somebody begins to read it who has not answered yet.
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    const onListener = (name: string): void => {
      if (name !== "data") return;
      request.off("newListener", onListener);
      if (!response.headersSent) response.writeContinue();
    };
    request.on("newListener", onListener);
    server.emit("request", request, response);
  });
  await bind(server, path);
  return {
    address: { path, token },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function guarded(handler: Handler, token: string): Handler {
  return (request, response) => {
    if (receiveAtDoor(request, token)) return handler(request, response);
    return Promise.resolve(send(response, refused));
  };
}

/** Not in the data folder: a socket there is in the way of whoever copies it, and its path may be too long for one. */
function doorPath(name: string): string {
  if (process.platform === "win32") return `\\\\.\\pipe\\${name}`;
  // In the abstract namespace: no file, nothing to clean up after a kill.
  if (process.platform === "linux") return `\0${name}`;
  return join(tmpdir(), `${name}.sock`);
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((opened, failed) => {
    server.once("error", failed);
    server.listen({ path }, () => {
      server.off("error", failed);
      opened();
    });
  });
}
