/** A request of a collector's accept log, and what it holds, decoded as the collector decodes it. */
import type { Decoded, ProtocolName, Receiver, RequestHead } from "@oncewire/protocol";
import { createATrackReceiver } from "@oncewire/protocol/a-track";
import { createRudderStackReceiver } from "@oncewire/protocol/rudderstack";
import { createSnowplowReceiver } from "@oncewire/protocol/snowplow";
import { gunzipSync } from "node:zlib";

/** As `/api/requests` gives it. */
export interface LoggedRequest {
  readonly position: number;
  readonly protocol: ProtocolName;
  readonly route: string;
  readonly project: string;
  readonly receivedAt: string;
  readonly requestId: string;
  readonly remoteAddress: string;
  readonly head: RequestHead;
  /** Base64, as received. */
  readonly body: string;
}

/** Undefined for a request that was damaged in the log: it did unpack when it was accepted. */
export type LogDecoder = (request: LoggedRequest) => Decoded | undefined;

export function createLogDecoder(): LogDecoder {
  const receivers = new Map(
    [createRudderStackReceiver(), createATrackReceiver(), createSnowplowReceiver()].map((one): [string, Receiver] => [
      one.protocol,
      one,
    ]),
  );
  return (request) => {
    const receiver = receivers.get(request.protocol);
    const body = receiver && bodyOf(receiver, request);
    if (receiver === undefined || body === undefined) return undefined;
    const { route, project, receivedAt, requestId, remoteAddress, head } = request;
    const arrival = { route, project, requestId, remoteAddress, receivedAtMs: Date.parse(receivedAt) };
    return receiver.decode({ ...head, body }, arrival);
  };
}

function bodyOf({ contentEncodings, maxBodyBytes }: Receiver, { head, body }: LoggedRequest): Uint8Array | undefined {
  const received = Buffer.from(body, "base64");
  if (!contentEncodings.includes(head.headers["content-encoding"] ?? "")) return received;
  try {
    return gunzipSync(received, { maxOutputLength: maxBodyBytes });
  } catch {
    return undefined;
  }
}
