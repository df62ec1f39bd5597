/** The events in a collector's accept log, decoded as the collector decodes them, in the order they came. */
import type { ProtocolName, Receiver, RequestHead } from "@oncewire/protocol";
import { createATrackReceiver } from "@oncewire/protocol/a-track";
import { createRudderStackReceiver } from "@oncewire/protocol/rudderstack";
import { createSnowplowReceiver } from "@oncewire/protocol/snowplow";
import { gunzipSync } from "node:zlib";
import type { CollectorClient } from "../collector-client.js";
import { readSendable } from "./sendable.js";
import type { Sendable } from "./sendable.js";

interface LoggedRequest {
  readonly position: number;
  readonly protocol: ProtocolName;
  readonly route: string;
  readonly project: string;
  readonly receivedAt: string;
  readonly requestId: string;
  readonly remoteAddress: string;
  readonly head: RequestHead;
  readonly body: string;
}

interface LogPage {
  readonly items: readonly LoggedRequest[];
  readonly next: number | null;
  readonly durable: number;
}

export interface LoggedEventsOptions {
  /** A log position. */
  readonly from: number;
  readonly project: string | undefined;
  /** Told of a request that gives no events because its body does not unpack: those behind it are read all the same. */
  readonly onUnreadable: (position: number) => void;
}

/**
 * Marks are log positions. Ends where the log ended at the beginning: a replay into the same collector would otherwise
 * follow its own events for ever.
 */
export async function* readLoggedEvents(
  client: CollectorClient,
  { from, project, onUnreadable }: LoggedEventsOptions,
): AsyncGenerator<Sendable> {
  const receivers = new Map(
    [createRudderStackReceiver(), createATrackReceiver(), createSnowplowReceiver()].map((one): [string, Receiver] => [
      one.protocol,
      one,
    ]),
  );
  let next: number | null = from;
  let end = Infinity;
  while (next !== null && next < end) {
    const page: LogPage = await client.get("/api/requests", { from: next, limit: 1_000 });
    end = Math.min(end, page.durable);
    for (const request of page.items) {
      if (request.position >= end) return;
      if (project !== undefined && request.project !== project) continue;
      const receiver = receivers.get(request.protocol);
      const body = receiver && bodyOf(receiver, request);
      if (receiver === undefined || body === undefined) onUnreadable(request.position);
      else yield* eventsOf(receiver, request, body);
    }
    next = page.next;
  }
}

/** Undefined where it was damaged in the log: it did unpack when it was accepted. */
function bodyOf({ contentEncodings, maxBodyBytes }: Receiver, { head, body }: LoggedRequest): Uint8Array | undefined {
  const received = Buffer.from(body, "base64");
  if (!contentEncodings.includes(head.headers["content-encoding"] ?? "")) return received;
  try {
    return gunzipSync(received, { maxOutputLength: maxBodyBytes });
  } catch {
    return undefined;
  }
}

function* eventsOf(receiver: Receiver, request: LoggedRequest, body: Uint8Array): Generator<Sendable> {
  const { route, project, receivedAt, requestId, remoteAddress, head, position } = request;
  const arrival = { route, project, requestId, remoteAddress, receivedAtMs: Date.parse(receivedAt) };
  const { events } = receiver.decode({ ...head, body }, arrival);
  for (const event of events) yield readSendable(event, position, `log position ${position}`);
}
