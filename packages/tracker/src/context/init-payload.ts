/**
 * From what a server knows of a request to what is worth keeping of it: page, campaign, traffic source, device, place.
 * Pure and total: nothing is fetched, and whatever the input is or does, a payload comes back and nothing is thrown.
 */
import { ipAddressOf, ipPolicies } from "@oncewire/protocol";
import type { IpPolicy } from "@oncewire/protocol";
import { campaignOf, clickIdsOf, hintsOf } from "./campaign.js";
import type { Campaign, ClickId } from "./campaign.js";
import { defined } from "./defined.js";
import { machineOf } from "./device.js";
import type { Device, Software } from "./device.js";
import { localeOf, timezoneOf } from "./locale.js";
import { geoOf, platforms } from "./platform-geo.js";
import type { Geo, Platform } from "./platform-geo.js";
import { fieldOf, headerOf, objectOf, textOf, textsOf } from "./safe-read.js";
import { trafficSourceOf } from "./traffic-source.js";
import type { TrafficSource } from "./traffic-source.js";
import { hostOf, parseAddress, parseReferrer } from "./web-address.js";
import type { WebAddress } from "./web-address.js";

/** What is known of a request. A field that is given counts before the header that says the same. */
export interface RequestContextInput {
  /** The page: absolute, or relative as a server sees it. */
  readonly url?: string | null | undefined;
  readonly referer?: string | null | undefined;
  /** The same, in its other spelling. */
  readonly referrer?: string | null | undefined;
  readonly ipAddress?: string | null | undefined;
  readonly userAgent?: string | null | undefined;
  /** A language tag, such as `en-US`. */
  readonly locale?: string | null | undefined;
  /** A name of the IANA database, such as `America/New_York`. */
  readonly timezone?: string | null | undefined;
  /** The user. */
  readonly uuid?: string | null | undefined;
  readonly userAttributes?: object | null | undefined;
  readonly sessionId?: string | null | undefined;
  /** The page's title. */
  readonly title?: string | null | undefined;
  /** The host the request was for, where `url` does not name it. */
  readonly host?: string | null | undefined;
  /** A `Headers` object, or one with a field for each header. */
  readonly headers?: object | null | undefined;
}

/** What may be settled once for all requests. */
export interface RequestContextOptions {
  /** @default "keep" */
  readonly ipPolicy?: IpPolicy | undefined;
  /** More hosts that are this site; `.example.com` stands for all below it. @default [] */
  readonly ownHosts?: readonly string[] | undefined;
  /** Whose headers are believed about where a visitor is. @default none */
  readonly platform?: Platform | undefined;
}

interface Page {
  /** As given. */
  readonly url?: string;
  readonly path?: string;
  readonly host?: string;
  /** Beginning with `?`. */
  readonly search?: string;
  /** Beginning with `#`. */
  readonly hash?: string;
  /** Of equal names the first. */
  readonly query?: Readonly<Record<string, string>>;
  readonly referrer?: string;
  readonly title?: string;
}

/** Whatever is unknown is absent. */
export interface RequestContext {
  readonly page?: Page;
  readonly campaign?: Campaign;
  /** By parameter: `{ gclid: "…" }`. */
  readonly clickIds?: Readonly<Record<string, string>>;
  readonly trafficSource: TrafficSource;
  readonly userAgent?: string;
  readonly browser?: Software;
  readonly os?: Software;
  readonly device?: Device;
  readonly geo?: Geo;
  readonly ip?: string;
  readonly locale?: string;
  readonly timezone?: string;
  readonly sessionId?: string;
}

/** What `init` of an A-Track client takes. */
export interface InitPayload {
  readonly user?: { readonly uuid?: string; readonly attributes?: object };
  readonly context: RequestContext;
}

const maxAddressLength = 16_384;
const maxTextLength = 1024;

/**
 * @example
 * await sdk.init(buildInitPayload({ ...fromExpress(request), uuid: "crm-user-42", userAttributes: { plan: "pro" } }));
 */
export function buildInitPayload(input: RequestContextInput = {}, options: RequestContextOptions = {}): InitPayload {
  const uuid = textOf(input, "uuid", maxTextLength);
  const user = defined({ uuid, attributes: objectOf(input, "userAttributes") });
  const context = buildRequestContext(input, options);
  return Object.keys(user).length === 0 ? { context } : { user, context };
}

