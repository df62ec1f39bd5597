import type { IncomingMessage } from "node:http";
import { BodyBytes } from "../ingest/body-bytes.js";
import { unpack } from "../log/unpack.js";
import type { UnpackLimits } from "../log/unpack.js";

export type BodyResult =
  /** As it came, and with content-encoding undone. */
  | { readonly kind: "read"; readonly received: BodyBytes; readonly unpacked: BodyBytes }
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
  const { body } = received;
  const coding = request.headers["content-encoding"];
  if (coding === undefined) return { kind: "read", received: body, unpacked: body };
  const unpacked = await unpack(body.whole, coding, limits);
  if (unpacked.kind !== "unpacked") return unpacked;
  // Of a coding that is not undone it is the same: one owner for one memory.
  const isSame = unpacked.bytes === body.whole;
  return { kind: "read", received: body, unpacked: isSame ? body : ownerOf(unpacked.bytes) };
}

function ownerOf(bytes: Uint8Array): BodyBytes {
  return new BodyBytes([bytes], bytes.byteLength);
}

type Received =
  | { readonly kind: "received"; readonly body: BodyBytes }
  | { readonly kind: "too-large"; readonly maxBytes: number }
  | { readonly kind: "aborted" };

function receive(request: IncomingMessage, maxBytes: number): Promise<Received> {
  if (request.destroyed) return Promise.resolve({ kind: "aborted" });
  if (Number(request.headers["content-length"] ?? 0) > maxBytes)
    return Promise.resolve({ kind: "too-large", maxBytes });
  return new Promise((resolve) => {
    const gathered = new Gathering();
    const onData = (chunk: Buffer): void => {
      if (gathered.byteLength + chunk.byteLength <= maxBytes) {
        gathered.add(chunk);
      } else {
        request.off("data", onData);
        resolve({ kind: "too-large", maxBytes });
      }
    };
    const onEnd = (): void => resolve({ kind: "received", body: gathered.end() });
    // What is settled first counts: after its end a request is closed, too. A client that goes away is no error here,
    // and node:http says it as one only to those who listen.
    const onClose = (): void => resolve({ kind: "aborted" });
    request.on("data", onData).on("end", onEnd).on("close", onClose);
  });
}

/**
 * Gathers what comes. A chunk may be a single byte, which as a Buffer of its own takes hundreds: what is small is copied
 * into pages, so that what is gathered takes little more than its length.
 */
class Gathering {
  readonly #pieces: Uint8Array[] = [];
  #byteLength = 0;
  /** The last of the pieces, while it has room. */
  #page: Buffer | null = null;
  #used = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  add(chunk: Buffer): void {
    const rest = this.#page === null ? chunk : chunk.subarray(this.#fill(this.#page, chunk));
    if (rest.byteLength > 0) this.#append(rest);
    this.#byteLength += chunk.byteLength;
  }

  end(): BodyBytes {
    if (this.#page !== null) this.#pieces.splice(-1, 1, this.#page.subarray(0, this.#used));
    return new BodyBytes(this.#pieces, this.#byteLength);
  }

  #append(rest: Buffer): void {
    // Most bodies come in one chunk.
    if (this.#pieces.length === 0 || rest.byteLength * 2 >= pageBytes) {
      this.#pieces.push(rest);
      return;
    }
    this.#page = Buffer.allocUnsafeSlow(pageBytes);
    this.#used = 0;
    this.#pieces.push(this.#page);
    this.#fill(this.#page, rest);
  }

  /** How many of the bytes there was room for. */
  #fill(page: Buffer, bytes: Buffer): number {
    const filled = bytes.copy(page, this.#used);
    this.#used += filled;
    if (this.#used === page.byteLength) this.#page = null;
    return filled;
  }
}

const pageBytes = 4 * 1024;
