import { promisify } from "node:util";
import { gunzip, gunzipSync } from "node:zlib";

export type Unpacked =
  | { readonly kind: "unpacked"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large"; readonly maxBytes: number }
  | { readonly kind: "unreadable"; readonly message: string };

export interface UnpackLimits {
  /** Of the unpacked bytes: unpacking stops there, so a bomb costs no more than the limit. */
  readonly maxBytes: number;
  /** Values of content-encoding that are undone; compared exactly, as the vendor does. */
  readonly contentEncodings: readonly string[];
}

/** Compressed bodies up to this size are unpacked at once: below it a trip through the thread pool costs more. */
const unpackAtOnceBytes = 64 * 1024;
/** What compresses better than this is no events; gzip reaches 1,029. Up to a mebibyte nobody looks. */
const maxRatio = 200;
const anyRatioBytes = 1024 * 1024;
const minPieceBytes = 4 * 1024;
const maxPieceBytes = 256 * 1024;
const gunzipAsync = promisify(gunzip);

/** Undoes `content-encoding: gzip`, several gzip members counting as one body; other codings are left as they are. */
export async function unpack(
  received: Uint8Array,
  coding: string | undefined,
  limits: UnpackLimits,
): Promise<Unpacked> {
  if (coding === undefined || !limits.contentEncodings.includes(coding)) return { kind: "unpacked", bytes: received };
  const maxOutputLength = Math.min(limits.maxBytes, Math.max(anyRatioBytes, received.byteLength * maxRatio));
  const options = { maxOutputLength, chunkSize: pieceBytes(received) };
  try {
    const small = received.byteLength <= unpackAtOnceBytes;
    return { kind: "unpacked", bytes: small ? gunzipSync(received, options) : await gunzipAsync(received, options) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") {
      return { kind: "too-large", maxBytes: maxOutputLength };
    }
    return { kind: "unreadable", message: `expected a gzip body, got bytes that do not unpack: ${String(error)}` };
  }
}

/**
 * What is unpacked in one piece is not put together afterwards. The last four bytes of gzip tell the size of its last
 * member, if they are true; a little more than that, so that the end is seen in the same piece.
 */
function pieceBytes(received: Uint8Array): number {
  if (received.byteLength < 4) return minPieceBytes;
  const told = new DataView(received.buffer, received.byteOffset, received.byteLength).getUint32(
    received.byteLength - 4,
    true,
  );
  return Math.min(Math.max(told + 64, minPieceBytes), maxPieceBytes);
}
