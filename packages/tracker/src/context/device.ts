/**
 * What a User-Agent header, and the client hints beside it, tell of a visitor's machine. A small set of rules of our
 * own: what they do not know stays undefined, never a guess. Browsers freeze part of what they say (Windows 11 calls
 * itself 10, every Mac 10.15.7, every Android `10; K`): such versions and models count as unknown.
 */
import { defined } from "./defined.js";
import { botTokens, browserRules, machineRules, tvTokens, vendorRules } from "./device-rules.js";

export type DeviceType = "desktop" | "mobile" | "tablet" | "tv" | "bot" | "server";

export interface Software {
  readonly name: string;
  readonly version?: string;
}

export interface Device {
  readonly type?: DeviceType;
  readonly vendor?: string;
  readonly model?: string;
}

/** Whatever is unknown is absent. */
export interface Machine {
  readonly browser?: Software;
  readonly os?: Software;
  readonly device?: Device;
}

/** The `sec-ch-ua-…` headers, as they came. */
export interface ClientHints {
  readonly mobile?: string | undefined;
  readonly platform?: string | undefined;
  readonly platformVersion?: string | undefined;
  readonly model?: string | undefined;
}

export function machineOf(userAgent: string, hints: ClientHints = {}): Machine {
  const automatic = automaticType(userAgent);
  if (automatic !== undefined) return { device: { type: automatic } };
  const os = hintedOs(hints) ?? osOf(userAgent);
  const device = deviceOf(userAgent, hints);
  return defined({ browser: browserOf(userAgent), os, device });
}

/** Products and comments without a claim to be a browser: `rust-service/1.0`, `Go-http-client/2.0 (linux)`. */
const products = /^[\w.@-]+(?:\/[\w.+-]+)?(?: (?:[\w.@-]+\/[\w.+-]+|\([^()]*\)))*$/;
/** Apps on phones say as much of themselves as servers do. */
const appLibraries = /cfnetwork|darwin|dalvik|android|okhttp|iphone|ipad|\bios\b|alamofire|expo|flutter|dart\//i;

/** Programs that no person sits before. */
function automaticType(userAgent: string): DeviceType | undefined {
  if (botTokens.test(userAgent)) return "bot";
  if (/^(?:mozilla|opera)\//i.test(userAgent) || appLibraries.test(userAgent)) return undefined;
  return userAgent.includes("/") && products.test(userAgent) ? "server" : undefined;
}

function browserOf(userAgent: string): Software | undefined {
  for (const { name, pattern } of browserRules) {
    const match = pattern.exec(userAgent);
    if (match !== null) return { name, ...defined({ version: match[1] }) };
  }
  return undefined;
}

function hintedOs({ platform, platformVersion }: ClientHints): Software | undefined {
  const name = unquoted(platform);
  if (name === undefined || name === "Unknown") return undefined;
  const version = unquoted(platformVersion);
  if (name === "Windows") return { name, ...defined({ version: windowsVersion(version) }) };
  return { name: name === "Chromium OS" ? "Chrome OS" : name, ...defined({ version }) };
}

/** Windows 11 says 13 or more here, Windows 10 says 1 to 10, and what is older says 0. */
function windowsVersion(hint: string | undefined): string | undefined {
  const major = Number.parseInt(hint ?? "", 10);
  if (major >= 13) return "11";
  return major >= 1 && major <= 10 ? "10" : undefined;
}

function osOf(userAgent: string): Software | undefined {
  const rule = machineRules.find(({ pattern }) => pattern.test(userAgent));
  if (rule === undefined) return undefined;
  const version = rule.version?.exec(userAgent)?.[1]?.replaceAll("_", ".");
  const known = version !== undefined && !rule.frozen?.includes(version) ? version : undefined;
  return { name: rule.os, ...defined({ version: rule.versionNames?.[known ?? ""] ?? known }) };
}

function deviceOf(userAgent: string, hints: ClientHints): Device | undefined {
  const model = unquoted(hints.model) ?? modelOf(userAgent);
  const vendor = vendorRules.find(({ pattern }) => pattern.test(model ?? userAgent))?.vendor;
  const device = defined({ type: typeOf(userAgent, hints), vendor, model });
  return Object.keys(device).length === 0 ? undefined : device;
}

function typeOf(userAgent: string, { mobile }: ClientHints): DeviceType | undefined {
  if (tvTokens.test(userAgent)) return "tv";
  if (mobile === "?1") return "mobile";
  const rule = machineRules.find(({ pattern }) => pattern.test(userAgent));
  if (rule?.os !== "Android") return rule?.type;
  return /\bMobile\b/.test(userAgent) ? "mobile" : "tablet";
}

/** `SM-S918B` of `(Linux; Android 13; SM-S918B Build/TP1A)`; a browser that hides it says `K`. */
function modelOf(userAgent: string): string | undefined {
  const apple = /\((iPhone|iPad|iPod touch|iPod|Macintosh);/.exec(userAgent)?.[1];
  if (apple !== undefined) return apple === "Macintosh" ? undefined : apple;
  const named = /\bAndroid [\d.]+; (?:[a-z]{2}-[a-z]{2}; )?([^;()]+?)(?: Build\/[^;)]*)?(?:; wv)?\)/i.exec(
    userAgent,
  )?.[1];
  return named === undefined || hiddenModels.has(named) || named.startsWith("rv:") ? undefined : named;
}

/** What stands where a model stood. */
const hiddenModels: ReadonlySet<string> = new Set(["K", "Mobile", "Tablet"]);

/** A structured header's text: `"Windows"`. */
function unquoted(header: string | undefined): string | undefined {
  return header?.replaceAll('"', "").trim() || undefined;
}
