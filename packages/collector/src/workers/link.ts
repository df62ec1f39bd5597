/**
 * The way between a worker and the collector's own process: frames over one stream, those of a turn in one write. Facts,
 * for which nobody waits, go with the next frame for which somebody does, or after 2 ms.
 *
 * Promises: frames arrive in the order they were sent, or not at all; when the link is lost, `onLost` is called once, and
 * what is sent from then on goes nowhere. What the other end does not take is held up to `maxBacklogBytes`; with more the
 * link is given up.
 */
import type { Duplex } from "node:stream";
import type { Runtime } from "../runtime.js";
import { createFrameReader, frameHead } from "./frame.js";
import type { Frame, FrameKind } from "./frame.js";

export interface Link {
  send(kind: FrameKind, id: number, payload?: readonly Uint8Array[]): void;
  /** Hands over what was sent, not at the end of the turn but now: it arrives even if this process ends here. */
  flush(): void;
  /** Ends the link after what was sent; resolves when it has been handed over, or is lost. */
  end(): Promise<void>;
}

export interface LinkParts {
  readonly stream: Duplex;
  readonly runtime: Pick<Runtime, "after">;
  readonly hear: (frame: Frame) => void;
  /** With what was wrong with the frames or their number; null when the other end is simply gone. */
  readonly onLost: (defect: string | null) => void;
  /** @default 67108864 */
  readonly maxBacklogBytes?: number;
}

const defaultMaxBacklogBytes = 64 * 1024 * 1024;

const factsAfterMs = 2;

export function createLink(parts: LinkParts): Link {
  const { stream, hear, onLost, runtime, maxBacklogBytes = defaultMaxBacklogBytes } = parts;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let isUrgent = false;
  let cancelFacts: (() => void) | null = null;
  const write = (): void => {
    cancelFacts?.();
    cancelFacts = null;
    isUrgent = false;
    if (waiting.length > 0 && stream.writable) stream.write(Buffer.concat(waiting, waitingBytes));
    waiting = [];
    waitingBytes = 0;
  };
  const schedule = (kind: FrameKind): void => {
    if (isUrgent) return;
    if (kind === "tell") cancelFacts ??= runtime.after(factsAfterMs, write);
    else {
      isUrgent = true;
      setImmediate(write);
    }
  };
  listen({ stream, hear, onLost });
  return {
    send(kind, id, payload = []) {
      if (!stream.writable) return;
      const bytes = payload.reduce((sum, part) => sum + part.byteLength, 0);
      const head = frameHead(kind, id, bytes);
      schedule(kind);
      waiting.push(head, ...payload);
      waitingBytes += head.byteLength + bytes;
      if (waitingBytes + stream.writableLength > maxBacklogBytes) {
        stream.destroy(new LinkDefect(`the other end takes nothing: more than ${maxBacklogBytes} bytes wait for it`));
      }
    },
    flush: write,
    end: () =>
      new Promise((resolve) => {
        write();
        if (stream.destroyed) return resolve();
        stream.once("close", resolve);
        stream.end(resolve);
        return undefined;
      }),
  };
}

function listen({ stream, hear, onLost }: Pick<LinkParts, "stream" | "hear" | "onLost">): void {
  let defect: string | null = null;
  const read = createFrameReader(hear);
  stream.on("data", (chunk: Buffer) => {
    try {
      read(chunk);
    } catch (error) {
      stream.destroy(new LinkDefect(String(error)));
    }
  });
  stream.on("error", (error: Error) => (defect = error instanceof LinkDefect ? error.message : defect));
  // Nobody who has ended their half says or hears anything more.
  stream.on("end", () => stream.destroy());
  stream.once("close", () => onLost(defect));
}

/** Tells it from the errors of a stream whose other end has gone. */
class LinkDefect extends Error {}
