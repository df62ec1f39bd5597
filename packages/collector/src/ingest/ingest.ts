import type { Arrival, Decoded, Receiver, RequestHead, WireResponse } from "@oncewire/protocol";
import { encodeRecord } from "../log/accept-log.js";
import type { RequestKeeper } from "./request-keeper.js";

/** A request that may come in: its key is known and its body is whole. */
export interface IncomingRequest {
  readonly receiver: Receiver;
  readonly head: RequestHead;
  readonly arrival: Arrival;
  /** As received: this is what the log keeps. */
  readonly received: Uint8Array;
  /** With content-encoding undone. */
  readonly unpacked: Uint8Array;
  /** Whether the sender may also read: only then a reply tells what others said of a user. */
  readonly mayRead: () => boolean;
}

export type IngestResult =
  | { readonly kind: "answered"; readonly reply: WireResponse }
  /** The log takes nothing now; the request is not kept and the sender must come back. */
  | { readonly kind: "unavailable" };

export interface Ingest {
  /** Decodes, keeps, and only then answers. Never throws for what a client sent. */
  accept(request: IncomingRequest): Promise<IngestResult>;
}

export function createIngest(keeper: RequestKeeper): Ingest {
  return {
    async accept(request) {
      const { receiver, head, arrival, received, unpacked } = request;
      const decoded = receiver.decode({ ...head, body: unpacked }, arrival);
      if (isEmpty(decoded)) return { kind: "answered", reply: decoded.reply };
      const result = await keeper.keep({
        record: encodeRecord({ protocol: receiver.protocol, arrival, head, body: received }),
        events: decoded.count,
        bad: decoded.bad.length,
        bytes: received.byteLength,
      });
      if (result.kind === "unavailable") return result;
      return { kind: "answered", reply: await completed(keeper, request, { decoded, position: result.position }) };
    },
  };
}

/** The reply with what is known of the user, where the wire has a place for it and it is known in time. */
async function completed(
  keeper: RequestKeeper,
  { receiver, arrival, mayRead }: IncomingRequest,
  { decoded, position }: { readonly decoded: Decoded; readonly position: number },
): Promise<WireResponse> {
  const enrichment = receiver.enrich?.(decoded, arrival) ?? null;
  if (enrichment === null) return decoded.reply;
  const { userId, eventId } = enrichment;
  const truth = await keeper.truthOf({ position, project: arrival.project, userId, eventId });
  if (truth === null) return decoded.reply;
  return enrichment.reply(mayRead() ? truth : { ...truth, attributes: null });
}

function isEmpty(decoded: Decoded): boolean {
  return decoded.count === 0 && decoded.bad.length === 0;
}
