/** The configuration as it may be shown: where each value came from, and no secret. */
import { createHash } from "node:crypto";
import type { ConfigEntry } from "./load-config.js";
import { settings } from "./settings.js";

export interface ShownEntry {
  readonly value: unknown;
  readonly source: string;
}

export function shownConfig(entries: readonly ConfigEntry[]): Readonly<Record<string, ShownEntry>> {
  return Object.fromEntries(
    entries.map(({ name, value, source }) => [name, { value: shownValue(name, value), source }]),
  );
}

function shownValue(name: ConfigEntry["name"], value: unknown): unknown {
  if (settings[name].isSecret !== true || value === null) return value;
  if (typeof value === "string") return "(set)";
  if (Array.isArray(value)) return value.map(shownItem);
  return Object.fromEntries(Object.entries(value as object).map(([key, project]) => [fingerprint(key), project]));
}

function shownItem(item: unknown): unknown {
  if (typeof item !== "object" || item === null) return fingerprint(String(item));
  const { key, url } = item as { readonly key?: unknown; readonly url?: unknown };
  return {
    ...item,
    ...(typeof url === "string" ? { url: withoutPassword(url) } : {}),
    ...(typeof key === "string" ? { key: fingerprint(key) } : {}),
  };
}

/** An address may hold a user and a password. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/]*@/, "//(set)@");
}

/** Tells keys apart without showing them; cut short, it does not help to guess one either. */
function fingerprint(key: string): string {
  return `sha256:${createHash("sha256").update(key).digest("hex").slice(0, 8)}`;
}
