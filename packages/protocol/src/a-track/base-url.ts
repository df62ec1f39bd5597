/** Where A-Track takes requests. */
import { failed, ok } from "../problem.js";
import type { Result } from "../problem.js";

/** The regions that A-Track's SDKs name. Others of the same form are taken too: a new one needs no release of ours. */
export const geos = ["nyc", "sfo", "ams", "sgp", "lon", "fra", "tor", "blr", "syd", "atl", "ric"] as const;
export type Geo = (typeof geos)[number] | (string & {});

/** A label of a host name and nothing else, so that a setting cannot lead the key to another host. */
const geoForm = /^[A-Za-z0-9-]{1,32}$/;

/** `https://api.a-track.io`, or the host of a region. */
export function baseUrlFor(geo?: Geo | null): Result<string> {
  if (geo === undefined || geo === null) return ok("https://api.a-track.io");
  if (typeof geo === "string" && geoForm.test(geo)) return ok(`https://${geo.toLowerCase()}.api.a-track.io`);
  const message = 'Expected a region such as "fra": 1 to 32 letters a to z, digits or hyphens; got something else.';
  return failed({ path: "geo", code: "invalid-geo", message });
}
