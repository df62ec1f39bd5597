/**
 * Ends requests whose body trickles in. node:http bounds how long a whole request may take; within that, a client that
 * sends a byte now and then would hold its connection at next to no cost. One look a second goes over the connections
 * whose request is not whole; a request itself costs no more than a note of it.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { CutReason } from "../report.js";
import type { Runtime } from "../runtime.js";
import { sendAndClose, textReply } from "./reply.js";
import type { Handler } from "./router.js";

export interface BodyPaceOptions {
  /** On average since it began to be read; null is no limit. */
  readonly minBodyBytesPerSecond: number | null;
  readonly runtime: Pick<Runtime, "after" | "monotonicMs">;
  readonly onCut: (reason: CutReason) => void;
}

/** A body that is whole by then may have come at any pace. */
const graceMs = 5_000;
const lookEveryMs = 1_000;
const tooSlow = textReply(408, "the body came too slowly; it was not kept, send it again\n");

/** The last request of a connection, since it was first seen unfinished. */
interface Progress {
  request: IncomingMessage;
  response: ServerResponse;
  /** Null until then. */
  since: { readonly atMs: number; readonly bytes: number } | null;
}

/** The handler, watched over. */
export function keepPace(handler: Handler, { minBodyBytesPerSecond, runtime, onCut }: BodyPaceOptions): Handler {
  if (minBodyBytesPerSecond === null) return handler;
  const current = new Map<Socket, Progress>();
  let isLooking = false;
  const look = (): void => {
    const nowMs = runtime.monotonicMs();
    for (const [socket, progress] of current) {
      const { request, response, since } = progress;
      const bytes = socket.bytesRead;
      if (request.complete || request.destroyed || socket.writableEnded) {
        current.delete(socket);
      } else if (since === null || request.readableFlowing !== true) {
        // What nobody reads does not come, and that is not the client's doing.
        progress.since = { atMs: nowMs, bytes };
      } else if (isTooSlow(nowMs - since.atMs, bytes - since.bytes, minBodyBytesPerSecond)) {
        current.delete(socket);
        onCut("slow-body");
        if (response.headersSent) socket.destroy();
        else sendAndClose(response, tooSlow);
      }
    }
    isLooking = current.size > 0;
    if (isLooking) runtime.after(lookEveryMs, look);
  };
  return (request, response) => {
    const known = current.get(request.socket);
    if (known === undefined) {
      current.set(request.socket, { request, response, since: null });
    } else {
      known.request = request;
      known.response = response;
      known.since = null;
    }
    if (!isLooking) {
      isLooking = true;
      runtime.after(lookEveryMs, look);
    }
    return handler(request, response);
  };
}

function isTooSlow(elapsedMs: number, bytes: number, minBytesPerSecond: number): boolean {
  return elapsedMs >= graceMs && bytes * 1_000 < minBytesPerSecond * elapsedMs;
}
