import type { Arrival, Decoded, Receiver, RequestHead, UserTruth, WireResponse } from "@oncewire/protocol";
import { isLogFailure } from "../log/accept-log.js";
import type { AcceptLog } from "../log/accept-log.js";
import type { CollectorReport } from "../report.js";
import type { Ledger } from "./ledger.js";

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

export interface IngestParts {
  readonly log: AcceptLog;
  readonly ledger: Ledger;
  /** Called after each request that is kept, so that the loader wakes. */
  readonly onKept: () => void;
  /** What is known of a user once the request at that position is loaded; null where that is not known in time. */
  readonly truthOf: (question: TruthQuestion) => Promise<UserTruth | null>;
  readonly onReport: (report: CollectorReport) => void;
}

export interface TruthQuestion {
  readonly position: number;
  readonly project: string;
  readonly userId: string;
  readonly eventId: string;
}

export function createIngest(parts: IngestParts): Ingest {
  const { log, ledger, onKept } = parts;
  const noteFault = createFaultNote(parts);
  return {
    async accept(request) {
      const { receiver, head, arrival, received, unpacked } = request;
      const decoded = receiver.decode({ ...head, body: unpacked }, arrival);
      if (isEmpty(decoded)) return { kind: "answered", reply: decoded.reply };
      let position: number;
      try {
        position = await log.append({ protocol: receiver.protocol, arrival, head, body: received });
      } catch (error) {
        if (!isLogFailure(error)) throw error;
        noteFault(log.status().fault ?? "the log is closing");
        return { kind: "unavailable" };
      }
      noteFault(null);
      ledger.accepted({
        events: decoded.count,
        bad: decoded.bad.length,
        bytes: received.byteLength,
      });
      onKept();
      return { kind: "answered", reply: await completed(parts, request, { decoded, position }) };
    },
  };
}

/** Tells once when the log takes nothing any more, and once when it does again. */
function createFaultNote({ onReport }: IngestParts): (fault: string | null) => void {
  let isSuspended = false;
  return (fault) => {
    if ((fault !== null) === isSuspended) return;
    isSuspended = fault !== null;
    onReport(fault === null ? { kind: "resumed" } : { kind: "suspended", fault });
  };
}

/** The reply with what is known of the user, where the wire has a place for it and it is known in time. */
async function completed(
  { truthOf }: IngestParts,
  { receiver, arrival, mayRead }: IncomingRequest,
  { decoded, position }: { readonly decoded: Decoded; readonly position: number },
): Promise<WireResponse> {
  const enrichment = receiver.enrich?.(decoded, arrival) ?? null;
  if (enrichment === null) return decoded.reply;
  const { userId, eventId } = enrichment;
  const truth = await truthOf({ position, project: arrival.project, userId, eventId });
  if (truth === null) return decoded.reply;
  return enrichment.reply(mayRead() ? truth : { ...truth, attributes: null });
}

function isEmpty(decoded: Decoded): boolean {
  return decoded.count === 0 && decoded.bad.length === 0;
}
