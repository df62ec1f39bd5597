/** The one way from the accept path to the log, whichever process has the log. */
import type { UserTruth } from "@oncewire/protocol";
import { isLogFailure } from "../log/accept-log.js";
import type { AcceptLog } from "../log/accept-log.js";
import type { CollectorReport } from "../report.js";
import type { Ledger } from "./ledger.js";

export interface RequestKeeper {
  /** Resolves once the request is durable and counted, or not kept at all. Its bytes are the caller's again then. */
  keep(request: CountedRecord): Promise<KeepResult>;
  /** What is known of a user once the request at that position is loaded; null where that is not known in time. */
  truthOf(question: TruthQuestion): Promise<UserTruth | null>;
}

/** A request as the log holds it, and what was found in it. */
export interface CountedRecord {
  /** Made by `encodeRecord`. */
  readonly record: readonly Uint8Array[];
  readonly events: number;
  readonly bad: number;
  /** Of the body, as received. */
  readonly bytes: number;
}

export type KeepResult =
  | { readonly kind: "kept"; readonly position: number }
  /** Nothing is taken now; the request is not kept and the sender must come back. */
  | { readonly kind: "unavailable" };

export interface TruthQuestion {
  readonly position: number;
  readonly project: string;
  readonly userId: string;
  readonly eventId: string;
}

export interface RequestKeeperParts extends Pick<RequestKeeper, "truthOf"> {
  readonly log: AcceptLog;
  readonly ledger: Ledger;
  /** Called after each request that is kept, so that the loader wakes. */
  readonly onKept: () => void;
  readonly onReport: (report: CollectorReport) => void;
}

/** Keeps requests in a log of this process. */
export function createRequestKeeper(parts: RequestKeeperParts): RequestKeeper {
  const { log, ledger, onKept } = parts;
  const noteFault = createFaultNote(parts);
  return {
    truthOf: (question) => parts.truthOf(question),
    async keep({ record, events, bad, bytes }) {
      let position: number;
      try {
        position = await log.append(record);
      } catch (error) {
        if (!isLogFailure(error)) throw error;
        noteFault(log.status().fault ?? "the log is closing");
        return { kind: "unavailable" };
      }
      noteFault(null);
      ledger.accepted({ events, bad, bytes });
      onKept();
      return { kind: "kept", position };
    },
  };
}

/** Tells once when the log takes nothing any more, and once when it does again. */
function createFaultNote({ onReport }: RequestKeeperParts): (fault: string | null) => void {
  let isSuspended = false;
  return (fault) => {
    if ((fault !== null) === isSuspended) return;
    isSuspended = fault !== null;
    onReport(fault === null ? { kind: "resumed" } : { kind: "suspended", fault });
  };
}
