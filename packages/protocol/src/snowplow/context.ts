/** What a payload says of an event's surroundings, each key at its place in the canonical context. */
import type { JsonObject, JsonValue } from "../event.js";
import { isoTime } from "../iso-time.js";
import { anyText, payloadKeys, sizePattern } from "./payload-keys.js";
import type { Format, Payload } from "./payload-keys.js";
import { excerpt, fault } from "./problem-codes.js";
import type { Fault } from "./problem-codes.js";

/** What the request says of its sender, taken where the event does not say it. */
export interface Sender {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly networkUserId: string;
}

type Draft = Record<string, JsonValue>;
type Put = (context: Draft, text: string) => void;

const places: ReadonlyMap<string, Put> = new Map<string, Put>([
  ["p", field("platform")],
  ["lang", field("locale")],
  ["tz", field("timezone")],
  ["tid", field("transactionId")],
  ["cv", field("collector")],
  ["vid", (context, text) => void (context["sessionIndex"] = Number(text))],
  ["aid", fieldOf("app", "id")],
  ["tna", fieldOf("app", "namespace")],
  ["url", fieldOf("page", "url")],
  ["page", fieldOf("page", "title")],
  ["refr", fieldOf("page", "referrer")],
  ["res", sizeOf("screen")],
  ["cd", fieldOf("screen", "colorDepth")],
  ["vp", sizeOf("viewport")],
  ["ds", sizeOf("document")],
  ["cs", fieldOf("document", "charset")],
  ["fp", fieldOf("browser", "fingerprint")],
  ["cookie", flagOf("browser", "cookies")],
  ["f_pdf", flagOf("browser", "pdf")],
  ["f_fla", flagOf("browser", "flash")],
  ["f_java", flagOf("browser", "java")],
  ["f_dir", flagOf("browser", "director")],
  ["f_qt", flagOf("browser", "quicktime")],
  ["f_realp", flagOf("browser", "realplayer")],
  ["f_wma", flagOf("browser", "windowsMedia")],
  ["f_gears", flagOf("browser", "gears")],
  ["f_ag", flagOf("browser", "silverlight")],
]);

/** The format of each key whose value is converted, but of the event's code. */
const formats: ReadonlyMap<string, Format> = new Map(
  [...payloadKeys].flatMap(([key, { format }]): [string, Format][] =>
    key === "e" || format === anyText ? [] : [[key, format]],
  ),
);

/** The first value that a pipeline could not convert. Keys that are unknown are passed over: only posted events have a schema. */
export function formatFault(payload: Payload): Fault | null {
  for (const key in payload) {
    const format = formats.get(key);
    const text = payload[key];
    if (format === undefined || !text || format.test(text)) continue;
    return fault("wrong-format", `Expected ${format.expected} under ${key}, got ${excerpt(text)}.`);
  }
  return null;
}

/** Every value of a payload without faults at its place. */
export function readContext(payload: Payload, sender: Sender): JsonObject {
  const context = contextOfSender(payload, sender);
  for (const key in payload) {
    const put = places.get(key);
    const text = payload[key];
    if (put !== undefined && text) put(context, text);
  }
  // Beside a true timestamp, the device's own is not when it happened.
  if (payload["ttm"] && payload["dtm"]) context["deviceTime"] = isoTime(Number(payload["dtm"]));
  return context;
}

/** What the event says of its sender, else what its request says. */
function contextOfSender(payload: Payload, sender: Sender): Draft {
  const { ip, ua, tnuid, nuid } = payload;
  const context: Draft = { networkUserId: tnuid || nuid || sender.networkUserId };
  const address = ip ? firstOf(ip) : sender.ip;
  if (address !== null) context["ip"] = address;
  const userAgent = ua || sender.userAgent;
  if (userAgent !== null) context["userAgent"] = userAgent;
  return context;
}

/** Proxies add theirs behind a comma. */
function firstOf(addresses: string): string {
  const comma = addresses.indexOf(",");
  return comma === -1 ? addresses : addresses.slice(0, comma).trim();
}

function field(name: string): Put {
  return (context, text) => void (context[name] = text);
}

function fieldOf(group: string, name: string): Put {
  return (context, text) => void (groupOf(context, group)[name] = text);
}

function flagOf(group: string, name: string): Put {
  return (context, text) => void (groupOf(context, group)[name] = text === "1");
}

function sizeOf(group: string): Put {
  return (context, text) => {
    const [, width, height] = sizePattern.exec(text) ?? [];
    Object.assign(groupOf(context, group), { width: Number(width), height: Number(height) });
  };
}

function groupOf(context: Draft, group: string): Draft {
  // Only the functions above write here, and a group is never anything else.
  const found = context[group] as Draft | undefined;
  if (found !== undefined) return found;
  const made: Draft = {};
  context[group] = made;
  return made;
}
