/**
 * A request as canonical events, bad events and the answer a Snowplow collector gives. The answer never depends on what
 * the request holds: a collector keeps everything, and what is bad is known by its reason.
 */
import type { Arrival } from "../codec.js";
import { decoded } from "../decoded.js";
import type { Decoded } from "../decoded.js";
import type { BadEvent, CanonicalEvent } from "../event.js";
import type { WireRequest, WireResponse } from "../http.js";
import { isoTime } from "../iso-time.js";
import { uuidOf } from "../uuid.js";
import { readItems } from "./adapters.js";
import { canonicalEvent, checkEvent } from "./canonical.js";
import type { CheckedEvent, DataCheck } from "./canonical.js";
import type { Sender } from "./context.js";
import { decideBounce } from "./cookie-bounce.js";
import type { CookieBounce } from "./cookie-bounce.js";
import { cookieLines } from "./cookie.js";
import { saysDoNotTrack } from "./do-not-track.js";
import { readQuery } from "./items.js";
import type { Item } from "./items.js";
import type { Payload } from "./payload-keys.js";
import type { Fault } from "./problem-codes.js";
import { bounceReply, redirectReply, trackedReply } from "./reply.js";
import type { Redirects } from "./reply.js";
import { readVisit } from "./visitor.js";
import type { CookiesRead, Visit } from "./visitor.js";

/** A receiver's options, resolved. */
export interface DecodeSettings extends CookiesRead {
  readonly cookieBounce: CookieBounce | null;
  readonly redirects: Redirects | null;
  readonly paths: ReadonlyMap<string, string>;
  readonly projectOf: (key: string) => string | null;
  readonly checkData: DataCheck;
}

export function decode(request: WireRequest, arrival: Arrival, settings: DecodeSettings): Decoded {
  const path = settings.paths.get(request.path) ?? request.path;
  const query = readQuery(request.query);
  const asked = askedFor(request, path, settings);
  const answer = (): WireResponse =>
    asked.kind === "redirect" ? redirectReply(query["u"], asked.redirects) : trackedReply(request.method);
  const isUnwanted = settings.doNotTrack !== null && saysDoNotTrack(request, settings.doNotTrack);
  if (isUnwanted || (asked.kind === "redirect" && asked.redirects === null)) return nothing(answer);

  const first = readVisit(request, { arrival, nuid: query["nuid"] ?? "", cookie: settings.cookie });
  const bounced = decideBounce(asked.kind === "redirect" ? null : settings.cookieBounce, first, { request, query });
  if (bounced.kind === "leads-back") {
    return nothing(() => withCookie(bounceReply(bounced.location), request, first));
  }
  const { visit } = bounced;
  const reply = (): WireResponse => withCookie(answer(), request, visit);
  return held(readItems(request, path), { arrival, settings, sender: visit.sender, reply });
}

/** To be tracked, or to be led elsewhere, too: null where that is switched off. */
type Asked = { readonly kind: "tracking" } | { readonly kind: "redirect"; readonly redirects: Redirects | null };

function askedFor({ path }: WireRequest, standsFor: string, { redirects }: DecodeSettings): Asked {
  if (path.startsWith("/r/")) return { kind: "redirect", redirects: redirects?.mappedOnly === true ? null : redirects };
  return standsFor.startsWith("/r/") ? { kind: "redirect", redirects } : { kind: "tracking" };
}

/** A request of which nothing is kept. */
function nothing(reply: () => WireResponse): Decoded {
  return decoded({ count: 0, events: () => [], bad: [], reply });
}

function withCookie(reply: WireResponse, request: WireRequest, { cookie }: Visit): WireResponse {
  return cookie === null ? reply : { ...reply, cookies: cookieLines(request, cookie) };
}

interface Around {
  readonly arrival: Arrival;
  readonly settings: DecodeSettings;
  readonly sender: Sender;
  readonly reply: () => WireResponse;
}

function held(items: readonly Item[], around: Around): Decoded {
  const good: CheckedEvent[] = [];
  const bad: BadEvent[] = [];
  items.forEach((item, position) => {
    const read = item.kind === "fault" ? item.fault : checkEvent(item.payload, position, around.settings.checkData);
    if (read.kind === "checked") good.push(read);
    else bad.push(badEvent(item, read, { position, around }));
  });
  return decoded({ count: good.length, events: () => eventsOf(good, around), bad, reply: around.reply });
}

function eventsOf(good: readonly CheckedEvent[], around: Around): readonly CanonicalEvent[] {
  const { arrival, sender } = around;
  const receivedAt = isoTime(arrival.receivedAtMs);
  return good.map((event) =>
    canonicalEvent(event, { arrival, project: projectOf(event.payload, around), sender, receivedAt }),
  );
}

/** An event's app id names its project, else its tracker's namespace does, else whatever admitted the request. */
function projectOf(payload: Payload, { arrival, settings }: Around): string {
  const { aid, tna } = payload;
  return (aid ? settings.projectOf(aid) : null) ?? (tna ? settings.projectOf(tna) : null) ?? arrival.project;
}

interface Place {
  readonly position: number;
  readonly around: Around;
}

function badEvent(item: Item, { code, message }: Fault, { position, around }: Place): BadEvent {
  return {
    id: uuidOf(around.arrival.requestId, `bad ${position}`),
    protocol: "snowplow",
    project: projectOf(item.payload, around),
    receivedAt: isoTime(around.arrival.receivedAtMs),
    code,
    message,
    wire: item.kind === "fault" ? item.wire : item.payload,
  };
}
