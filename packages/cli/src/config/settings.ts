/**
 * Everything a collector can be told, once: the names in the configuration file, in the environment and on the command
 * line, and the help, are all made from this table.
 */
import type { CollectorOptions } from "@oncewire/collector";

/** Options that only a program can give. */
type ProgramOnly = "onReport" | "runtime";
export type SettingName = Exclude<keyof CollectorOptions, ProgramOnly> | "logFormat";

export interface Setting {
  readonly kind: "text" | "number" | "list" | "keys" | "object" | "objects";
  /** The flag, where it is not `--` and the name in kebab case. */
  readonly flag?: string;
  /** How the value is called in the help. */
  readonly value: string;
  readonly help: string;
  readonly isSecret?: true;
}

export const settings: Readonly<Record<SettingName, Setting>> = {
  dataDirectory: {
    kind: "text",
    flag: "-d, --data",
    value: "directory",
    help: "folder for the accept log and the store",
  },
  host: { kind: "text", value: "address", help: "address to listen on" },
  port: { kind: "number", flag: "-p, --port", value: "number", help: "TCP port; 0 takes a free one" },
  keys: {
    kind: "keys",
    flag: "-k, --key",
    value: "key=project",
    help: "an ingest key and its project; may be repeated; the key snowplow takes what names no app id",
    isSecret: true,
  },
  disabledKeys: {
    kind: "list",
    flag: "--disabled-key",
    value: "key",
    help: "an ingest key that is switched off; may be repeated",
    isSecret: true,
  },
  secretKey: {
    kind: "text",
    value: "key",
    help: "key that reads events; better given in the environment or the file",
    isSecret: true,
  },
  maxKeyRequestsPerSecond: { kind: "number", value: "number", help: "requests of one ingest key; none is no limit" },
  maxAddressRequestsPerSecond: { kind: "number", value: "number", help: "requests of one address; none is no limit" },
  trustedProxies: {
    kind: "list",
    flag: "--trusted-proxy",
    value: "address",
    help: "a proxy, or a network of them, that says truly for whom it asks; may be repeated",
  },
  workers: { kind: "number", value: "number", help: "worker processes that take the connections; 0 is none" },
  maxConnections: { kind: "number", value: "number", help: "open connections" },
  maxAddressConnections: { kind: "number", value: "number", help: "open connections of one address; none is no limit" },
  minBodyBytesPerSecond: { kind: "number", value: "number", help: "the slowest a body may come; none is no limit" },
  allowedHosts: {
    kind: "list",
    flag: "--allowed-host",
    value: "name",
    help: "a name by which page and API may be addressed; may be repeated",
  },
  sync: { kind: "text", value: "group|none", help: "whether a success waits for fdatasync" },
  logRetentionMs: { kind: "number", value: "ms", help: "how long the log keeps what is stored" },
  logRetentionBytes: { kind: "number", value: "bytes", help: "how much the log keeps of what is stored" },
  sealEvents: { kind: "number", value: "events", help: "events that are sealed into a file together" },
  sealIntervalMs: { kind: "number", value: "ms", help: "the longest that events wait to be sealed" },
  storeRetentionMs: { kind: "number", value: "ms", help: "how long the store keeps events; none is for ever" },
  storeRetentionBytes: { kind: "number", value: "bytes", help: "size of the store; none is no bound" },
  schemaDirectory: { kind: "text", flag: "--schemas", value: "directory", help: "folder with schemas of your own" },
  unknownSchemas: { kind: "text", value: "keep|refuse", help: "what becomes of data whose schema is not known" },
  snowplow: { kind: "object", value: "json", help: "cookies, redirects and paths of Snowplow's wire, as JSON" },
  enrichment: {
    kind: "list",
    value: "step",
    help: "bot, device, or a module of your own; may be repeated",
  },
  geoDatabase: { kind: "text", value: "file", help: "database of places in MaxMind's format (.mmdb)" },
  ipPolicy: { kind: "text", value: "keep|truncate|drop", help: "how much of visitors' addresses is kept" },
  sinks: {
    kind: "objects",
    flag: "--sink",
    value: "json",
    help: "where events go beside the store, as JSON; may be repeated",
    isSecret: true,
  },
  requestTimeoutMs: { kind: "number", value: "ms", help: "how long a client may take to send a request" },
  closeTimeoutMs: { kind: "number", value: "ms", help: "how long to wait at the end for requests in progress" },
  takeOverTimeoutMs: {
    kind: "number",
    value: "ms",
    help: "how long to wait for another collector to give the data folder up",
  },
  logFormat: { kind: "text", value: "text|json", help: "how the collector says what happens, on standard error" },
};

export const settingNames = Object.keys(settings) as readonly SettingName[];

/** `maxConnections` is `--max-connections`. */
export function flagOf(name: SettingName): string {
  return settings[name].flag ?? `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The name under which commander gives the flag's value. */
export function flagKeyOf(name: SettingName): string {
  const long = flagOf(name)
    .replace(/^-\w, /, "")
    .slice(2);
  return long.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** `maxConnections` is `ONCEWIRE_MAX_CONNECTIONS`. */
export function variableOf(name: SettingName): string {
  return `ONCEWIRE_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
