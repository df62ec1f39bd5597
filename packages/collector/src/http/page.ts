/** The live page: a few files of this package, read once at the start and served as they are under a strict policy. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { WireResponse } from "@oncewire/protocol";

export interface LivePage {
  /** The answer for a path of the page, null when it has no such file. */
  file(path: string): WireResponse | null;
}

/** Nothing but this origin's own files and feed; no markup can be made from text. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const headers = {
  "cache-control": "no-cache",
  "content-security-policy": contentSecurityPolicy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The same from `src/http` and from `dist/http`. */
const packageRoot = new URL("../../", import.meta.url);

export function loadPage(): LivePage {
  const files = new Map<string, WireResponse>();
  files.set("/", asset("web/index.html", "text/html; charset=utf-8"));
  files.set("/_live/style.css", asset("web/style.css", "text/css; charset=utf-8"));
  files.set("/_live/icon.svg", asset("web/icon.svg", "image/svg+xml"));
  for (const name of readdirSync(fileURLToPath(new URL("dist/web/", packageRoot)))) {
    if (!name.endsWith(".js")) continue;
    files.set(`/_live/${name}`, asset(`dist/web/${name}`, "text/javascript; charset=utf-8"));
  }
  return { file: (path) => files.get(path) ?? null };
}

function asset(path: string, type: string): WireResponse {
  return { status: 200, headers: { ...headers, "content-type": type }, body: readFileSync(new URL(path, packageRoot)) };
}
