import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { WireRequest } from "@oncewire/protocol";

const gzipAsync = promisify(gzip);

export interface CompressOptions {
  /** Smaller bodies are sent as they are: they would hardly shrink. */
  readonly minBytes: number;
  /** 1 (fast) to 9 (small). */
  readonly level: number;
}

/** The request with its body gzipped, off the event loop; itself where that would not pay. */
export async function compress(request: WireRequest, options: CompressOptions): Promise<WireRequest> {
  if (request.body.byteLength < options.minBytes) return request;
  const body = await gzipAsync(request.body, { level: options.level });
  return { ...request, headers: { ...request.headers, "content-encoding": "gzip" }, body };
}
