/**
 * How a connection ends whose client still sends a body that nobody wants. Closed at once, it would answer what comes then
 * with a reset, and a reset takes from the client the answer that it has not read yet (RFC 9112, 9.6). So only the sending
 * side is ended after the answer, and what comes is read and thrown away: to the end of the body, and at most
 * `maxBytes`, for `maxMs`, from a client that sends `minBytesPerLook` between two looks.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Runtime } from "../runtime.js";

/** The connections of one server. */
export interface Lingering {
  /** From here on its last answer may come before the end of a body. */
  watch(socket: Socket): void;
  /** Whether it has had its last answer, or is about to: nothing it asks after that is heard. */
  has(socket: Socket): boolean;
  /** Ends those that have their answer; the others from now on end with it. */
  close(): void;
}

const maxBytes = 64 * 1024 * 1024;
const lookEveryMs = 5_000;
const maxMs = 30_000;
const minBytesPerLook = 5_000;

const linger = new WeakMap<Socket, (request: IncomingMessage) => void>();

/** The connection's last answer is this one, which says so, although its request has not come whole. */
export function lingerAfter({ req }: ServerResponse): void {
  if (!req.complete) linger.get(req.socket)?.(req);
}

export function createLingering(runtime: Pick<Runtime, "after">): Lingering {
  const sockets = new Set<Socket>();
  let isClosed = false;
  const start = (request: IncomingMessage): void => {
    const { socket } = request;
    if (isClosed || sockets.has(socket) || socket.destroyed) return;
    sockets.add(socket);
    const stopWatching = watchOver(request, runtime);
    socket.once("close", () => {
      stopWatching();
      sockets.delete(socket);
    });
    // This is what node:http calls after the last answer, to end both sides.
    socket.destroySoon = () => {
      if (request.complete || isClosed) Socket.prototype.destroySoon.call(socket);
      else socket.end();
    };
    request.once("end", () => endAnswered(socket));
  };
  return {
    watch: (socket) => void linger.set(socket, start),
    has: (socket) => sockets.has(socket),
    close() {
      isClosed = true;
      for (const socket of sockets) endAnswered(socket);
    },
  };
}

function endAnswered(socket: Socket): void {
  if (socket.writableEnded) socket.destroySoon();
}

/** Reads the rest, and ends what is too much of it, too slow or too long; returns the way to leave off. */
function watchOver(request: IncomingMessage, runtime: Pick<Runtime, "after">): () => void {
  const { socket } = request;
  const atFirst = socket.bytesRead;
  let atLastLook = atFirst;
  let leftMs = maxMs;
  const look = (): void => {
    leftMs -= lookEveryMs;
    if (leftMs <= 0 || socket.bytesRead - atLastLook < minBytesPerLook) {
      socket.destroy();
      return;
    }
    atLastLook = socket.bytesRead;
    cancel = runtime.after(lookEveryMs, look);
  };
  let cancel = runtime.after(lookEveryMs, look);
  request.on("data", () => {
    if (socket.bytesRead - atFirst > maxBytes) socket.destroy();
  });
  return () => cancel();
}
