import type { Arrival, Decoded, Receiver, RequestHead, WireResponse } from "@oncewire/protocol";
import { isLogFailure } from "../log/accept-log.js";
import type { AcceptLog } from "../log/accept-log.js";
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
}

export function createIngest({ log, ledger, onKept }: IngestParts): Ingest {
  return {
    async accept({ receiver, head, arrival, received, unpacked }) {
      const decoded = receiver.decode({ ...head, body: unpacked }, arrival);
      if (isEmpty(decoded)) return { kind: "answered", reply: decoded.reply };
      try {
        await log.append({ protocol: receiver.protocol, arrival, head, body: received });
      } catch (error) {
        if (isLogFailure(error)) return { kind: "unavailable" };
        throw error;
      }
      ledger.accepted({
        events: decoded.events.length,
        bad: decoded.bad.length,
        bytes: received.byteLength,
      });
      onKept();
      return { kind: "answered", reply: decoded.reply };
    },
  };
}

function isEmpty(decoded: Decoded): boolean {
  return decoded.events.length === 0 && decoded.bad.length === 0;
}
