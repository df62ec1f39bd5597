/**
 * The accept log as it is: which requests came, when, and what they held. For replay, and for finding out what became of
 * an event. One answer costs a bounded piece of the log, whatever is looked for.
 */
import type { RequestHead } from "@oncewire/protocol";
import type { AcceptLog, LoggedRequest } from "../log/accept-log.js";
import { unpack } from "../log/unpack.js";
import { QueryReader } from "./query-reader.js";

export type LogReader = Pick<AcceptLog, "read" | "first" | "durable">;

const maxReads = 8;
/** Of one request, unpacked, when something is looked for in it. */
const maxUnpackedBytes = 8 * 1024 * 1024;

/**
 * `GET /api/requests?from=&limit=&containing=`: accepted requests in the order they came, from a log position on, bodies
 * in Base64 as received. With `containing`, once or more, only those whose unpacked body or query holds one of the texts,
 * without bodies.
 */
export async function listRequests(log: LogReader, head: RequestHead): Promise<unknown> {
  const query = new QueryReader(head.query, ["from", "limit", "containing"]);
  const limit = query.integer("limit", { least: 1, most: 1_000, byDefault: 100 });
  const wanted = query.texts("containing");
  let next = Math.max(log.first, query.integer("from", { least: 0, most: Number.MAX_SAFE_INTEGER, byDefault: 0 }));
  const items: object[] = [];
  for (let reads = 0; reads < maxReads && next < log.durable && items.length < limit; reads += 1) {
    const read = await log.read(next);
    next = read.next;
    for (const request of read.requests) {
      if (items.length === limit) {
        next = request.position;
        break;
      }
      if (wanted.length === 0)
        items.push({ ...described(request), body: Buffer.from(request.body).toString("base64") });
      else if (await holds(request, wanted)) items.push(described(request));
    }
    if (wanted.length === 0) break;
  }
  return { items, next: next < log.durable ? next : null, first: log.first, durable: log.durable };
}

function described({ position, protocol, arrival, head }: LoggedRequest): object {
  const { receivedAtMs, ...where } = arrival;
  return { position, protocol, ...where, receivedAt: new Date(receivedAtMs).toISOString(), head };
}

async function holds({ head, body }: LoggedRequest, texts: readonly string[]): Promise<boolean> {
  const { query } = head;
  if (texts.some((text) => query.includes(text) || query.includes(encodeURIComponent(text)))) return true;
  const limits = { maxBytes: maxUnpackedBytes, contentEncodings: ["gzip"] };
  const unpacked = await unpack(body, head.headers["content-encoding"], limits);
  if (unpacked.kind !== "unpacked") return false;
  const bytes = Buffer.from(unpacked.bytes);
  return texts.some((text) => bytes.includes(text));
}
