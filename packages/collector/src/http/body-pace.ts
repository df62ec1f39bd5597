/**
 * Ends requests whose body trickles in. node:http bounds how long a whole request may take; within that, a client that
 * sends a byte now and then would hold its connection at next to no cost. One look a second goes over the connections
 * whose request is not whole; a request itself costs a note.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Runtime } from "../runtime.js";
import { sendAndClose, textReply } from "./reply.js";

export interface BodyPaceOptions {
  /** On average since it began to be read; null is no limit. */
  readonly minBodyBytesPerSecond: number | null;
  readonly runtime: Pick<Runtime, "after" | "monotonicMs">;
}

/** A body that is whole by then may have come at any pace. */
const graceMs = 5_000;
const lookEveryMs = 1_000;
const tooSlow = textReply(408, "the body came too slowly; it was not kept, send it again\n");

interface Progress {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  sinceMs: number;
  fromBytes: number;
}

export function keepPace(server: Server, { minBodyBytesPerSecond, runtime }: BodyPaceOptions): void {
  if (minBodyBytesPerSecond === null) return;
  const current = new Map<Socket, Progress>();
  let isLooking = false;
  const isTooSlow = ({ sinceMs, fromBytes }: Progress, bytes: number): boolean => {
    const elapsedMs = runtime.monotonicMs() - sinceMs;
    return elapsedMs >= graceMs && (bytes - fromBytes) * 1_000 < minBodyBytesPerSecond * elapsedMs;
  };
  const look = (): void => {
    for (const [socket, progress] of current) {
      const { request, response } = progress;
      if (request.complete || request.destroyed) {
        current.delete(socket);
      } else if (request.readableFlowing !== true) {
        // What nobody reads does not come, and that is not the client's doing.
        progress.sinceMs = runtime.monotonicMs();
        progress.fromBytes = socket.bytesRead;
      } else if (isTooSlow(progress, socket.bytesRead)) {
        current.delete(socket);
        sendAndClose(response, tooSlow);
      }
    }
    isLooking = current.size > 0;
    if (isLooking) runtime.after(lookEveryMs, look);
  };
  server.prependListener("request", (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    current.set(socket, { request, response, sinceMs: runtime.monotonicMs(), fromBytes: socket.bytesRead });
    if (isLooking) return;
    isLooking = true;
    runtime.after(lookEveryMs, look);
  });
}
