/** Who made a request, as far as it shows: the network user id with its cookie, the address, the browser. */
import type { Arrival } from "../codec.js";
import { headersWithout } from "../http.js";
import type { RequestHead, WireResponse } from "../http.js";
import type { Sender } from "./context.js";
import { cookieLines, readCookie } from "./cookie.js";
import type { Cookie, CookieValue } from "./cookie.js";
import { saysDoNotTrack } from "./do-not-track.js";
import type { DoNotTrackOptions } from "./do-not-track.js";
import { isUuid } from "./payload-keys.js";

/** A request as its sender's. */
export interface Visit {
  readonly sender: Sender;
  /** What is to be said by the cookie; null to say nothing. */
  readonly cookie: CookieValue | null;
  /** Nothing in the request says who it was: the id is a new one. */
  readonly isUnknown: boolean;
}

export const anonymousNetworkUserId = "00000000-0000-0000-0000-000000000000";
const unknownAddress = "unknown";

/** Whether the sender asks to be neither recognised nor located. */
export function isAnonymous({ headers }: RequestHead): boolean {
  return headers["sp-anonymous"] !== undefined;
}

interface VisitFacts {
  readonly arrival: Arrival;
  /** The query's. */
  readonly nuid: string;
  readonly cookie: Cookie | null;
}

/** Without a cookie to keep it, a new network user is one request. */
export function readVisit(head: RequestHead, facts: VisitFacts): Visit {
  const { arrival, nuid, cookie } = facts;
  const known = cookie === null ? null : readId(head, cookie);
  if (isAnonymous(head)) return anonymousVisit(head, known === null ? null : cookie);
  const said = isUuid(nuid) ? nuid.toLowerCase() : known;
  const networkUserId = said || arrival.requestId;
  return {
    sender: { ip: senderAddress(head, arrival), userAgent: userAgentOf(head), networkUserId },
    cookie: cookie && { cookie, value: networkUserId, untilMs: arrival.receivedAtMs + cookie.maxAgeMs },
    isUnknown: !said,
  };
}

/** `expiring` is a cookie that came, and ends. */
function anonymousVisit(head: RequestHead, expiring: Cookie | null): Visit {
  return {
    sender: { ip: unknownAddress, userAgent: userAgentOf(head), networkUserId: anonymousNetworkUserId },
    cookie: expiring && { cookie: expiring, value: "", untilMs: 0 },
    isUnknown: false,
  };
}

function userAgentOf({ headers }: RequestHead): string | null {
  return headers["user-agent"] || null;
}

function senderAddress({ headers }: RequestHead, arrival: Arrival): string | null {
  return headers["x-forwarded-for"]?.split(",")[0]?.trim() || arrival.remoteAddress || null;
}

/** Null when there is no such cookie, empty when it holds no id. Only a UUID is one: it goes back into a header. */
function readId(head: RequestHead, { name }: Cookie): string | null {
  const value = readCookie(head, name);
  return value === null || isUuid(value) ? (value?.toLowerCase() ?? null) : "";
}

/** The answer with what is to be said by the cookie. */
export function withCookie(reply: WireResponse, head: RequestHead, { cookie }: Visit): WireResponse {
  if (cookie === null) return reply;
  return { status: reply.status, headers: reply.headers, body: reply.body, cookies: cookieLines(head, cookie) };
}

/** What is looked for among the cookies. */
export interface CookiesRead {
  readonly cookie: Cookie | null;
  readonly doNotTrack: DoNotTrackOptions | null;
}

/**
 * What of a head may be kept: of the cookies only those that are read here, no credentials, and of an anonymous sender
 * neither address nor id. That its cookie came is still needed for the answer.
 */
export function keptHead(head: RequestHead, { cookie, doNotTrack }: CookiesRead): RequestHead {
  const { method, path, query } = head;
  const isHidden = isAnonymous(head);
  const headers = headersWithout(head.headers, isHidden ? unkeptOfHidden : unkept);
  const id = cookie === null ? null : readId(head, cookie);
  const kept = cookie === null || id === null ? [] : [`${cookie.name}=${isHidden ? "" : id}`];
  // Of a request that says so nothing is kept at all; until then it has to be known.
  if (doNotTrack !== null && saysDoNotTrack(head, doNotTrack)) {
    kept.push(`${doNotTrack.name}=${readCookie(head, doNotTrack.name) ?? ""}`);
  }
  return { method, path, query, headers: kept.length === 0 ? headers : { ...headers, cookie: kept.join("; ") } };
}

const unkept = new Set(["cookie", "authorization"]);
/** Where the address is, too. */
const unkeptOfHidden = new Set([...unkept, "x-forwarded-for", "x-real-ip", "forwarded"]);
