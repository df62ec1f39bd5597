/**
 * Learning whether a browser keeps cookies, before its first event counts: a pixel that is asked for by an unknown sender
 * leads back to itself with a mark and the cookie. Who then still is unknown keeps none, and counts as one with all others
 * of that kind.
 */
import type { WireRequest } from "../http.js";
import { isUuid } from "./payload-keys.js";
import type { Payload } from "./payload-keys.js";
import type { Visit } from "./visitor.js";

export interface CookieBounceOptions {
  /** The parameter that marks the second request. @default "n3pc" */
  readonly name?: string;
  /** The network user id of all who keep no cookie: a UUID. @default "00000000-0000-4000-a000-000000000000" */
  readonly fallbackNetworkUserId?: string;
}

export type CookieBounce = Required<CookieBounceOptions>;

/** Throws a TypeError for a name that is no plain parameter, and an id that is no UUID. */
export function resolveCookieBounce(options: CookieBounceOptions): CookieBounce {
  const { name = "n3pc", fallbackNetworkUserId = "00000000-0000-4000-a000-000000000000" } = options;
  if (!/^[\w-]+$/.test(name)) throw new TypeError("`cookieBounce.name` must be a parameter such as `n3pc`.");
  if (!isUuid(fallbackNetworkUserId)) throw new TypeError("`cookieBounce.fallbackNetworkUserId` must be a UUID.");
  return { name, fallbackNetworkUserId: fallbackNetworkUserId.toLowerCase() };
}

export type Bounced =
  | { readonly kind: "stays"; readonly visit: Visit }
  /** Where the pixel is to be asked for again: the same path, so that it leads nowhere else. */
  | { readonly kind: "leads-back"; readonly location: string };

export function decideBounce(
  bounce: CookieBounce | null,
  visit: Visit,
  { request, query }: { readonly request: WireRequest; readonly query: Payload },
): Bounced {
  if (bounce === null || !visit.isUnknown || request.method === "POST") return { kind: "stays", visit };
  const { name, fallbackNetworkUserId: networkUserId } = bounce;
  if (query[name] !== undefined) {
    return { kind: "stays", visit: { ...visit, sender: { ...visit.sender, networkUserId }, cookie: null } };
  }
  return { kind: "leads-back", location: `?${request.query === "" ? "" : `${request.query}&`}${name}=true` };
}
