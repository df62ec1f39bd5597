/** Addresses as requests name them: absolute, relative, or a bare host. Nothing here throws. */

/** What a relative address is read against, where nothing says which host it is on. */
const nowhere = "http://nowhere.invalid";

export interface WebAddress {
  /** As given. */
  readonly href: string;
  /** In lower case, without a port; null where the address names none. */
  readonly host: string | null;
  /** `https`, `android-app`, …; null where the address names none. */
  readonly scheme: string | null;
  readonly path: string;
  /** Beginning with `?`; empty where there is none. */
  readonly search: string;
  /** Beginning with `#`; empty where there is none. */
  readonly hash: string;
  readonly query: Query;
}

/** The parameters of a query; of equal names the first one counts. */
export type Query = ReadonlyMap<string, string>;

const maxParameters = 200;
const bareHost = /^(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:[/?#]|$)/i;
const anyScheme = /^[a-z][a-z0-9+.-]*:/i;
const schemes: ReadonlySet<string> = new Set(["http", "https", "android-app"]);

/** The address of a page; null for what is none, such as `about:blank` or an empty text. */
export function parseAddress(text: string): WebAddress | null {
  const href = text.trim();
  return href === "" || href === "null" ? null : read(href, href);
}

/** The address of the page before: it may be a host alone. */
export function parseReferrer(text: string): WebAddress | null {
  const href = text.trim();
  return bareHost.test(href) ? read(href, `https://${href}`) : parseAddress(href);
}

function read(href: string, text: string): WebAddress | null {
  const url = urlOf(text);
  if (url === null) return null;
  const scheme = anyScheme.test(text) ? url.protocol.slice(0, -1) : null;
  if (scheme !== null && !schemes.has(scheme)) return null;
  const host = url.hostname.toLowerCase();
  return {
    href,
    host: host === "" || host === "nowhere.invalid" ? null : host,
    scheme,
    path: url.pathname,
    search: url.search,
    hash: url.hash,
    query: queryOf(url),
  };
}

function urlOf(text: string): URL | null {
  return URL.canParse(text, nowhere) ? new URL(text, nowhere) : null;
}

function queryOf(url: URL): Query {
  const query = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (query.size >= maxParameters) break;
    if (!query.has(name)) query.set(name, value);
  }
  return query;
}

/** The host of a Host header: without its port, in lower case. */
export function hostOf(header: string): string | null {
  const url = urlOf(`http://${header.trim()}`);
  return url === null || url.hostname === "" ? null : url.hostname.toLowerCase();
}
