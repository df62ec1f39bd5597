import type { StoredBadEvent, StoredEvent, StoredItem } from "../store/event-store.js";

/** How far to shorten, mildest first. With the last step every event fits: a few hundred characters a field. */
const steps = [
  { fields: ["wire"], maxChars: 8_000 },
  { fields: "all", maxChars: 4_000 },
  { fields: "all", maxChars: 200 },
] as const;

type Step = (typeof steps)[number];

/**
 * The item as JSON, at most `maxBytes` long. Where it would be longer, its longest fields become the beginning of
 * their own JSON text, and `truncated` names them; the store still has them whole.
 */
export function itemJson(item: StoredItem, maxBytes: number): string {
  const value = item.type === "event" ? item.event : item.bad;
  let json = JSON.stringify(value);
  for (const step of steps) {
    if (Buffer.byteLength(json) <= maxBytes) break;
    json = shortenedJson(value, step);
  }
  return json;
}

function shortenedJson(value: StoredEvent | StoredBadEvent, step: Step): string {
  const truncated: string[] = [];
  const fields = Object.entries(value).map(([name, field]: [string, unknown]) => {
    const text = isCut(name, step) ? excerpt(field, step.maxChars) : undefined;
    if (text === undefined) return [name, field];
    truncated.push(name);
    return [name, text];
  });
  return JSON.stringify({ ...Object.fromEntries(fields), truncated });
}

function isCut(name: string, { fields }: Step): boolean {
  return fields === "all" || fields.some((field) => field === name);
}

function excerpt(field: unknown, maxChars: number): string | undefined {
  const text = typeof field === "string" ? field : JSON.stringify(field);
  return text.length > maxChars ? text.slice(0, maxChars) : undefined;
}
