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
  const { bytes } = received;
  const coding = request.headers["content-encoding"];
  if (coding === undefined) return { kind: "read", received: bytes, unpacked: bytes };
  const unpacked = await unpack(bytes, coding, limits);
  return unpacked.kind === "unpacked" ? { kind: "read", received: bytes, unpacked: unpacked.bytes } : unpacked;
}

type Received =
  | { readonly kind: "received"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large"; readonly maxBytes: number }
  | { readonly kind: "aborted" };

function receive(request: IncomingMessage, maxBytes: number): Promise<Received> {
  if (request.destroyed) return Promise.resolve({ kind: "aborted" });
  if (Number(request.headers["content-length"] ?? 0) > maxBytes)
    return Promise.resolve({ kind: "too-large", maxBytes });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.byteLength;
      if (bytes <= maxBytes) {
        chunks.push(chunk);
      } else {
        request.off("data", onData);
        resolve({ kind: "too-large", maxBytes });
      }
    };
    const onEnd = (): void => {
      const [only] = chunks;
      const bytesOfAll = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes);
      resolve({ kind: "received", bytes: bytesOfAll });
    };
    // What is settled first counts: after its end a request is closed, too. A client that goes away is no error here,
    // and node:http says it as one only to those who listen.
    const onClose = (): void => resolve({ kind: "aborted" });
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}
