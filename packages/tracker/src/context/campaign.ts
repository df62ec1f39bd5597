/** What the address of a page says about the campaign that led to it: UTM tags and the ids that ad networks add. */
import { defined } from "./defined.js";
import type { Query } from "./web-address.js";

/** Fields that are absent were not tagged. */
export interface Campaign {
  readonly source?: string;
  readonly medium?: string;
  /** `utm_campaign`. */
  readonly name?: string;
  readonly term?: string;
  readonly content?: string;
  readonly id?: string;
  readonly sourcePlatform?: string;
  readonly creativeFormat?: string;
  readonly marketingTactic?: string;
}

export function campaignOf(query: Query): Campaign | undefined {
  return unlessEmpty(
    defined({
      source: textAt(query, "utm_source"),
      medium: textAt(query, "utm_medium"),
      name: textAt(query, "utm_campaign"),
      term: textAt(query, "utm_term"),
      content: textAt(query, "utm_content"),
      id: textAt(query, "utm_id"),
      sourcePlatform: textAt(query, "utm_source_platform"),
      creativeFormat: textAt(query, "utm_creative_format"),
      marketingTactic: textAt(query, "utm_marketing_tactic"),
    }),
  );
}

/** Tags that are no UTM tags, and are believed only where nothing else tells where a visitor comes from. */
export interface Hints {
  readonly source?: string;
  readonly medium?: string;
  readonly campaign?: string;
  readonly ref?: string;
}

export function hintsOf(query: Query): Hints | undefined {
  return unlessEmpty(
    defined({
      source: textAt(query, "source"),
      medium: textAt(query, "medium"),
      campaign: textAt(query, "campaign"),
      ref: textAt(query, "ref"),
    }),
  );
}

/** A parameter that an ad network or a social network adds to links, and what it tells. */
export interface ClickId {
  readonly parameter: string;
  readonly value: string;
  readonly source: string;
  readonly medium: "cpc" | "display" | "social";
}

/** `fbclid` and `igshid` are on every link, paid for or not. The first one found counts. */
const clickIds: readonly (readonly [parameter: string, source: string, medium: ClickId["medium"]])[] = [
  ["gclid", "google", "cpc"],
  ["gbraid", "google", "cpc"],
  ["wbraid", "google", "cpc"],
  ["dclid", "google", "display"],
  ["msclkid", "bing", "cpc"],
  ["yclid", "yandex", "cpc"],
  ["ttclid", "tiktok", "cpc"],
  ["twclid", "twitter", "cpc"],
  ["li_fat_id", "linkedin", "cpc"],
  ["rdt_cid", "reddit", "cpc"],
  ["epik", "pinterest", "cpc"],
  ["ScCid", "snapchat", "cpc"],
  ["fbclid", "facebook", "social"],
  ["igshid", "instagram", "social"],
];

export function clickIdsOf(query: Query): readonly ClickId[] {
  return clickIds.flatMap(([parameter, source, medium]) => {
    const value = textAt(query, parameter);
    return value === undefined ? [] : [{ parameter, value, source, medium }];
  });
}

function textAt(query: Query, name: string): string | undefined {
  return query.get(name)?.trim() || undefined;
}

function unlessEmpty<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}
