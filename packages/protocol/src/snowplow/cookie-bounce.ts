/**
 * Learning whether a browser keeps cookies, before its first event counts: a pixel that is asked for by an unknown sender
 * leads back to itself with a mark and the cookie. Who then still is unknown keeps none, and counts as one with all others
 * of that kind.
 */
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

/** Where an unknown sender is to ask for the pixel again; null for who has done so. The same path: it leads nowhere else. */
export function bounceLocation(rawQuery: string, query: Payload, { name }: CookieBounce): string | null {
  return query[name] === undefined ? `?${rawQuery === "" ? "" : `${rawQuery}&`}${name}=true` : null;
}

/** The visit of an unknown sender who came back, and so keeps no cookie. */
export function cookielessVisit(visit: Visit, { fallbackNetworkUserId: networkUserId }: CookieBounce): Visit {
  return { ...visit, sender: { ...visit.sender, networkUserId }, cookie: null };
}
