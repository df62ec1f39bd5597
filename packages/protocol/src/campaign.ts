/**
 * Which campaign led to an event, by its context: what wires name alike there, else the tags in the query of the page's
 * address. The sender's end and the collector's ask here, so that both see the same campaign begin.
 */
import type { JsonObject, JsonValue } from "./event.js";

export interface CampaignSigns {
  /** Tags, by the names of the canonical context. */
  readonly campaign: JsonObject;
  /** By parameter: `{ gclid: "…" }`. */
  readonly clickIds: JsonObject;
  /** Stands for the campaign: the same text for the same tags and click ids; null where there are none. */
  readonly key: string | null;
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

const maxKeyLength = 2_048;

export function campaignSigns(context: JsonObject): CampaignSigns {
  const query = queryOf(objectAt(context, "page"));
  const campaign = campaignOf(context, query);
  const clickIds = clickIdsOf(context, query);
  return { campaign, clickIds, key: keyOf(campaign, clickIds) };
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
  if (campaign === noFields && clickIds === noFields) return null;
  const told = [...Object.entries(campaign), ...Object.entries(clickIds)].filter(([, value]) => value !== null);
  if (told.length === 0) return null;
  const sorted = told.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify(sorted).slice(0, maxKeyLength);
}

const noFields: JsonObject = Object.freeze({});

function objectAt(object: JsonObject, name: string): JsonObject {
  const value: JsonValue | undefined = object[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : noFields;
}
