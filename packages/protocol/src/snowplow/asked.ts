/** What a request asks for: to be tracked, or to be led elsewhere, too. */
import type { RequestHead, WireResponse } from "../http.js";
import type { Payload } from "./payload-keys.js";
import { redirectReply, trackedReply } from "./reply.js";
import type { Redirects } from "./reply.js";

/** `redirects` is null where they are switched off. */
export type Asked = { readonly kind: "tracking" } | { readonly kind: "redirect"; readonly redirects: Redirects | null };

export interface AskedSettings {
  readonly redirects: Redirects | null;
  /** Paths, and what each stands for. */
  readonly paths: ReadonlyMap<string, string>;
}

const tracking: Asked = { kind: "tracking" };

export function askedFor({ path }: RequestHead, { redirects, paths }: AskedSettings): Asked {
  if (path.startsWith("/r/")) return { kind: "redirect", redirects: redirects?.mappedOnly === true ? null : redirects };
  // A path that was mapped to a redirect is one by intention.
  return paths.get(path)?.startsWith("/r/") === true ? { kind: "redirect", redirects } : tracking;
}

/** The answer, but for its cookies. */
export function answerTo({ method }: RequestHead, asked: Asked, query: Payload): WireResponse {
  return asked.kind === "redirect" ? redirectReply(query["u"], asked.redirects) : trackedReply(method);
}
