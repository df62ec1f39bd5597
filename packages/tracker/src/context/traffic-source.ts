/**
 * Where a visitor comes from. What is said outright counts before what is inferred: UTM tags, then an ad network's click
 * id, then the referrer, then loose tags such as `?source=`; nothing at all is direct.
 */
import type { Campaign, ClickId, Hints } from "./campaign.js";
import { defined } from "./defined.js";
import { siteOf, siteOfApp } from "./known-sites.js";
import type { KnownSite } from "./known-sites.js";
import type { WebAddress } from "./web-address.js";

export const trafficTypes = [
  "campaign",
  "paid",
  "organic",
  "social",
  "email",
  "referral",
  "internal",
  "direct",
] as const;
type TrafficType = (typeof trafficTypes)[number];

export interface TrafficSource {
  readonly type: TrafficType;
  /** `google`, `newsletter`, or the referrer's host. */
  readonly source?: string;
  /** `organic`, `cpc`, `email`, …; as tagged where there is a tag. */
  readonly medium?: string;
  readonly campaign?: string;
  /** What was searched for. */
  readonly term?: string;
  readonly referrerHost?: string;
}

export interface Evidence {
  readonly campaign: Campaign | undefined;
  readonly clickIds: readonly ClickId[];
  readonly hints: Hints | undefined;
  readonly referrer: WebAddress | null;
  /** Hosts that count as this site: a page there is internal, and so is one below a host that begins with a dot. */
  readonly ownHosts: readonly string[];
}

export function trafficSourceOf(evidence: Evidence): TrafficSource {
  const { campaign, hints, referrer } = evidence;
  const [clickId] = evidence.clickIds;
  if (campaign !== undefined) return fromCampaign(campaign, clickId, referrer);
  if (clickId !== undefined) return fromClickId(clickId, referrer);
  if (referrer !== null) return fromReferrer(referrer, evidence.ownHosts);
  return hints === undefined ? { type: "direct" } : fromHints(hints);
}

function fromCampaign(campaign: Campaign, clickId: ClickId | undefined, referrer: WebAddress | null): TrafficSource {
  const type =
    campaign.medium === undefined && clickId !== undefined ? typeOfClickId(clickId) : typeOf(campaign.medium);
  return {
    type,
    ...defined({
      source: campaign.source ?? clickId?.source,
      medium: campaign.medium ?? clickId?.medium,
      campaign: campaign.name ?? campaign.id,
      term: campaign.term,
      referrerHost: referrer?.host ?? undefined,
    }),
  };
}

function fromClickId(clickId: ClickId, referrer: WebAddress | null): TrafficSource {
  const { source, medium } = clickId;
  return { type: typeOfClickId(clickId), source, medium, ...defined({ referrerHost: referrer?.host ?? undefined }) };
}

function typeOfClickId({ medium }: ClickId): TrafficType {
  return medium === "social" ? "social" : "paid";
}

function fromReferrer(referrer: WebAddress, ownHosts: readonly string[]): TrafficSource {
  const { host, scheme } = referrer;
  if (host === null) return { type: "internal" };
  const site = scheme === "android-app" ? siteOfApp(host) : siteOf(host);
  if (ownHosts.some((own) => isHost(host, own))) return { type: "internal", referrerHost: host };
  if (site === undefined) return { type: "referral", source: bare(host), medium: "referral", referrerHost: host };
  const term = site.termParameter === undefined ? undefined : referrer.query.get(site.termParameter)?.trim();
  return { ...fromSite(site), ...defined({ term: term || undefined }), referrerHost: host };
}

function fromSite({ kind, name }: KnownSite): TrafficSource {
  switch (kind) {
    case "search":
      return { type: "organic", source: name, medium: "organic" };
    case "social":
      return { type: "social", source: name, medium: "social" };
    case "email":
      return { type: "email", source: name, medium: "email" };
    case "assistant":
      return { type: "referral", source: name, medium: "referral" };
  }
}

function fromHints({ source, medium, campaign, ref }: Hints): TrafficSource {
  const isReferral = ref !== undefined && source === undefined && medium === undefined && campaign === undefined;
  return { type: isReferral ? "referral" : typeOf(medium), ...defined({ source: source ?? ref, medium, campaign }) };
}

/** Mediums as people tag them, in lower case, with hyphens. */
const types: ReadonlyMap<string, TrafficType> = new Map([
  ...all("paid", "cpc ppc cpm cpv cpa cpl cpi sem ad ads adwords banner display interstitial retargeting remarketing"),
  ...all("paid", "sponsored programmatic"),
  ...all("organic", "organic organic-search seo search"),
  ...all("social", "social social-network social-media social-organic organic-social sm"),
  ...all("email", "email e-mail mail newsletter mailing"),
  ...all("referral", "referral referrer"),
]);

function all(type: TrafficType, mediums: string): readonly (readonly [string, TrafficType])[] {
  return mediums.split(" ").map((medium) => [medium, type] as const);
}

/** Tagged with a medium of another name, or with none: a campaign. */
function typeOf(medium: string | undefined): TrafficType {
  if (medium === undefined) return "campaign";
  const normal = medium.toLowerCase().replaceAll(/[\s_+]+/g, "-");
  return types.get(normal) ?? (normal.startsWith("paid") ? "paid" : "campaign");
}

function isHost(host: string, own: string): boolean {
  return own.startsWith(".") ? bare(host) === own.slice(1) || host.endsWith(own) : bare(host) === bare(own);
}

function bare(host: string): string {
  return host.startsWith("www.") ? host.slice(4) : host;
}
