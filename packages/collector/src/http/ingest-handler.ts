/**
 * The path of a request that brings events: limits, key, body, decode and keep, answer — in the order the gateways check.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Receiver, Refusal, RequestHead, Route, WireResponse } from "@oncewire/protocol";
import type { Ingest } from "../ingest/ingest.js";
import type { Latencies } from "../ingest/latencies.js";
import type { Ledger } from "../ingest/ledger.js";
import type { Projects } from "../projects.js";
import type { CollectorReport } from "../report.js";
import type { Runtime } from "../runtime.js";
import type { ReadAccess } from "./access.js";
import { readBody } from "./body.js";
import { networkOf } from "./rate-limiter.js";
import { send, sendAndClose } from "./reply.js";

export interface IngestHandlerParts {
  readonly ingest: Ingest;
  readonly projects: Projects;
  readonly ledger: Pick<Ledger, "refused">;
  readonly latencies: Pick<Latencies, "observe">;
  /** By the address of the connection; null is no limit. */
  readonly addressLimit: Limit | null;
  /** By ingest key. */
  readonly keyLimit: Limit | null;
  /** Who may read, too: their replies tell more. */
  readonly access: ReadAccess;
  readonly runtime: Runtime;
  readonly onReport: (report: CollectorReport) => void;
}

/** A `RateLimiter`, or the way to one. */
export interface Limit {
  take(who: string): number | null | Promise<number | null>;
}

/** A request on its way in, and the way to answer it. */
export interface Exchange {
  readonly receiver: Receiver;
  readonly route: Route;
  readonly head: RequestHead;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export type IngestHandler = (exchange: Exchange) => Promise<void>;

/** Seconds a sender is asked to wait while the log takes nothing. */
const unavailableSeconds = 5;

export function createIngestHandler(parts: IngestHandlerParts): IngestHandler {
  const { ledger, latencies, runtime } = parts;
  return async (exchange) => {
    const startedMs = runtime.monotonicMs();
    const { receiver, route, head, request, response } = exchange;
    const result = await take(parts, exchange);
    switch (result.kind) {
      case "aborted":
        return;
      case "answered":
        send(response, result.reply, receiver.headers(head));
        return latencies.observe(runtime.monotonicMs() - startedMs);
      case "refused": {
        const { refusal } = result;
        ledger.refused(refusal.kind);
        parts.onReport({ kind: "refused", reason: refusal.kind, protocol: receiver.protocol });
        // What is left of a body that nobody wants is not read: it may have no end.
        const answer = request.complete ? send : sendAndClose;
        return answer(response, receiver.refuse(refusal, route), receiver.headers(head));
      }
    }
  };
}

type Taken =
  | { readonly kind: "answered"; readonly reply: WireResponse }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** The client went away: there is nobody to answer. */
  | { readonly kind: "aborted" };

async function take(parts: IngestHandlerParts, exchange: Exchange): Promise<Taken> {
  const { receiver, route, head, request } = exchange;
  const crowd = await limited(parts.addressLimit, () => networkOf(request.socket.remoteAddress ?? ""));
  if (crowd !== null) return refused(crowd);
  if (!route.methods.includes(head.method)) return refused({ kind: "method-not-allowed", allow: route.methods });
  const project = findProject(parts.projects, exchange);
  if (project.kind !== "known") return project;
  const busy = await limited(parts.keyLimit, () => project.key);
  if (busy !== null) return refused(busy);
  const body = await readBody(request, {
    maxBytes: receiver.maxBodyBytes,
    contentEncodings: receiver.contentEncodings,
  });
  switch (body.kind) {
    case "aborted":
      return body;
    case "too-large":
      return refused({ kind: "too-large", maxBytes: body.maxBytes });
    case "unreadable":
      return refused({ kind: "unreadable-body", message: body.message });
    case "read": {
      const arrival = arrivalOf(parts.runtime, exchange, project.project);
      const mayRead = (): boolean => parts.access.refuse(head, request.socket.remoteAddress ?? "") === null;
      const incoming = { receiver, head: receiver.redact(head), arrival, mayRead, ...body };
      const result = await parts.ingest.accept(incoming);
      if (result.kind === "answered") return result;
      return refused({ kind: "unavailable", retryAfterSeconds: unavailableSeconds });
    }
  }
}

function refused(refusal: Refusal): Taken {
  return { kind: "refused", refusal };
}

async function limited(limit: Limit | null, who: () => string): Promise<Refusal | null> {
  if (limit === null) return null;
  const waitMs = await limit.take(who());
  return waitMs === null ? null : { kind: "rate-limited", retryAfterSeconds: Math.ceil(waitMs / 1_000) };
}

type FoundProject =
  | { readonly kind: "known"; readonly project: string; readonly key: string }
  | { readonly kind: "refused"; readonly refusal: Refusal };

function findProject(projects: Projects, { receiver, route, head }: Exchange): FoundProject {
  const key = receiver.key(head, route);
  if (!key.ok) return { kind: "refused", refusal: { kind: "unreadable-key", message: key.problems[0].message } };
  const match = projects.find(key.value);
  switch (match.kind) {
    case "known":
      return { kind: "known", project: match.project, key: key.value };
    case "unknown":
      return { kind: "refused", refusal: { kind: "unknown-key" } };
    case "disabled":
      return { kind: "refused", refusal: { kind: "disabled-key" } };
  }
}

function arrivalOf(
  runtime: Runtime,
  { receiver, route, head, request }: Exchange,
  project: string,
): {
  route: string;
  project: string;
  receivedAtMs: number;
  remoteAddress: string;
  requestId: string;
} {
  return {
    route: route.name,
    project,
    receivedAtMs: runtime.nowMs(),
    remoteAddress: receiver.isAnonymous?.(head) === true ? "" : (request.socket.remoteAddress ?? ""),
    requestId: runtime.uuid(),
  };
}
