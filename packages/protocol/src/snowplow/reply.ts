/** A Snowplow collector's answers; docs/protocols/snowplow.md lists them. */
import type { Refusal } from "../codec.js";
import type { WireHeaders, WireResponse } from "../http.js";

/** Where redirects may lead. */
export interface Redirects {
  /** Exact host names; a redirect to any other is refused, and an empty list refuses all. */
  readonly domains: readonly string[];
  /** Whether only paths that stand for /r/tp2 redirect, and /r/… itself does not. @default false */
  readonly mappedOnly?: boolean;
}

const nothing = new Uint8Array();
const plainText = { "content-type": "text/plain" } as const;

function text(status: number, body: string, headers: WireHeaders = {}): WireResponse {
  return { status, headers: { ...plainText, ...headers }, body: new TextEncoder().encode(body) };
}

function empty(status: number, headers: WireHeaders = {}): WireResponse {
  return { status, headers, body: nothing };
}

/** One transparent pixel. */
const pixel = Uint8Array.from(atob("R0lGODlhAQABAPAAAP///wAAACH5BAUAAAAALAAAAAABAAEAAAICRAEAOw=="), (character) =>
  character.charCodeAt(0),
);

const pixelHeaders = { "content-type": "image/gif", "cache-control": "no-cache, no-store, must-revalidate" } as const;

const posted: WireResponse = text(200, "ok");
const seen: WireResponse = { status: 200, headers: pixelHeaders, body: pixel };

export function trackedReply(method: string): WireResponse {
  return method === "POST" ? posted : seen;
}

/** The pixel is to be asked for at another address. */
export function bounceReply(location: string): WireResponse {
  return empty(302, { location, "cache-control": pixelHeaders["cache-control"] });
}

/** `target` is where the link leads; redirects that are not switched on do not exist. */
export function redirectReply(target: string | undefined, redirects: Redirects | null): WireResponse {
  if (redirects === null) return text(404, "redirects disabled");
  const location = allowedTarget(target ?? "", redirects);
  return location === null ? empty(400) : empty(302, { location });
}

function allowedTarget(target: string, { domains }: Redirects): string | null {
  if (!URL.canParse(target)) return null;
  const url = new URL(target);
  const isWeb = url.protocol === "https:" || url.protocol === "http:";
  return isWeb && domains.includes(url.hostname) ? url.href : null;
}

/** Short enough to be whole where a sender shows the beginning of an answer. */
const unknownAppId =
  "Expected an app id or a namespace that is known, got another or none. " +
  "Start the collector with --key APPID=PROJECT, or take what has none with --key snowplow=PROJECT.";

export function refusalReply(refusal: Refusal): WireResponse {
  switch (refusal.kind) {
    case "method-not-allowed":
      return text(404, "Not found");
    case "unreadable-key":
    case "unreadable-body":
      return text(400, refusal.message);
    case "unknown-key":
      return text(401, unknownAppId);
    case "disabled-key":
      return text(403, "This app id is disabled.");
    case "too-large":
      return empty(413);
    case "rate-limited":
      return text(429, "Too many requests.", { "retry-after": String(refusal.retryAfterSeconds) });
    case "unavailable":
      return text(503, "Service Unavailable", { "retry-after": String(refusal.retryAfterSeconds) });
  }
}
