/**
 * The way between a worker and the collector's own process: frames over one stream, those of a turn in one write.
 *
 * Promises: frames arrive in the order they were sent, or not at all; when the link is lost, `onLost` is called once, and
 * what is sent from then on goes nowhere. What the other end does not take is held up to `maxBacklogBytes`; with more the
 * link is given up.
 */
import type { Duplex } from "node:stream";
import { createFrameReader, frameHead } from "./frame.js";
import type { Frame, FrameKind } from "./frame.js";

export interface Link {
  send(kind: FrameKind, id: number, payload?: readonly Uint8Array[]): void;
  /** Ends the link after what was sent; resolves when it has been handed over, or is lost. */
  end(): Promise<void>;
}

export interface LinkParts {
  readonly stream: Duplex;
  readonly hear: (frame: Frame) => void;
  /** With the reason, where there is one. */
  readonly onLost: (reason: string) => void;
  /** @default 67108864 */
  readonly maxBacklogBytes?: number;
}

const defaultMaxBacklogBytes = 64 * 1024 * 1024;

export function createLink({ stream, hear, onLost, maxBacklogBytes = defaultMaxBacklogBytes }: LinkParts): Link {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  const write = (): void => {
    const parts = waiting;
    waiting = [];
    if (parts.length > 0 && stream.writable) stream.write(Buffer.concat(parts, waitingBytes));
    waitingBytes = 0;
  };
  listen({ stream, hear, onLost });
  return {
    send(kind, id, payload = []) {
      if (!stream.writable) return;
      const bytes = payload.reduce((sum, part) => sum + part.byteLength, 0);
      const head = frameHead(kind, id, bytes);
      if (waiting.length === 0) setImmediate(write);
      waiting.push(head, ...payload);
      waitingBytes += head.byteLength + bytes;
      if (waitingBytes + stream.writableLength > maxBacklogBytes) {
        stream.destroy(new Error(`the other end takes nothing: more than ${maxBacklogBytes} bytes wait for it`));
      }
    },
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

function listen({ stream, hear, onLost }: LinkParts): void {
  let reason = "the other end is gone";
  const read = createFrameReader(hear);
  stream.on("data", (chunk: Buffer) => {
    try {
      read(chunk);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  stream.on("error", (error: Error) => (reason = error.message));
  // Nobody who has ended their half says or hears anything more.
  stream.on("end", () => stream.destroy());
  stream.once("close", () => onLost(reason));
}
