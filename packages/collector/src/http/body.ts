import type { IncomingMessage } from "node:http";
import { unpack } from "../log/unpack.js";
import type { UnpackLimits } from "../log/unpack.js";

export type BodyResult =
  | { readonly kind: "read"; readonly received: Uint8Array; readonly unpacked: Uint8Array }
  | { readonly kind: "too-large"; readonly maxBytes: number }
  | { readonly kind: "unreadable"; readonly message: string }
  /** The client went away: there is nobody to answer. */
  | { readonly kind: "aborted" };

/**
 * Reads a request's body within its limit, on the wire while it streams and once more unpacked: what is over is refused
 * as soon as that is known.
 */
export async function readBody(request: IncomingMessage, limits: UnpackLimits): Promise<BodyResult> {
  const received = await receive(request, limits.maxBytes);
  if (received.kind !== "received") return received;
  const unpacked = await unpack(received.bytes, request.headers["content-encoding"], limits);
  if (unpacked.kind !== "unpacked") return unpacked;
  return { kind: "read", received: received.bytes, unpacked: unpacked.bytes };
}

type Received =
  | { readonly kind: "received"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large"; readonly maxBytes: number }
  | { readonly kind: "aborted" };

function receive(request: IncomingMessage, maxBytes: number): Promise<Received> {
  if (Number(request.headers["content-length"] ?? 0) > maxBytes)
    return Promise.resolve({ kind: "too-large", maxBytes });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (result: Received): void => {
      request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose);
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) finish({ kind: "too-large", maxBytes });
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      const [only] = chunks;
      finish({
        kind: "received",
        bytes: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes),
      });
    };
    const onClose = (): void => finish({ kind: "aborted" });
    request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose);
  });
}
