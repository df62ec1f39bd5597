/** The collector's half of Snowplow's wire. */
import type { Receiver, Route } from "../codec.js";
import type { RequestHead } from "../http.js";
import { ok } from "../problem.js";
import { adapterPaths } from "./adapters.js";
import type { DataCheck } from "./canonical.js";
import { resolveCookieBounce } from "./cookie-bounce.js";
import type { CookieBounceOptions } from "./cookie-bounce.js";
import { originsOf, resolveCookie } from "./cookie.js";
import type { CookieOptions } from "./cookie.js";
import { answer, decode, namesIn } from "./decode.js";
import type { DecodeSettings } from "./decode.js";
import { checkDoNotTrack } from "./do-not-track.js";
import type { DoNotTrackOptions } from "./do-not-track.js";
import { readQuery } from "./items.js";
import { refusalReply } from "./reply.js";
import type { Redirects } from "./reply.js";
import { turnAway } from "./turn-away.js";
import { isAnonymous, keptHead } from "./visitor.js";

export interface SnowplowReceiverOptions {
  /** The cookie that recognises a browser; false sets none and reads none. @default {} */
  readonly cookie?: CookieOptions | false;
  /** Asks each unknown sender of a pixel once more, to learn whether it keeps cookies. @default off */
  readonly cookieBounce?: CookieBounceOptions | false;
  /** A cookie by which users say that nothing of theirs is to be kept: they are answered like all others. @default none */
  readonly doNotTrackCookie?: DoNotTrackOptions;
  /** Links that are counted on the way to their target, at /r/tp2?u=…. @default off: they are answered with 404 */
  readonly redirects?: Redirects;
  /** Paths of your own that stand for one of Snowplow's, as trackers may be told to post to. @default {} */
  readonly paths?: Readonly<Record<string, AdapterPath>>;
  /**
   * The project that an app id or a tracker's namespace stands for, or null. Asked for each event, its app id first.
   * @default none: events go to the project of their request
   */
  readonly projectOf?: (key: string) => string | null;
  /**
   * What is wrong with data and its schema, asked for the data of an event and of each of its entities; an event with
   * anything wrong is a bad event. Must be pure, as decoding is.
   * @default nothing is: schemas are not looked at
   */
  readonly checkData?: DataCheck;
}

export type AdapterPath = (typeof adapterPaths)[keyof typeof adapterPaths];

const get = ["GET", "HEAD"] as const;

const routes: readonly Route[] = [
  { name: "pixel", methods: get, path: "/i" },
  { name: "pixel", methods: get, path: "/ice.png" },
  { name: "tracker", methods: [...get, "POST"], path: adapterPaths.tracker },
  // A collector answers every path of two segments: webhooks have theirs, and trackers may be told any.
  { name: "adapter", methods: [...get, "POST"], path: "/:vendor/:version" },
];

/** The key of a request that names no app id in its head: events that are posted name theirs in the body. */
export const sharedKey = "snowplow";

/** What a Snowplow collector takes; a longer body is answered with 413. */
const maxBodyBytes = 2_097_152;

/** Throws a TypeError for an option that is out of its bounds. */
export function createSnowplowReceiver(options: SnowplowReceiverOptions = {}): Receiver {
  const settings = resolve(options);
  return {
    protocol: "snowplow",
    routes,
    maxBodyBytes,
    contentEncodings: ["gzip"],
    key: (head) => ok(readQuery(head.query)["aid"] || sharedKey),
    namesIn: (request) => namesIn(request, settings),
    turnAway: (request, arrival) => turnAway(request, arrival, settings),
    decode: (request, arrival) => decode(request, arrival, settings),
    answer: (request, arrival) => answer(request, arrival, settings),
    refuse: refusalReply,
    preflightStatus: 200,
    headers: corsHeaders,
    redact: (head) => keptHead(head, settings),
    isAnonymous,
  };
}

function resolve(options: SnowplowReceiverOptions): DecodeSettings {
  const { redirects, paths = {}, projectOf, checkData } = options;
  checkPaths(paths);
  return {
    ...resolveCookies(options),
    redirects: redirects ?? null,
    paths: new Map(Object.entries(paths)),
    projectOf: projectOf ?? (() => null),
    checkData: checkData ?? (() => null),
  };
}

function resolveCookies(
  options: SnowplowReceiverOptions,
): Pick<DecodeSettings, "cookie" | "cookieBounce" | "doNotTrack"> {
  const { cookie = {}, cookieBounce = false, doNotTrackCookie = null } = options;
  if (cookieBounce !== false && cookie === false) throw new TypeError("`cookieBounce` must have a cookie, got none.");
  if (doNotTrackCookie !== null) checkDoNotTrack(doNotTrackCookie);
  return {
    cookie: cookie === false ? null : resolveCookie(cookie),
    cookieBounce: cookieBounce === false ? null : resolveCookieBounce(cookieBounce),
    doNotTrack: doNotTrackCookie,
  };
}

function checkPaths(paths: Readonly<Record<string, string>>): void {
  const known: readonly string[] = Object.values(adapterPaths);
  for (const [path, target] of Object.entries(paths)) {
    if (/^\/[^/]+\/[^/]+$/.test(path) && known.includes(target)) continue;
    throw new TypeError(`\`paths\` must lead from a path of two segments to one of ${known.join(", ")}, got ${path}.`);
  }
}

/** On every answer: any page may send events, with its cookies. */
function corsHeaders(head: RequestHead): Readonly<Record<string, string>> {
  return {
    "access-control-allow-origin": originsOf(head.headers["origin"] ?? "")[0] ?? "*",
    "access-control-allow-credentials": "true",
    ...(head.method === "OPTIONS" ? preflight : {}),
  };
}

const preflight = {
  "access-control-allow-headers": "Content-Type, SP-Anonymous",
  "access-control-max-age": "3600",
} as const;
