/** Which proxy the requests to an address go through, and what is said to it. Pure but for the default environment. */
import { TrackerError } from "../errors.js";

/** A proxy's address, null for none; undefined asks the environment. */
export type ProxyOption = string | URL | null | undefined;

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws a `TrackerError` for what is not the address of an HTTP proxy. */
export function resolveProxy(given: ProxyOption, target: URL, environment: Environment = process.env): URL | null {
  if (given === null) return null;
  if (given !== undefined) return proxyUrl(String(given), "`proxy`");
  const named = fromEnvironment(target, environment);
  return named === null || isExempt(target, environment) ? null : proxyUrl(named, "the proxy in the environment");
}

/** `Proxy-Authorization`, where the proxy's address has a name and a password. */
export function proxyHeaders(proxy: URL): Readonly<Record<string, string>> {
  if (proxy.username === "") return {};
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` };
}

/** The host as a socket wants it. */
export function hostOf(url: URL): string {
  return withoutBrackets(url.hostname);
}

export function portOf(url: URL): string {
  return url.port || (url.protocol === "https:" ? "443" : "80");
}

function proxyUrl(text: string, name: string): URL {
  // `proxy:3128`, as the variables are often set, is meant as an HTTP proxy.
  const full = text.includes("://") ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : null;
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new TrackerError("E_OPTION", "proxy", `${name} must be an http or https address, such as http://proxy:3128.`);
}

/** The lower-case name goes first, as in curl. */
function fromEnvironment(target: URL, environment: Environment): string | null {
  const names = target.protocol === "https:" ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy", "HTTP_PROXY"];
  // In a CGI program HTTP_PROXY is the request's `Proxy` header: whoever asks would choose where our events go.
  const isCgi = environment["REQUEST_METHOD"] !== undefined;
  const usable = names.filter((name) => !(isCgi && name === "HTTP_PROXY"));
  return usable.map((name) => environment[name]).find((value) => value !== undefined && value !== "") ?? null;
}

/** `NO_PROXY`: hosts, domains (with or without a leading dot or `*.`), each with a port if it is about one; `*` is all. */
function isExempt(target: URL, environment: Environment): boolean {
  const list = environment["no_proxy"] || environment["NO_PROXY"] || "";
  const host = hostOf(target);
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => entry === "*" || matches(entry.toLowerCase(), host, portOf(target)));
}

function matches(entry: string, host: string, port: string): boolean {
  const [, name = entry, onlyPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const domain = withoutBrackets(name).replace(/^\*?\./, "");
  return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}

/** An IPv6 address stands in brackets in a URL, and without them elsewhere. */
function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}
