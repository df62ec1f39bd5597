/** `onSuccess`, `onFailure` and `customRetryCodes`: what an emitter's owner hears of requests, and has a say in. */
import type { Outcome } from "@oncewire/protocol";
import type { Payload } from "@oncewire/protocol/snowplow";
import type { Destination, FailedRequest, Verdict } from "../../delivery/destination.js";
import type { Reply, Transport } from "../../transport/transport.js";
import { payloadOf, payloadsOf } from "./payload-text.js";

/** Called with the events of each request that the collector took. */
export type OnSuccess = (events: readonly Payload[]) => unknown;

/** Called after each request that failed, also where its events will be sent again. */
export type OnFailure = (sentEvents: number, events: readonly Payload[], failure: RequestFailure) => unknown;

export interface RequestFailure {
  /** 0 where no answer came. */
  readonly status: number;
  readonly reason: string;
  readonly willRetry: boolean;
}

/** Whether a status is tried again, for those statuses that one wants to decide oneself; not those of success. */
export type RetryCodes = Readonly<Record<number, boolean>>;

export interface RequestCallbacks {
  readonly onSuccess: OnSuccess | null;
  readonly onFailure: OnFailure | null;
  readonly customRetryCodes: RetryCodes;
  /** With false, what has failed once is given up. */
  readonly retryFailedRequests: boolean;
}

/** The destination, with what its owner asks for. */
export function withCallbacks(destination: Destination, callbacks: RequestCallbacks): Destination {
  const { onSuccess, onFailure, customRetryCodes, retryFailedRequests } = callbacks;
  const { encoder } = destination;
  const classify: typeof encoder.classify = (response, nowMs) => {
    const outcome = encoder.classify(response, nowMs);
    const willRetry = customRetryCodes[response.status];
    return willRetry === undefined || outcome.kind === "delivered" ? outcome : decided(response.status, willRetry);
  };
  return {
    ...destination,
    encoder: { ...encoder, classify },
    openTransport: (needs) => telling(destination.openTransport(needs), onSuccess),
    afterFailure: (failed) => {
      const isFinal = !(customRetryCodes[statusOf(failed.reply)] ?? true) || !retryFailedRequests;
      if (onFailure !== null) tell(() => onFailure(0, failed.events.map(payloadOf), describe(failed, isFinal)));
      return isFinal ? "give-up" : ("keep" satisfies Verdict);
    },
  };
}

/** A refusal that is given up costs its own events and no others. */
function decided(status: number, willRetry: boolean): Outcome {
  const reason = `status ${status}`;
  return willRetry ? { kind: "retry", reason } : { kind: "denied", reason };
}

function telling(transport: Transport, onSuccess: OnSuccess | null): Transport {
  if (onSuccess === null) return transport;
  return {
    send: async (request) => {
      const reply = await transport.send(request);
      const status = statusOf(reply);
      if (status >= 200 && status < 300) tell(() => onSuccess(payloadsOf(request)));
      return reply;
    },
    abort: () => transport.abort(),
  };
}

function describe({ outcome, reply, events }: FailedRequest, isFinal: boolean): RequestFailure {
  const isEnd = events.length === 1 && (outcome.kind === "rejected" || outcome.kind === "split");
  return {
    status: statusOf(reply),
    reason: "reason" in outcome ? outcome.reason : outcome.kind,
    willRetry: !isFinal && !isEnd,
  };
}

function statusOf(reply: Reply | null): number {
  return reply?.kind === "answered" ? reply.response.status : 0;
}

/** What the owner's function does wrong is its own affair: neither its error nor its rejection goes further. */
function tell(callback: () => unknown): void {
  try {
    void Promise.resolve(callback()).catch(() => undefined);
  } catch {
    // As above.
  }
}
