import type { Decoded } from "./decoded.js";
import type { EncodedEvent } from "./encoded-event.js";
import type { JsonObject, ProtocolName, TrackedEvent } from "./event.js";
import type { RequestHead, WireRequest, WireResponse } from "./http.js";
import type { Outcome } from "./outcome.js";
import type { Result } from "./problem.js";

/** What a destination takes in one request. The delivery engine never frames more. */
export interface Limits {
  /** UTF-8 bytes of one encoded event. */
  readonly maxEventBytes: number;
  readonly maxBatchEvents: number;
  /** UTF-8 bytes of one request's body before compression, what `frame` adds included. */
  readonly maxBatchBytes: number;
}

/** What encoding needs and may not fetch for itself. */
export interface Stamp {
  /** Taken where the event brings no id of its own. */
  readonly id: string;
  /** Milliseconds since the epoch, at the call. */
  readonly nowMs: number;
}

/**
 * The sender's half of a wire: from what a caller says to a request, and from the answer to what it means.
 * Pure: the same input gives the same bytes. `Vendor` is what callers may say in this system's own vocabulary.
 */
export interface Encoder<Vendor> {
  readonly protocol: ProtocolName;
  readonly limits: Limits;
  /** The canonical event in this vendor's words, or what of it the wire cannot carry. */
  translate(event: TrackedEvent): Result<Vendor>;
  /** Validates and encodes, once. Any value is survived: what JSON cannot carry is replaced as docs/values.md says. */
  encode(event: Vendor, stamp: Stamp): Result<EncodedEvent>;
  /** Bytes that framing adds to a batch of `count` events, at most. */
  overheadBytes(count: number): number;
  /** Joins encoded events into one request and splices in what is only known now; never encodes an event again. */
  frame(events: readonly EncodedEvent[], sentAtMs: number): WireRequest;
  /** `nowMs` is for a Retry-After given as a date, where the answer has no Date header to compare with. */
  classify(response: WireResponse, nowMs: number): Outcome;
}

/** A path that a receiver answers. `methods` in capitals; any other method is refused as `method-not-allowed`. */
export interface Route {
  /** Stable name, kept in the accept log: `batch`, `track`, `pixel-page`. */
  readonly name: string;
  readonly methods: readonly string[];
  /** Exact, or with `:name` for any one segment (`/:vendor/:version`): exact paths and the collector's own come first. */
  readonly path: string;
}

/** Why a request was turned away before or instead of being decoded. */
export type Refusal =
  | { readonly kind: "method-not-allowed"; readonly allow: readonly string[] }
  | { readonly kind: "unreadable-key"; readonly message: string }
  | { readonly kind: "unknown-key" }
  | { readonly kind: "disabled-key" }
  | { readonly kind: "too-large"; readonly maxBytes: number }
  | { readonly kind: "unreadable-body"; readonly message: string }
  | { readonly kind: "rate-limited"; readonly retryAfterSeconds: number }
  | { readonly kind: "unavailable"; readonly retryAfterSeconds: number };

/** Why nothing is kept of a request that is in order: who sent it, or the operator, wants it so. Closed. */
export const turnAwayReasons = ["do-not-track", "cookie-bounce", "redirects-off"] as const;
export type TurnAwayReason = (typeof turnAwayReasons)[number];

/** What becomes of a request of which nothing is kept. */
export interface TurnedAway {
  readonly reason: TurnAwayReason;
  readonly reply: WireResponse;
}

/** What the collector knows of a request beside its bytes. Kept in the accept log, so that decoding can be repeated. */
export interface Arrival {
  readonly route: string;
  readonly project: string;
  /** Milliseconds since the epoch, by the collector's clock. */
  readonly receivedAtMs: number;
  readonly remoteAddress: string;
  /** A UUID: ids for what came without one are derived from it, the same at every decoding. */
  readonly requestId: string;
}

/** What the collector knows of a user when an event of theirs has been taken in. */
export interface UserTruth {
  /** The event was the first ever of this user. */
  readonly isNewUser: boolean;
  readonly sessionId: string | null;
  /** Null where the sender may not read: an ingest key alone never does. */
  readonly attributes: JsonObject | null;
}

/** A reply that tells of a user, once it is known what. */
export interface Enrichment {
  readonly userId: string;
  readonly eventId: string;
  reply(truth: UserTruth): WireResponse;
}

/** Of a request whose every event is good. */
export type Skimmed = Pick<Decoded, "count" | "reply">;

/**
 * The collector's half of a wire. `decode` is pure and total: it answers for any bytes, and the same log record gives
 * the same events with the same ids at every reading.
 */
export interface Receiver {
  readonly protocol: ProtocolName;
  readonly routes: readonly Route[];
  /** Bytes of a request body after unpacking; one more is refused as `too-large`. */
  readonly maxBodyBytes: number;
  /** Whether `content-encoding: <coding>` is undone before `decode`; exact, as the vendor compares it. */
  readonly contentEncodings: readonly string[];
  /** The key that names the project, from wherever this wire carries it on this route. */
  key(head: RequestHead, route: Route): Result<string>;
  /**
   * Names in the body that may be keys, on a wire that may name the project nowhere else; asked where the key that the
   * head gives is none of the collector's, and null where the head had to tell.
   */
  namesIn?(request: WireRequest): readonly string[] | null;
  decode(request: WireRequest, arrival: Arrival): Decoded;
  /**
   * A look in passing, for the sake of the answer: what `decode` would say of a request whose every event is good, found
   * without making the events; null where that takes decoding, and where `enrich` is to be asked, which wants the events.
   */
  skim?(request: WireRequest, arrival: Arrival): Skimmed | null;
  /**
   * The answer, on a wire whose answer says nothing of what the request holds: it is given without a look, and the events
   * are found, and counted, when the request is decoded from the log.
   */
  answer?(request: WireRequest, arrival: Arrival): WireResponse;
  /**
   * Asked before decoding, about a request of which nothing may be to be kept; null where it is. What is in the accept log was
   * not turned away when it came, and is decoded whatever is asked for now.
   */
  turnAway?(request: WireRequest, arrival: Arrival): TurnedAway | null;
  /**
   * Whose truth belongs into the reply, on a wire whose replies tell of users; null where this one does not. Where it is
   * not known in time, the reply of `decode` is given.
   */
  enrich?(decoded: Decoded, arrival: Arrival): Enrichment | null;
  /** The answer to a refused request, as this vendor words it. */
  refuse(refusal: Refusal, route: Route): WireResponse;
  /** Headers on every answer of this receiver, CORS among them, for a request with this head. */
  headers(head: RequestHead): Readonly<Record<string, string>>;
  /**
   * What of a head is kept in the accept log, and decoded from it later: without the key and whatever else is secret, and
   * otherwise exactly as it came.
   */
  redact(head: RequestHead): RequestHead;
  /** Whether the sender asks not to be located: the address of its connection is not kept. */
  isAnonymous?(head: RequestHead): boolean;
  /** The status of the empty answer to OPTIONS. @default 204 */
  readonly preflightStatus?: 200 | 204;
}
