/** Where a visitor is, by the headers that a hosting platform adds. Anyone can send them, so only the named one is read. */
import { defined } from "./defined.js";
import { headerOf } from "./safe-read.js";

export const platforms = ["cloudflare", "vercel", "app-engine"] as const;
export type Platform = (typeof platforms)[number];

export interface Geo {
  /** ISO 3166-1, two letters. */
  readonly country?: string;
  readonly region?: string;
  readonly city?: string;
}

const headerNames: Readonly<Record<Platform, Readonly<Record<keyof Geo, string>>>> = {
  cloudflare: { country: "cf-ipcountry", region: "cf-region-code", city: "cf-ipcity" },
  vercel: { country: "x-vercel-ip-country", region: "x-vercel-ip-country-region", city: "x-vercel-ip-city" },
  "app-engine": { country: "x-appengine-country", region: "x-appengine-region", city: "x-appengine-city" },
};

export function geoOf(headers: unknown, platform: Platform): Geo | undefined {
  const names = headerNames[platform];
  const country = headerOf(headers, names.country)?.toUpperCase();
  const geo = defined({
    // XX, ZZ and T1 stand for unknown places and for Tor.
    country: country !== undefined && /^[A-Z]{2}$/.test(country) && !/^(?:XX|ZZ)$/.test(country) ? country : undefined,
    region: headerOf(headers, names.region),
    city: decoded(headerOf(headers, names.city)),
  });
  return Object.keys(geo).length === 0 ? undefined : geo;
}

/** Vercel percent-encodes names of cities. */
function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return text;
  }
}
