/**
 * What an event's context says that matters to sessions, whichever wire it came on: the campaign, where the visitor came
 * from, the device. Wires name these alike in the canonical context; where a page's address is all there is (Snowplow),
 * the campaign is read from it.
 */
import type { JsonObject, JsonValue } from "@oncewire/protocol";

/** Where a visitor came from. Fields that are absent were not told. */
export type Attribution = JsonObject;

export interface Surroundings {
  /** Stands for the campaign: the same text for the same tags and click ids; null where there are none. */
  readonly campaignKey: string | null;
  /** The sender asked for a new session. */
  readonly isNewSession: boolean;
  /** Made when asked for: most events only go on with a session that knows all this. */
  attribution(): Attribution;
  device(): JsonObject;
}

const utmTags: readonly (readonly [parameter: string, field: string])[] = [
  ["utm_source", "source"],
  ["utm_medium", "medium"],
  ["utm_campaign", "name"],
  ["utm_term", "term"],
  ["utm_content", "content"],
  ["utm_id", "id"],
];

/** What ad networks add to links they are paid for; those that are on every link say nothing of a campaign. */
const clickIdNames = [
  "gclid",
  "gbraid",
  "wbraid",
  "dclid",
  "msclkid",
  "yclid",
  "ttclid",
  "twclid",
  "li_fat_id",
  "rdt_cid",
  "epik",
  "ScCid",
] as const;

const clickIdParameters = clickIdNames.map((name) => [name, name] as const);

const tellsOfCampaign = new RegExp(`[?&](?:utm_|(?:${clickIdNames.join("|")})=)`);

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
  const query = queryOf(page);
  const campaign = campaignOf(context, query);
  const clickIds = clickIdsOf(context, query);
  return {
    campaignKey: keyOf(campaign, clickIds),
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

function campaignOf(context: JsonObject, query: URLSearchParams | null): JsonObject {
  const told = objectAt(context, "campaign");
  if (query === null || Object.keys(told).length > 0) return told;
  return taken(query, utmTags);
}

function clickIdsOf(context: JsonObject, query: URLSearchParams | null): JsonObject {
  const told = objectAt(context, "clickIds");
  if (query === null && told === noFields) return noFields;
  const inContext = clickIdNames.flatMap((name) => {
    const value = told[name];
    return typeof value === "string" && value !== "" ? [[name, value] as const] : [];
  });
  return { ...(query === null ? noFields : taken(query, clickIdParameters)), ...Object.fromEntries(inContext) };
}

function taken(query: URLSearchParams, names: readonly (readonly [string, string])[]): JsonObject {
  return Object.fromEntries(
    names.flatMap(([parameter, field]) => {
      const value = query.get(parameter);
      return value === null || value === "" ? [] : [[field, value] as const];
    }),
  );
}

/** Null where there is nothing in it that could tell of a campaign. */
function queryOf({ search, url }: JsonObject): URLSearchParams | null {
  const text = typeof search === "string" && search !== "" ? search : url;
  if (typeof text !== "string" || !tellsOfCampaign.test(text)) return null;
  const to = text.indexOf("#");
  const whole = to === -1 ? text : text.slice(0, to);
  return new URLSearchParams(whole.slice(whole.indexOf("?") + 1));
}

/** The order in which tags come says nothing. */
function keyOf(campaign: JsonObject, clickIds: JsonObject): string | null {
  const told = [...Object.entries(campaign), ...Object.entries(clickIds)].filter(([, value]) => value !== null);
  if (told.length === 0) return null;
  const sorted = told.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify(sorted).slice(0, maxFieldLength);
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
