/**
 * The path of a request that brings events: limits, key, body, decode and keep, answer — in the order the gateways check.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Arrival, Receiver, Refusal, RequestHead, Route } from "@oncewire/protocol";
import type { Ingest, IngestResult } from "../ingest/ingest.js";
import type { Latencies } from "../ingest/latencies.js";
import type { Ledger } from "../ingest/ledger.js";
import type { Projects } from "../projects.js";
import type { CollectorReport } from "../report.js";
import type { Runtime } from "../runtime.js";
import type { ReadAccess } from "./access.js";
import type { ClientAddress } from "./client-address.js";
import { readBody } from "./body.js";
import type { BodyResult } from "./body.js";
import { networkOf } from "./rate-limiter.js";
import { send, sendAndClose } from "./reply.js";

export interface IngestHandlerParts {
  readonly ingest: Ingest;
  readonly projects: Projects;
  readonly ledger: Pick<Ledger, "refused" | "unkept">;
  readonly latencies: Pick<Latencies, "observe">;
  readonly clientAddress: ClientAddress;
  /** By the client's address; null is no limit. */
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
    // Where there is no limit there is nothing to wait for.
    const found =
      parts.addressLimit === null && parts.keyLimit === null
        ? admit(parts, exchange)
        : await admitWithin(parts, exchange);
    // A refusal, too, waits until what has come is parsed: a request that is none is answered as such.
    const result = await (found.kind === "refused" ? found : take(parts, exchange, found));
    switch (result.kind) {
      case "aborted":
        return;
      case "unkept":
        ledger.unkept(result.reason);
        return send(response, result.reply, receiver.headers(head));
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

interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
}

type FoundProject = { readonly kind: "known"; readonly project: string; readonly key: string } | Refused;

/** Who may come in, as far as the head tells: on some wires the body may tell what it does not. */
type FoundByHead = FoundProject | { readonly kind: "told-by-body" };

type Taken =
  | Exclude<IngestResult, { readonly kind: "unavailable" }>
  | Refused
  /** The client went away: there is nobody to answer. */
  | { readonly kind: "aborted" };

/** Who may come in, before anything of the body is read. */
function admit({ projects }: IngestHandlerParts, { receiver, route, head }: Exchange): FoundByHead {
  if (!route.methods.includes(head.method)) return refused({ kind: "method-not-allowed", allow: route.methods });
  const key = receiver.key(head, route);
  if (!key.ok) return refused({ kind: "unreadable-key", message: key.problems[0].message });
  const found = find(projects, key.value);
  const mayBodyTell =
    found.kind === "refused" && found.refusal.kind === "unknown-key" && receiver.namesIn !== undefined;
  return mayBodyTell ? { kind: "told-by-body" } : found;
}

function find(projects: Projects, key: string): FoundProject {
  const match = projects.find(key);
  switch (match.kind) {
    case "known":
      return { kind: "known", project: match.project, key };
    case "unknown":
      return refused({ kind: "unknown-key" });
    case "disabled":
      return refused({ kind: "disabled-key" });
  }
}

/** The first of the body's names that is a key lets the request in; else the first that was one says why not. */
function findByBody({ projects }: IngestHandlerParts, { receiver, head }: Exchange, body: Uint8Array): FoundProject {
  const { method, path, query, headers } = head;
  const names = receiver.namesIn?.({ method, path, query, headers, body }) ?? [];
  const found = names.map((name) => find(projects, name));
  const disabled = found.find((one) => one.kind === "refused" && one.refusal.kind === "disabled-key");
  return found.find(({ kind }) => kind === "known") ?? disabled ?? refused({ kind: "unknown-key" });
}

async function admitWithin(parts: IngestHandlerParts, exchange: Exchange): Promise<FoundByHead> {
  const { addressLimit, keyLimit } = parts;
  const crowdMs = addressLimit === null ? null : await addressLimit.take(networkOf(addressOf(parts, exchange)));
  if (crowdMs !== null) return rateLimited(crowdMs);
  const found = admit(parts, exchange);
  return found.kind === "known" ? await withinLimit(keyLimit, found) : found;
}

async function withinLimit(limit: Limit | null, found: FoundProject & { kind: "known" }): Promise<FoundProject> {
  const busyMs = limit === null ? null : await limit.take(found.key);
  return busyMs === null ? found : rateLimited(busyMs);
}

/**
 * Reads the body and keeps the request. No async function: it would hold on to the body, and to what was made of it,
 * until the request is kept.
 */
function take(parts: IngestHandlerParts, exchange: Exchange, found: Exclude<FoundByHead, Refused>): Promise<Taken> {
  const { receiver, request } = exchange;
  const limits = { maxBytes: receiver.maxBodyBytes, contentEncodings: receiver.contentEncodings };
  return readBody(request, limits).then((body) => {
    if (body.kind !== "read") return untaken(body);
    return found.kind === "known"
      ? keep(parts, exchange, { project: found.project, body })
      : keepIfNamed(parts, exchange, body);
  });
}

async function keepIfNamed(parts: IngestHandlerParts, exchange: Exchange, body: ReadBody): Promise<Taken> {
  const named = findByBody(parts, exchange, body.unpacked.whole);
  const found = named.kind === "known" ? await withinLimit(parts.keyLimit, named) : named;
  return found.kind === "refused" ? found : keep(parts, exchange, { project: found.project, body });
}

function keep(
  parts: IngestHandlerParts,
  exchange: Exchange,
  { project, body }: { readonly project: string; readonly body: ReadBody },
): Promise<Taken> {
  const { receiver, head, request } = exchange;
  const { received, unpacked } = body;
  const arrival = arrivalOf(parts, exchange, project);
  const mayRead = (): boolean => parts.access.refuse(head, request.socket.remoteAddress ?? "") === null;
  const incoming = { receiver, head: receiver.redact(head), arrival, mayRead, received, unpacked };
  const accepting = parts.ingest.accept(incoming);
  if (unpacked !== received) unpacked.letGo();
  return accepting.then((result) => {
    received.letGo();
    return takenOf(result);
  });
}

type ReadBody = BodyResult & { readonly kind: "read" };

function untaken(body: Exclude<BodyResult, ReadBody>): Taken {
  switch (body.kind) {
    case "aborted":
      return body;
    case "too-large":
      return refused({ kind: "too-large", maxBytes: body.maxBytes });
    case "unreadable":
      return refused({ kind: "unreadable-body", message: body.message });
  }
}

function takenOf(result: IngestResult): Taken {
  if (result.kind !== "unavailable") return result;
  return refused({ kind: "unavailable", retryAfterSeconds: unavailableSeconds });
}

function refused(refusal: Refusal): Refused {
  return { kind: "refused", refusal };
}

function rateLimited(waitMs: number): Refused {
  return refused({ kind: "rate-limited", retryAfterSeconds: Math.ceil(waitMs / 1_000) });
}

function arrivalOf(parts: IngestHandlerParts, exchange: Exchange, project: string): Arrival {
  const { receiver, route, head } = exchange;
  const { runtime } = parts;
  return {
    route: route.name,
    project,
    receivedAtMs: runtime.nowMs(),
    remoteAddress: receiver.isAnonymous?.(head) === true ? "" : addressOf(parts, exchange),
    requestId: runtime.uuid(),
  };
}

function addressOf({ clientAddress }: IngestHandlerParts, { head, request }: Exchange): string {
  return clientAddress(head, request.socket.remoteAddress ?? "");
}
