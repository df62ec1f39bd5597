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
import { answerTo, askedFor } from "./asked.js";
import { canonicalEvent, checkEvent } from "./canonical.js";
import type { CheckedEvent, DataCheck } from "./canonical.js";
import type { Sender } from "./context.js";
import { bounceLocation, cookielessVisit } from "./cookie-bounce.js";
import { readQuery } from "./items.js";
import type { Item } from "./items.js";
import type { Payload } from "./payload-keys.js";
import type { Fault } from "./problem-codes.js";
import type { TurnAwaySettings } from "./turn-away.js";
import { readVisit, withCookie } from "./visitor.js";
import type { Visit } from "./visitor.js";

/** A receiver's options, resolved. */
export interface DecodeSettings extends TurnAwaySettings {
  readonly projectOf: (key: string) => string | null;
  readonly checkData: DataCheck;
}

/** What was turned away when it came is not asked again: a request in the log has been kept. */
export function decode(request: WireRequest, arrival: Arrival, settings: DecodeSettings): Decoded {
  const query = readQuery(request.query);
  const visit = visitOf(request, { arrival, query, settings });
  const reply = (): WireResponse => answer(request, arrival, settings);
  const items = readItems(request, settings.paths.get(request.path) ?? request.path);
  return held(items, { arrival, settings, sender: visit.sender, reply });
}

export function answer(request: WireRequest, arrival: Arrival, settings: DecodeSettings): WireResponse {
  const query = readQuery(request.query);
  const visit = visitOf(request, { arrival, query, settings });
  return withCookie(answerTo(request, askedFor(request, settings), query), request, visit);
}

interface VisitFacts {
  readonly arrival: Arrival;
  readonly query: Payload;
  readonly settings: DecodeSettings;
}

function visitOf(request: WireRequest, { arrival, query, settings }: VisitFacts): Visit {
  const { cookie, cookieBounce } = settings;
  const visit = readVisit(request, { arrival, nuid: query["nuid"] ?? "", cookie });
  const isBack = cookieBounce !== null && visit.isUnknown && request.method !== "POST";
  return isBack && bounceLocation(request.query, query, cookieBounce) === null
    ? cookielessVisit(visit, cookieBounce)
    : visit;
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

/** App ids and namespaces of the events, each once; null where the query names an app id, which is then the one. */
export function namesIn(request: WireRequest, settings: DecodeSettings): readonly string[] | null {
  if (readQuery(request.query)["aid"]) return null;
  const items = readItems(request, settings.paths.get(request.path) ?? request.path);
  const names = items.flatMap(({ payload: { aid, tna } }) => [aid ?? "", tna ?? ""]);
  return [...new Set(names)].filter((name) => name !== "");
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
