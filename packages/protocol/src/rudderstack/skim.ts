/**
 * A look in passing at a request, before its answer: how many events it has, if every one is plainly good. That each has
 * an id of somebody's is all that the gateway asks of an event; whatever takes more than that to be seen is decoded.
 */
import type { Arrival, Skimmed } from "../codec.js";
import type { WireRequest } from "../http.js";
import { asciiOf, JsonSkim, unclear } from "../json-skim.js";
import { accepted } from "./replies.js";
import { isPixel, isSingle } from "./routes.js";

const batchKey = asciiOf("batch");
const userIdKey = asciiOf("userId");
const anonymousIdKey = asciiOf("anonymousId");

/** A key takes five bytes at least, so that an event of fewer cannot have too many of them. */
const maxEventBytes = 50_000;

/** Null where it is not plain to see that every event of the request is good. */
export function skim({ body }: WireRequest, { route }: Arrival): Skimmed | null {
  if (isPixel(route)) return null;
  try {
    const json = new JsonSkim(body);
    const count = isSingle(route) ? passGoodEvent(json) : passBatch(json);
    json.end();
    return count === 0 ? null : { count, reply: accepted };
  } catch (error) {
    if (error === unclear) return null;
    throw error;
  }
}

/** How many events `{"batch": […]}` has. */
function passBatch(json: JsonSkim): number {
  let count = 0;
  json.beginObject();
  while (json.nextMember()) {
    // Of two lists the last one counts.
    if (json.isKey(batchKey)) count = passList(json);
    else json.skip();
  }
  return count;
}

function passList(json: JsonSkim): number {
  let count = 0;
  json.beginList();
  while (json.nextItem()) {
    count += passGoodEvent(json);
  }
  return count;
}

/** Counts as one. Of the two ids one is enough, but which of two of the same name counts is not for here to say. */
function passGoodEvent(json: JsonSkim): number {
  const from = json.at;
  let userIds = 0;
  let anonymousIds = 0;
  let seen = 0;
  json.beginObject();
  while (json.nextMember()) {
    const isUserId = json.isKey(userIdKey);
    if (!isUserId && !json.isKey(anonymousIdKey)) {
      json.skip();
      continue;
    }
    userIds += Number(isUserId);
    anonymousIds += Number(!isUserId);
    seen += Number(json.skipVisibleText());
  }
  const isClear = userIds <= 1 && anonymousIds <= 1 && json.at - from <= maxEventBytes;
  if (seen === 0 || !isClear) throw unclear;
  return 1;
}
