/**
 * A look in passing at an event, before its answer, which tells nothing of the user: it is good if it says whose it is and
 * what, and each field that has a type is of it. Whatever takes more than that to be seen is decoded.
 */
import type { Arrival, Skimmed } from "../codec.js";
import type { WireRequest } from "../http.js";
import { parseIsoTime } from "../iso-time.js";
import { asciiOf, JsonSkim, unclear } from "../json-skim.js";
import { eventReply, idOf } from "./decode.js";

const uuidKey = asciiOf("uuid");
const eventKey = asciiOf("event");
const timestampKey = asciiOf("timestamp");
/** Fields that have a type, and what a value of it begins with as JSON; null is none. */
const typed = [
  { key: asciiOf("isNewUser"), openings: asciiOf("tfn") },
  { key: asciiOf("attributes"), openings: asciiOf("{n") },
  { key: asciiOf("profile"), openings: asciiOf("{n") },
  { key: asciiOf("context"), openings: asciiOf("{n") },
  { key: asciiOf("mode"), openings: asciiOf("n") },
] as const;

/** Null where it is not plain to see that the request is a good event. */
export function skim(request: WireRequest, arrival: Arrival): Skimmed | null {
  if (arrival.route !== "event") return null;
  try {
    passGoodEvent(new JsonSkim(request.body));
  } catch (error) {
    if (error === unclear) return null;
    throw error;
  }
  return { count: 1, reply: eventReply(idOf(request, arrival, "event")) };
}

/** Of two fields of the same name the last one counts, so that each must be good. */
function passGoodEvent(json: JsonSkim): void {
  let [hasUser, hasName] = [false, false];
  json.beginObject();
  while (json.nextMember()) {
    const [isUser, isName] = [json.isKey(uuidKey), json.isKey(eventKey)];
    hasUser ||= isUser;
    hasName ||= isName;
    if (isUser || isName) json.skipFilledText();
    else if (json.isKey(timestampKey)) passTime(json);
    else passOther(json);
  }
  json.end();
  if (!hasUser || !hasName) throw unclear;
}

function passTime(json: JsonSkim): void {
  if (parseIsoTime(json.takePlainText()) === null) throw unclear;
}

function passOther(json: JsonSkim): void {
  for (const { key, openings } of typed) if (json.isKey(key) && !openings.includes(json.opening)) throw unclear;
  json.skip();
}
