import { isObject, jsonText } from "./json-value.js";
import type { JsonObject, JsonValue } from "./json-value.js";

/** One line of the table: an event that was kept, or a bad one with its reason. */
export interface EventRow {
  readonly type: "event" | "bad";
  /** As the feed sent it. */
  readonly value: JsonObject;
  /** ISO 8601. */
  readonly time: string;
  readonly project: string;
  /** The event's kind, or `bad`. */
  readonly kind: string;
  /** The event's name, or why it is bad; empty where there is none. */
  readonly name: string;
  readonly user: string;
  /** Whether `user` is an anonymous id. */
  readonly anonymous: boolean;
}

/** Cells show at most so much of a text; the opened event shows all of it. */
const maxCellChars = 300;

export function eventRow(type: "event" | "bad", value: JsonObject): EventRow {
  const cell = (field: string): string => jsonText(value[field]).slice(0, maxCellChars);
  const project = cell("project");
  if (type === "bad") {
    const name = `${cell("code")}: ${cell("message")}`;
    return { type, value, time: cell("receivedAt"), project, kind: "bad", name, user: "", anonymous: false };
  }
  const anonymous = jsonText(value["userId"]) === "";
  const user = cell(anonymous ? "anonymousId" : "userId");
  return { type, value, time: cell("time"), project, kind: cell("kind"), name: cell("name"), user, anonymous };
}

/** A test for rows in which every word of the filter occurs somewhere, in whatever case; null when it has no words. */
export function rowFilter(text: string): ((row: EventRow) => boolean) | null {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  return (row) => {
    const searched = searchText(row);
    return words.every((word) => searched.includes(word));
  };
}

/**
 * Every value of the event, and the names of what its sender chose to put in. Names of our own fields are left out:
 * every event has a `userId`, so that word would find them all.
 */
function searchText({ type, value }: EventRow): string {
  const parts: string[] = [type];
  for (const [field, content] of Object.entries(value)) {
    collect(content, field === "wire" ? null : parts, parts);
  }
  return parts.join("\n").toLowerCase();
}

/** Walks without recursion or spreading: how deep and how wide an event is, is its sender's choice. */
function collect(root: JsonValue, names: string[] | null, values: string[]): void {
  const waiting: JsonValue[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== "object" || value === null) {
      values.push(String(value));
      continue;
    }
    const isNamed = isObject(value);
    for (const [name, content] of Object.entries(value)) {
      if (isNamed) names?.push(name);
      waiting.push(content);
    }
  }
}