/** The context alone: for any event of the request. */
export function buildRequestContext(
  input: RequestContextInput = {},
  options: RequestContextOptions = {},
): RequestContext {
  const headers = fieldOf(input, "headers");
  const url = textOf(input, "url", maxAddressLength);
  const address = url === undefined ? null : parseAddress(url);
  const referrer = textOf(input, "referer", maxAddressLength) ?? textOf(input, "referrer", maxAddressLength);
  return {
    ...attributionOf({ address, referrer: referrer ?? headerOf(headers, "referer"), input, options }),
    ...machineFields(textOf(input, "userAgent", maxAddressLength) ?? headerOf(headers, "user-agent"), headers),
    ...defined({
      geo: geoFor(headers, options),
      ip: ipFor(input, options),
      locale: localeOf(textOf(input, "locale", maxTextLength) ?? headerOf(headers, "accept-language")),
      timezone: timezoneOf(textOf(input, "timezone", maxTextLength)),
      sessionId: textOf(input, "sessionId", maxTextLength),
    }),
  };
}

interface Visit {
  readonly address: WebAddress | null;
  readonly referrer: string | undefined;
  readonly input: RequestContextInput;
  readonly options: RequestContextOptions;
}

type Attribution = Pick<RequestContext, "page" | "campaign" | "clickIds" | "trafficSource">;

function attributionOf({ address, referrer, input, options }: Visit): Attribution {
  const query = address?.query ?? new Map<string, string>();
  const host = address?.host ?? hostFor(input);
  const from = referrer === undefined ? null : parseReferrer(referrer);
  const clickIds = clickIdsOf(query);
  const campaign = campaignOf(query);
  const trafficSource = trafficSourceOf({
    campaign,
    clickIds,
    hints: hintsOf(query),
    referrer: from,
    ownHosts: [...(host === null ? [] : [host]), ...textsOf(options, "ownHosts").map((own) => own.toLowerCase())],
  });
  const page = pageOf(address, { host, referrer: from?.href, title: textOf(input, "title", maxTextLength) });
  return { trafficSource, ...defined({ page, campaign, clickIds: byParameter(clickIds) }) };
}

function hostFor(input: RequestContextInput): string | null {
  const host = textOf(input, "host", maxTextLength) ?? headerOf(fieldOf(input, "headers"), "host");
  return host === undefined ? null : hostOf(host);
}

interface PageFacts {
  readonly host: string | null;
  readonly referrer: string | undefined;
  readonly title: string | undefined;
}

function pageOf(address: WebAddress | null, { host, referrer, title }: PageFacts): Page | undefined {
  if (address === null) return referrer === undefined ? undefined : { referrer };
  return defined({
    url: address.href,
    path: address.path,
    host: host ?? undefined,
    search: address.search || undefined,
    hash: address.hash || undefined,
    query: address.query.size === 0 ? undefined : Object.fromEntries(address.query),
    referrer,
    title,
  });
}

function byParameter(clickIds: readonly ClickId[]): Readonly<Record<string, string>> | undefined {
  if (clickIds.length === 0) return undefined;
  return Object.fromEntries(clickIds.map(({ parameter, value }) => [parameter, value]));
}

type MachineFields = Pick<RequestContext, "userAgent" | "browser" | "os" | "device">;

function machineFields(userAgent: string | undefined, headers: unknown): MachineFields {
  if (userAgent === undefined) return {};
  const hints = {
    mobile: headerOf(headers, "sec-ch-ua-mobile"),
    platform: headerOf(headers, "sec-ch-ua-platform"),
    platformVersion: headerOf(headers, "sec-ch-ua-platform-version"),
    model: headerOf(headers, "sec-ch-ua-model"),
  };
  return { userAgent, ...machineOf(userAgent.slice(0, maxTextLength), hints) };
}

function geoFor(headers: unknown, options: RequestContextOptions): Geo | undefined {
  const named = fieldOf(options, "platform");
  const platform = platforms.find((name) => name === named);
  return platform === undefined ? undefined : geoOf(headers, platform);
}

function ipFor(input: RequestContextInput, options: RequestContextOptions): string | undefined {
  const text = textOf(input, "ipAddress", maxTextLength);
  const policy = fieldOf(options, "ipPolicy") ?? "keep";
  // A policy that is none of ours was meant to hold something back.
  return text === undefined ? undefined : ipAddressOf(text, isPolicy(policy) ? policy : "drop");
}

function isPolicy(value: unknown): value is IpPolicy {
  return (ipPolicies as readonly unknown[]).includes(value);
}
