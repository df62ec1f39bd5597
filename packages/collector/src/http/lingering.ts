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
  /** Ends with these words a connection on which no request can come any more. */
  endWith(socket: Socket, words: string): void;
  /** Something came on one that lingers. */
  hear(socket: Socket): void;
  /** Ends those that have their answer; the others from now on end with it. */
  close(): void;
}

const maxBytes = 64 * 1024 * 1024;
const lookEveryMs = 5_000;
const maxMs = 30_000;
const minBytesPerLook = 5_000;

const owners = new WeakMap<Socket, LingeringConnections>();

/** The connection's last answer is this one, which says so, although its request has not come whole. */
export function lingerAfter({ req }: ServerResponse): void {
  if (!req.complete) owners.get(req.socket)?.endAfter(req);
}

export function createLingering(runtime: Pick<Runtime, "after">): Lingering {
  return new LingeringConnections(runtime);
}

class LingeringConnections implements Lingering {
  readonly #runtime: Pick<Runtime, "after">;
  /** Each with how many bytes it may still send. */
  readonly #mayReadTo = new Map<Socket, number>();
  #isClosed = false;

  constructor(runtime: Pick<Runtime, "after">) {
    this.#runtime = runtime;
  }

  watch(socket: Socket): void {
    owners.set(socket, this);
  }

  has(socket: Socket): boolean {
    return this.#mayReadTo.has(socket);
  }

  endAfter(request: IncomingMessage): void {
    const { socket } = request;
    if (this.#isClosed || this.has(socket) || socket.destroyed) return;
    this.#linger(socket);
    // This is what node:http calls after the last answer, to end both sides.
    socket.destroySoon = () => {
      if (request.complete || this.#isClosed) Socket.prototype.destroySoon.call(socket);
      else socket.end();
    };
    request.on("data", () => this.hear(socket));
    request.once("end", () => endAnswered(socket));
  }

  endWith(socket: Socket, words: string): void {
    socket.end(words);
    if (this.#isClosed || socket.readableEnded) return socket.destroySoon();
    this.#linger(socket);
    socket.once("end", () => socket.destroySoon());
    socket.resume();
    return undefined;
  }

  hear(socket: Socket): void {
    if (socket.bytesRead > (this.#mayReadTo.get(socket) ?? 0)) socket.destroy();
  }

  close(): void {
    this.#isClosed = true;
    for (const socket of this.#mayReadTo.keys()) endAnswered(socket);
  }

  #linger(socket: Socket): void {
    this.#mayReadTo.set(socket, socket.bytesRead + maxBytes);
    const stopLooking = lookAfter(socket, this.#runtime);
    socket.once("close", () => {
      stopLooking();
      this.#mayReadTo.delete(socket);
    });
  }
}

function endAnswered(socket: Socket): void {
  if (socket.writableEnded) socket.destroySoon();
}

/** Ends what comes too slowly or for too long; returns the way to leave off. */
function lookAfter(socket: Socket, runtime: Pick<Runtime, "after">): () => void {
  let atLastLook = socket.bytesRead;
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
  return () => cancel();
}
