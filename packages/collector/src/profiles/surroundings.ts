/**
 * What an event's context says that matters to sessions, whichever wire it came on: the campaign, where the visitor came
 * from, the device.
 */
import { campaignSigns } from "@oncewire/protocol";
import type { JsonObject, JsonValue } from "@oncewire/protocol";

/** Where a visitor came from. Fields that are absent were not told. */
export type Attribution = JsonObject;

export interface Surroundings {
  /** See `campaignSigns`. */
  readonly campaignKey: string | null;
  /** The sender asked for a new session. */
  readonly isNewSession: boolean;
  /** Made when asked for: most events only go on with a session that knows all this. */
  attribution(): Attribution;
  device(): JsonObject;
}

const deviceFields = [
  "device",
  "os",
  "browser",
  "userAgent",
  "bot",
  "app",
  "screen",
  "locale",
  "timezone",
  "geo",
] as const;

/** Of one field, as JSON: a larger one is left out. */
const maxFieldLength = 2_048;

export function surroundingsOf(context: JsonObject): Surroundings {
  const page = objectAt(context, "page");
  const { campaign, clickIds, key } = campaignSigns(context);
  return {
    campaignKey: key,
    isNewSession: context["newSession"] === true,
    attribution: () =>
      small({
        campaign: orNone(campaign),
        clickIds: orNone(clickIds),
        trafficSource: context["trafficSource"],
        referrer: page["referrer"],
        landingPage: page["url"],
      }),
    device: () => small(Object.fromEntries(deviceFields.map((name) => [name, context[name]]))),
  };
}

function small(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const kept: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    if (JSON.stringify(value).length <= maxFieldLength) kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

function orNone(value: JsonObject): JsonObject | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

const noFields: JsonObject = Object.freeze({});

function objectAt(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : noFields;
}
