/**
 * A destination that keeps what it is given in memory, for the tests of applications: no network, no open handle. What
 * it answers can be scripted.
 */
import type {
  EncodedEvent,
  Outcome,
  Problem,
  Result,
  TrackedEvent,
  WireRequest,
  WireResponse,
} from "@oncewire/protocol";
import type { Destination, DestinationEncoder } from "../delivery/destination.js";
import type { NetworkFailure, Reply, Transport } from "../transport/transport.js";

export interface MemoryRequest {
  /** The events of the request, in its order. */
  readonly events: readonly TrackedEvent[];
  readonly bodyBytes: number;
}

export interface MemoryDestinationOptions {
  /** @default "memory" */
  readonly name?: string;
  /**
   * The answer to a request: a status (and headers), a failure of the network, or what either is a promise of. Events
   * of a request that is answered with 2xx count as delivered; a 207 may have a body `{ rejected: [{ index, reason }],
   * retry: [index] }`. @default () => 200
   */
  readonly answer?: (request: MemoryRequest) => MemoryAnswer | Promise<MemoryAnswer>;
  readonly maxEventBytes?: number;
  readonly maxBatchEvents?: number;
  readonly maxBatchBytes?: number;
}

export type MemoryAnswer = number | Partial<WireResponse> | Extract<Reply, { kind: "failed" }>;

export interface MemoryDestination extends Destination {
  /** What was delivered, in the order of delivery. */
  readonly events: readonly TrackedEvent[];
  /** Every request, also those that were answered with a failure. */
  readonly requests: readonly MemoryRequest[];
}

const wrapperBytes = 2;

export function createMemoryDestination(options: MemoryDestinationOptions = {}): MemoryDestination {
  const { name = "memory", answer = () => 200 } = options;
  const events: TrackedEvent[] = [];
  const requests: MemoryRequest[] = [];
  const send = async (wire: WireRequest): Promise<Reply> => {
    const request = { events: parseEvents(wire.body), bodyBytes: wire.body.byteLength };
    requests.push(request);
    const reply = toReply(await answer(request));
    if (reply.kind === "answered" && isSuccess(reply.response.status)) events.push(...kept(request, reply.response));
    return reply;
  };
  return { name, events, requests, encoder: createEncoder(options), openTransport: () => new MemoryTransport(send) };
}

class MemoryTransport implements Transport {
  readonly #answer: (request: WireRequest) => Promise<Reply>;
  readonly #unanswered = new Set<(reply: Reply) => void>();

  constructor(answer: (request: WireRequest) => Promise<Reply>) {
    this.#answer = answer;
  }

  send(request: WireRequest): Promise<Reply> {
    return new Promise((resolve) => {
      const finish = (reply: Reply): void => {
        this.#unanswered.delete(finish);
        resolve(reply);
      };
      this.#unanswered.add(finish);
      void this.#answer(request).then(finish, (error: unknown) => finish(failure("reset", String(error))));
    });
  }

  abort(): void {
    for (const finish of this.#unanswered) finish(failure("aborted", "given up before an answer came"));
  }
}

function failure(reason: NetworkFailure, detail: string): Reply {
  return { kind: "failed", reason, detail };
}

function createEncoder(options: MemoryDestinationOptions): DestinationEncoder {
  const { maxEventBytes = 32_768, maxBatchEvents = 100, maxBatchBytes = 524_288 } = options;
  return {
    limits: { maxEventBytes, maxBatchEvents, maxBatchBytes },
    translate: (event) => ({ ok: true, value: event }),
    encode: (event) => encode(event),
    overheadBytes: (count) => wrapperBytes + count - 1,
    frame,
    classify,
  };
}

function encode(value: unknown): Result<EncodedEvent> {
  if (!isTracked(value)) return problem("", "not-an-event", "expected an event");
  const lane = value.userId ?? value.anonymousId;
  if (lane === null) return problem("userId", "no-identity", "expected userId or anonymousId, got neither");
  if (value.kind === "track" && !value.name)
    return problem("event", "no-event-name", "expected the event's name, got none");
  try {
    return { ok: true, value: { id: value.id, lane, bytes: Buffer.from(JSON.stringify(value)) } };
  } catch (error) {
    return problem("", "not-json", `expected values that JSON can carry: ${String(error)}`);
  }
}

function problem(path: string, code: string, message: string): Result<EncodedEvent> {
  const only: Problem = { path, code, message };
  return { ok: false, problems: [only] };
}

function isTracked(value: unknown): value is TrackedEvent {
  return typeof value === "object" && value !== null && "kind" in value && "userId" in value;
}

function frame(events: readonly EncodedEvent[]): WireRequest {
  const parts = events.flatMap(({ bytes }, index) => (index === 0 ? [bytes] : [Buffer.from(","), bytes]));
  const body = Buffer.concat([Buffer.from("["), ...parts, Buffer.from("]")]);
  return { method: "POST", path: "/events", query: "", headers: { "content-type": "application/json" }, body };
}

function parseEvents(body: Uint8Array): readonly TrackedEvent[] {
  return JSON.parse(Buffer.from(body).toString("utf8"));
}

function toReply(answer: MemoryAnswer): Reply {
  if (typeof answer === "number") return toReply({ status: answer });
  if ("kind" in answer) return answer;
  const { status = 200, headers = {}, body = new Uint8Array() } = answer;
  return { kind: "answered", response: { status, headers, body } };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

interface Partial207 {
  readonly rejected: readonly { readonly index: number; readonly reason: string }[];
  readonly retry: readonly number[];
}

function parsePartial({ body }: WireResponse): Partial207 {
  return { rejected: [], retry: [], ...JSON.parse(body.byteLength === 0 ? "{}" : Buffer.from(body).toString("utf8")) };
}

function kept({ events }: MemoryRequest, response: WireResponse): readonly TrackedEvent[] {
  if (response.status !== 207) return events;
  const partial = parsePartial(response);
  const out = new Set([...partial.retry, ...partial.rejected.map(({ index }) => index)]);
  return events.filter((_, index) => !out.has(index));
}

function classify(response: WireResponse): Outcome {
  const { status } = response;
  const reason = `status ${status}`;
  if (status === 207) return { kind: "partial", ...parsePartial(response) };
  if (isSuccess(status)) return { kind: "delivered" };
  if (status === 413) return { kind: "split", reason };
  if (status === 401 || status === 403 || (status >= 300 && status < 400)) return { kind: "denied", reason };
  if (status === 408 || status === 425 || status === 429 || status >= 500) return retry(reason, response);
  return { kind: "rejected", reason };
}

function retry(reason: string, { headers }: WireResponse): Outcome {
  const seconds = /^\d+$/.exec(headers["retry-after"] ?? "")?.[0];
  return seconds === undefined ? { kind: "retry", reason } : { kind: "retry", reason, afterMs: Number(seconds) * 1000 };
}
