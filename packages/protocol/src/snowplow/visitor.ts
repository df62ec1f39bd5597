/** Who made a request, as far as it shows: the network user id with its cookie, the address, the browser. */
import type { Arrival } from "../codec.js";
import type { RequestHead, WireHeaders } from "../http.js";
import type { Sender } from "./context.js";
import { isUuid } from "./payload-keys.js";

/** The cookie that carries the network user id. */
export interface CookieOptions {
  /** @default "sp" */
  readonly name?: string;
  /** @default one year */
  readonly maxAgeMs?: number;
  /** The first that is a host of `Origin`, or a parent of one, becomes the cookie's domain. @default [] */
  readonly domains?: readonly string[];
  /** The cookie's domain where no other fits. @default none: the host that answered */
  readonly fallbackDomain?: string;
}

export interface Cookie {
  readonly name: string;
  readonly maxAgeMs: number;
  readonly domains: readonly string[];
  readonly fallbackDomain: string | null;
}

/** A request as its sender's. */
export interface Visit {
  readonly sender: Sender;
  /** What is to be said by the cookie; null to say nothing. */
  readonly cookie: CookieValue | null;
}

interface CookieValue {
  readonly cookie: Cookie;
  readonly value: string;
  readonly untilMs: number;
}

export const anonymousNetworkUserId = "00000000-0000-0000-0000-000000000000";
const unknownAddress = "unknown";
const yearMs = 365 * 24 * 60 * 60 * 1000;
const tokenPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const domainPattern = /^[a-z0-9.-]+$/i;

/** Throws a TypeError for what cannot stand in a Set-Cookie header. */
export function resolveCookie(options: CookieOptions): Cookie {
  const { name = "sp", maxAgeMs = yearMs, domains = [], fallbackDomain = null } = options;
  if (!tokenPattern.test(name)) throw new TypeError("`cookie.name` must be a token such as `sp`.");
  if (!Number.isFinite(maxAgeMs) || maxAgeMs < 0) throw new TypeError("`cookie.maxAgeMs` must be a number ≥ 0.");
  for (const domain of [...domains, ...(fallbackDomain === null ? [] : [fallbackDomain])]) {
    if (!domainPattern.test(domain)) throw new TypeError(`A cookie's domain must be a host name, got "${domain}".`);
  }
  return { name, maxAgeMs, domains, fallbackDomain };
}

/** Whether the sender asks to be neither recognised nor located. */
export function isAnonymous({ headers }: RequestHead): boolean {
  return headers["sp-anonymous"] !== undefined;
}

/** `nuid` is the query's. Without a cookie to keep it, a new network user is one request. */
export function readVisit(head: RequestHead, at: { arrival: Arrival; nuid: string; cookie: Cookie | null }): Visit {
  const { arrival, nuid, cookie } = at;
  const cookieValue = cookie === null ? null : readCookie(head.headers["cookie"] ?? "", cookie.name);
  const userAgent = head.headers["user-agent"] || null;
  if (isAnonymous(head)) {
    const expired = cookie === null || cookieValue === null ? null : { cookie, value: "", untilMs: 0 };
    return { sender: { ip: unknownAddress, userAgent, networkUserId: anonymousNetworkUserId }, cookie: expired };
  }
  const networkUserId = isUuid(nuid) ? nuid.toLowerCase() : cookieValue || arrival.requestId;
  return {
    sender: { ip: senderAddress(head, arrival), userAgent, networkUserId },
    cookie: cookie && { cookie, value: networkUserId, untilMs: arrival.receivedAtMs + cookie.maxAgeMs },
  };
}

function senderAddress({ headers }: RequestHead, arrival: Arrival): string | null {
  return headers["x-forwarded-for"]?.split(",")[0]?.trim() || arrival.remoteAddress || null;
}

/** Null when there is no such cookie. Only a UUID is taken: its value goes back into a header. */
function readCookie(header: string, name: string): string | null {
  for (const pair of header.split(";")) {
    const mark = pair.indexOf("=");
    if (pair.slice(0, mark).trim() !== name) continue;
    const value = pair.slice(mark + 1).trim();
    return isUuid(value) ? value.toLowerCase() : "";
  }
  return null;
}

/** `set-cookie` of the answer, if it has one. */
export function cookieHeaders(head: RequestHead, visit: Visit): WireHeaders {
  if (visit.cookie === null) return {};
  const { cookie, value, untilMs } = visit.cookie;
  const domain = cookieDomain(head, cookie);
  const attributes = [
    `${cookie.name}=${value}`,
    `Expires=${new Date(untilMs).toUTCString()}`,
    ...(domain === null ? [] : [`Domain=${domain}`]),
    "Path=/",
    "SameSite=None",
    "Secure",
    "HttpOnly",
  ];
  return { "set-cookie": attributes.join("; ") };
}

function cookieDomain({ headers }: RequestHead, { domains, fallbackDomain }: Cookie): string | null {
  const hosts = originsOf(headers["origin"] ?? "").map((origin) => new URL(origin).hostname);
  const fits = (domain: string): boolean => hosts.some((host) => host === domain || host.endsWith(`.${domain}`));
  return domains.find(fits) ?? fallbackDomain;
}

/** The origins of an Origin header that can be read; `null` is none. */
export function originsOf(header: string): readonly string[] {
  return header
    .split(/[ ,]+/)
    .filter((origin) => /^https?:\/\/[^/]+$/.test(origin) && URL.canParse(origin))
    .map((origin) => new URL(origin).origin);
}

/**
 * What of a head may be kept: of the cookies only the one that is read here, no credentials, and of an anonymous sender
 * neither address nor id. That its cookie came is still needed for the answer.
 */
export function keptHead(head: RequestHead, cookie: Cookie | null): RequestHead {
  const { cookie: cookies = "", authorization: _credentials, ...headers } = head.headers;
  const id = cookie === null ? null : readCookie(cookies, cookie.name);
  const isHidden = isAnonymous(head);
  const ours: WireHeaders = cookie === null || id === null ? {} : { cookie: `${cookie.name}=${isHidden ? "" : id}` };
  return { ...head, headers: { ...(isHidden ? withoutAddress(headers) : headers), ...ours } };
}

function withoutAddress(headers: WireHeaders): WireHeaders {
  const { "x-forwarded-for": _forwarded, "x-real-ip": _real, forwarded: _rfc, ...rest } = headers;
  return rest;
}
