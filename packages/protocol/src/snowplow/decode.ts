/**
 * A request as canonical events, bad events and the answer a Snowplow collector gives. The answer never depends on what
 * the request holds: a collector keeps everything, and what is bad is known by its reason.
 */
import type { Arrival } from "../codec.js";
import type { Decoded } from "../decoded.js";
import type { BadEvent, CanonicalEvent } from "../event.js";
import type { WireRequest } from "../http.js";
import { isoTime } from "../iso-time.js";
import { uuidOf } from "../uuid.js";
import { readItems } from "./adapters.js";
import { readEvent } from "./canonical.js";
import type { DataCheck } from "./canonical.js";
import { readQuery } from "./items.js";
import type { Item } from "./items.js";
import type { Payload } from "./payload-keys.js";
import type { Fault } from "./problem-codes.js";
import { redirectReply, trackedReply } from "./reply.js";
import type { Redirects } from "./reply.js";
import { readVisitor } from "./visitor.js";
import type { Cookie, Visitor } from "./visitor.js";

/** A receiver's options, resolved. */
export interface DecodeSettings {
  readonly cookie: Cookie | null;
  readonly redirects: Redirects | null;
  readonly paths: ReadonlyMap<string, string>;
  readonly projectOf: (key: string) => string | null;
  readonly checkData: DataCheck;
}

export function decode(request: WireRequest, arrival: Arrival, settings: DecodeSettings): Decoded {
  const mapped = settings.paths.get(request.path);
  const query = readQuery(request.query);
  const visitor = readVisitor(request, { arrival, nuid: query["nuid"] ?? "", cookie: settings.cookie });
  const headers = visitor.cookieHeaders;
  const around: Around = { arrival, settings, visitor, receivedAt: isoTime(arrival.receivedAtMs) };
  if (request.path.startsWith("/r/") || mapped?.startsWith("/r/")) {
    // A path that was mapped to a redirect is one by intention.
    const reply = redirectReply(query["u"], settings.redirects, headers);
    if (settings.redirects === null) return { count: 0, events: [], bad: [], reply };
    return { ...sort(readItems(request, mapped ?? request.path), around), reply };
  }
  const items = readItems(request, mapped ?? request.path);
  return { ...sort(items, around), reply: trackedReply(request.method, headers) };
}

interface Around {
  readonly arrival: Arrival;
  readonly settings: DecodeSettings;
  readonly visitor: Visitor;
  readonly receivedAt: string;
}

function sort(items: readonly Item[], around: Around): Omit<Decoded, "reply"> {
  const events: CanonicalEvent[] = [];
  const bad: BadEvent[] = [];
  for (const [position, item] of items.entries()) {
    const place = { project: projectOf(item.payload, around), position, around };
    const read = readItem(item, place);
    if (read.kind === "bad") bad.push(badEvent(item, read, place));
    else events.push(read);
  }
  return { count: events.length, events, bad };
}

interface Place {
  readonly project: string;
  readonly position: number;
  readonly around: Around;
}

function readItem(item: Item, { project, position, around }: Place): CanonicalEvent | Fault {
  if (item.kind === "fault") return item.fault;
  const { arrival, visitor: sender, receivedAt, settings } = around;
  const { checkData } = settings;
  return readEvent(item.payload, { arrival, project, position, sender, receivedAt, checkData });
}

/** An event's app id names its project, else its tracker's namespace does, else whatever admitted the request. */
function projectOf(payload: Payload, { arrival, settings }: Around): string {
  const { aid, tna } = payload;
  return (aid ? settings.projectOf(aid) : null) ?? (tna ? settings.projectOf(tna) : null) ?? arrival.project;
}

function badEvent(item: Item, { code, message }: Fault, { project, position, around }: Place): BadEvent {
  return {
    id: uuidOf(around.arrival.requestId, `bad ${position}`),
    protocol: "snowplow",
    project,
    receivedAt: around.receivedAt,
    code,
    message,
    wire: item.kind === "fault" ? item.wire : item.payload,
  };
}
