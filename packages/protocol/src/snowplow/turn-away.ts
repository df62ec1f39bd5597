/**
 * Requests that are answered and of which nothing is kept: links while redirects are off, who is not to be tracked, and a
 * browser's first pixel while it is not known whether it keeps cookies.
 */
import type { Arrival, TurnAwayReason, TurnedAway } from "../codec.js";
import type { WireRequest } from "../http.js";
import { answerTo, askedFor } from "./asked.js";
import type { AskedSettings } from "./asked.js";
import { bounceLocation } from "./cookie-bounce.js";
import type { CookieBounce } from "./cookie-bounce.js";
import { saysDoNotTrack } from "./do-not-track.js";
import { readQuery } from "./items.js";
import { bounceReply } from "./reply.js";
import { readVisit, withCookie } from "./visitor.js";
import type { CookiesRead } from "./visitor.js";

export interface TurnAwaySettings extends AskedSettings, CookiesRead {
  readonly cookieBounce: CookieBounce | null;
}

export function turnAway(request: WireRequest, arrival: Arrival, settings: TurnAwaySettings): TurnedAway | null {
  const { cookie, cookieBounce, doNotTrack } = settings;
  const asked = askedFor(request, settings);
  const answered = (reason: TurnAwayReason): TurnedAway => {
    return { reason, reply: answerTo(request, asked, readQuery(request.query)) };
  };
  if (asked.kind === "redirect" && asked.redirects === null) return answered("redirects-off");
  if (doNotTrack !== null && saysDoNotTrack(request, doNotTrack)) return answered("do-not-track");
  if (cookieBounce === null || asked.kind === "redirect" || request.method === "POST") return null;
  const query = readQuery(request.query);
  const visit = readVisit(request, { arrival, nuid: query["nuid"] ?? "", cookie });
  const location = visit.isUnknown ? bounceLocation(request.query, query, cookieBounce) : null;
  if (location === null) return null;
  return { reason: "cookie-bounce", reply: withCookie(bounceReply(location), request, visit) };
}
