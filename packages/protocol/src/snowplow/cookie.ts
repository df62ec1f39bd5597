/** The cookie that carries the network user id: what it may be told, how it is read, and how it is set. */
import type { RequestHead } from "../http.js";

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
  /** With which requests of other sites it is sent: `None` is with all. @default "None" */
  readonly sameSite?: SameSite;
  /** Whether it is sent over https alone; with `sameSite` None it always is, for browsers refuse it otherwise. @default true */
  readonly secure?: boolean;
  /** Whether scripts of a page cannot read it. @default true */
  readonly httpOnly?: boolean;
  /** Another cookie with the same value, which scripts can read. @default none is set */
  readonly clientCookieName?: string;
}

const sameSites = ["None", "Lax", "Strict"] as const;
type SameSite = (typeof sameSites)[number];

export interface Cookie {
  readonly name: string;
  readonly maxAgeMs: number;
  readonly domains: readonly string[];
  readonly fallbackDomain: string | null;
  /** What follows the path, but `HttpOnly`. */
  readonly manners: readonly string[];
  readonly httpOnly: boolean;
  readonly clientCookieName: string | null;
}

/** A value that the cookie is to have, and until when. */
export interface CookieValue {
  readonly cookie: Cookie;
  readonly value: string;
  readonly untilMs: number;
}

const yearMs = 365 * 24 * 60 * 60 * 1000;
const tokenPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const domainPattern = /^[a-z0-9.-]+$/i;

type Resolved = Required<Omit<CookieOptions, "fallbackDomain" | "clientCookieName">> &
  Pick<Cookie, "fallbackDomain" | "clientCookieName">;

const defaults: Resolved = {
  name: "sp",
  maxAgeMs: yearMs,
  domains: [],
  fallbackDomain: null,
  sameSite: "None",
  secure: true,
  httpOnly: true,
  clientCookieName: null,
};

/** Throws a TypeError for what cannot stand in a Set-Cookie header. */
export function resolveCookie(options: CookieOptions): Cookie {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const { sameSite, secure, ...cookie }: Resolved = { ...defaults, ...given };
  checkNames(cookie);
  checkDomains(cookie);
  const { maxAgeMs } = cookie;
  if (!Number.isFinite(maxAgeMs) || maxAgeMs < 0) throw new TypeError("`cookie.maxAgeMs` must be a number ≥ 0.");
  if (!sameSites.includes(sameSite)) throw new TypeError(`\`cookie.sameSite\` must be one of ${sameSites.join(", ")}.`);
  return { ...cookie, manners: [`SameSite=${sameSite}`, ...(secure || sameSite === "None" ? ["Secure"] : [])] };
}

function checkNames({ name, clientCookieName }: Pick<Cookie, "name" | "clientCookieName">): void {
  checkCookieName("cookie.name", name);
  if (clientCookieName === null) return;
  checkCookieName("cookie.clientCookieName", clientCookieName);
  if (name === clientCookieName) {
    throw new TypeError("`cookie.clientCookieName` must be another name than the cookie's own.");
  }
}

function checkDomains({ domains, fallbackDomain }: Pick<Cookie, "domains" | "fallbackDomain">): void {
  for (const domain of fallbackDomain === null ? domains : [...domains, fallbackDomain]) {
    if (!domainPattern.test(domain)) throw new TypeError(`A cookie's domain must be a host name, got "${domain}".`);
  }
}

/** Throws a TypeError for what is no name of a cookie. */
export function checkCookieName(option: string, name: string): void {
  if (!tokenPattern.test(name)) throw new TypeError(`\`${option}\` must be a token such as \`sp\`.`);
}

/** Null when there is no such cookie. */
export function readCookie({ headers }: RequestHead, name: string): string | null {
  const cookies = headers["cookie"];
  if (cookies === undefined) return null;
  for (const pair of cookies.split(";")) {
    const mark = pair.indexOf("=");
    if (pair.slice(0, mark).trim() === name) return pair.slice(mark + 1).trim();
  }
  return null;
}

/** To the second, so that many answers one after the other have the same. */
function httpDate(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastDate.second) lastDate = { second, text: new Date(second * 1000).toUTCString() };
  return lastDate.text;
}

let lastDate = { second: Number.NaN, text: "" };

/** Values of `set-cookie`. */
export function cookieLines(head: RequestHead, { cookie, value, untilMs }: CookieValue): readonly string[] {
  const domain = cookieDomain(head, cookie);
  const attributes = [
    value,
    `Expires=${httpDate(untilMs)}`,
    ...(domain === null ? [] : [`Domain=${domain}`]),
    "Path=/",
    ...cookie.manners,
  ].join("; ");
  const own = `${cookie.name}=${attributes}${cookie.httpOnly ? "; HttpOnly" : ""}`;
  return cookie.clientCookieName === null ? [own] : [own, `${cookie.clientCookieName}=${attributes}`];
}

function cookieDomain({ headers }: RequestHead, { domains, fallbackDomain }: Cookie): string | null {
  const hosts = originsOf(headers["origin"] ?? "").map((origin) => new URL(origin).hostname);
  const fits = (domain: string): boolean => hosts.some((host) => host === domain || host.endsWith(`.${domain}`));
  return domains.find(fits) ?? fallbackDomain;
}

/** The origins of an Origin header that can be read; `null` is none. */
export function originsOf(header: string): readonly string[] {
  if (header === "") return [];
  return header
    .split(/[ ,]+/)
    .filter((origin) => /^https?:\/\/[^/]+$/.test(origin) && URL.canParse(origin))
    .map((origin) => new URL(origin).origin);
}
