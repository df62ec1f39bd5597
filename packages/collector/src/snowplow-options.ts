import { createSnowplowReceiver } from "@oncewire/protocol/snowplow";
import type { SnowplowReceiverOptions } from "@oncewire/protocol/snowplow";

/** How Snowplow's wire is received: what its trackers and their users' pages may see of it. */
export interface SnowplowOptions {
  /** The cookie that recognises a browser; false sets none and reads none. @default {} */
  readonly cookie?: SnowplowReceiverOptions["cookie"] | undefined;
  /**
   * Asks each unknown sender of a pixel once more, to learn whether it keeps cookies: `{}`, or
   * `{ name, fallbackNetworkUserId }`. @default off
   */
  readonly cookieBounce?: SnowplowReceiverOptions["cookieBounce"] | undefined;
  /**
   * A cookie by which users say that nothing of theirs is to be kept: `{ name, values }`, where `*` in a value stands for
   * any characters. @default none
   */
  readonly doNotTrackCookie?: SnowplowReceiverOptions["doNotTrackCookie"] | undefined;
  /**
   * Links that are counted on the way to their target, at `/r/tp2?u=…`: `{ domains }` with the exact host names they may
   * lead to; an empty list allows none. With `mappedOnly` only paths that stand for `/r/tp2` lead anywhere. @default off: they are answered with 404
   */
  readonly redirects?: SnowplowReceiverOptions["redirects"] | undefined;
  /** Paths of two segments that stand for one of Snowplow's, as trackers may be told to post to. @default {} */
  readonly paths?: SnowplowReceiverOptions["paths"] | undefined;
}

export const snowplowExpectation =
  'an object with any of `cookie` ({ name, maxAgeMs, domains, fallbackDomain, sameSite, secure, httpOnly, clientCookieName }, or false), `cookieBounce` ({ name, fallbackNetworkUserId }, with a cookie), `doNotTrackCookie` ({"name":"dnt","values":["1"]}), `redirects` ({"domains":["shop.example"]}) and `paths` ({"/com.acme/track":"/com.snowplowanalytics.snowplow/tp2"})';

type Check = (value: unknown) => boolean;

const texts: Check = (value) => Array.isArray(value) && value.every((item) => typeof item === "string" && item !== "");
const text: Check = (value) => typeof value === "string";
const flag: Check = (value) => typeof value === "boolean";

const cookieShape: Readonly<Record<string, Check>> = {
  name: text,
  maxAgeMs: Number.isFinite,
  domains: texts,
  fallbackDomain: text,
  sameSite: text,
  secure: flag,
  httpOnly: flag,
  clientCookieName: text,
};
const shape: Readonly<Record<string, Check>> = {
  cookie: (value) => value === false || isOf(cookieShape, value),
  cookieBounce: (value) => value === false || isOf({ name: text, fallbackNetworkUserId: text }, value),
  doNotTrackCookie: (value) => isOf({ name: text, values: texts }, value) && "name" in value && "values" in value,
  redirects: (value) => isOf({ domains: texts, mappedOnly: flag }, value) && "domains" in value,
  paths: (value) => isObject(value) && Object.values(value).every(text),
};

export function isSnowplowOptions(value: unknown): value is SnowplowOptions {
  if (!isOf(shape, value)) return false;
  try {
    // It knows best which names, domains and paths it can serve.
    createSnowplowReceiver(receiverOptions(value));
    return true;
  } catch {
    return false;
  }
}

/** Without what is undefined, which stands for the default. */
export function receiverOptions(options: SnowplowOptions): Pick<SnowplowReceiverOptions, keyof SnowplowOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOf(checks: Readonly<Record<string, Check>>, value: unknown): value is object {
  if (!isObject(value)) return false;
  return Object.entries(value).every(
    ([name, one]) => one === undefined || (Object.hasOwn(checks, name) && checks[name]?.(one) === true),
  );
}
