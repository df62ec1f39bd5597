import { isIP } from "node:net";
import { CollectorError } from "./errors.js";
import { areNetworks, networksExpectation } from "./network-list.js";
import type { CollectorReport } from "./report.js";
import { ipPolicies } from "@oncewire/protocol";
import type { IpPolicy } from "@oncewire/protocol";
import { areSteps, enrichmentExpectation } from "./enrichment-options.js";
import { areSinks, sinksExpectation } from "./sink-options.js";
import type { SinkOptions } from "./sink-options.js";
import { isSnowplowOptions, snowplowExpectation } from "./snowplow-options.js";
import type { SnowplowOptions } from "./snowplow-options.js";
import { systemRuntime } from "./runtime.js";
import type { Runtime } from "./runtime.js";

/** How a collector is set up. `undefined` means the default; an unknown name is refused. */
export interface CollectorOptions {
  /** The folder that holds the accept log and the store; made if it is missing. Required. */
  readonly dataDirectory: string;
  /**
   * The address to listen on. Anything but loopback needs `keys`, so that nobody opens a collector to a network by
   * accident.
   * @default "127.0.0.1"
   */
  readonly host?: string | undefined;
  /**
   * The TCP port, 0 to 65535; 0 takes a free one, which `url` then names.
   * @default 4600
   */
  readonly port?: number | undefined;
  /**
   * Ingest keys (a RudderStack write key, an A-Track public key) and the project each stands for. Kept as SHA-256 only.
   * Without any, every key is accepted, into the project `default`, on loopback alone.
   * @default {}
   */
  readonly keys?: Readonly<Record<string, string>> | undefined;
  /**
   * Ingest keys that are known and switched off: answered as each vendor answers for a disabled source.
   * @default []
   */
  readonly disabledKeys?: readonly string[] | undefined;
  /**
   * The key that reads events (page, feed and API), as `Authorization: Bearer <key>` or the password of Basic auth; at
   * least 16 characters. Without one, reading is possible on loopback only. Ingest keys never read.
   * @default null
   */
  readonly secretKey?: string | null | undefined;
  /**
   * Requests per second that one ingest key may make, with bursts of one second's worth; more are answered 429 with
   * Retry-After. Null is no limit.
   * @default null
   */
  readonly maxKeyRequestsPerSecond?: number | null | undefined;
  /**
   * Requests per second that one address may make (of IPv6, one /64 network), in the same way and before anything else
   * is looked at. Behind a proxy that is not one of `trustedProxies` that is the proxy's address. Null is no limit.
   * @default null
   */
  readonly maxAddressRequestsPerSecond?: number | null | undefined;
  /**
   * Addresses and networks (`10.0.0.0/8`) of proxies that say truly for whom they ask: from them the last address in
   * `X-Forwarded-For` (without one, in `Forwarded`) that is not one of these counts as the client's, for limits, for the
   * log and for who may read. From anybody else these headers say nothing. A proxy that sets `Forwarded` alone must drop
   * the `X-Forwarded-For` that it is sent.
   * @default []
   */
  readonly trustedProxies?: readonly string[] | undefined;
  /**
   * Worker processes that take the connections: they read, unpack and check requests on further cores, while this process
   * keeps them in the one log and answers everything else. 0 is this process alone; up to 64. They use the system's clock
   * and ids, whatever `runtime` says.
   * @default 0
   */
  readonly workers?: number | undefined;
  /**
   * Open connections, at most; those beyond are closed at once.
   * @default 10000
   */
  readonly maxConnections?: number | undefined;
  /**
   * Open connections of one address (of IPv6, one /64 network), at most; those beyond are closed at once. Those of
   * `trustedProxies` are not counted. Null is no limit.
   * @default 1000
   */
  readonly maxAddressConnections?: number | null | undefined;
  /**
   * A body that has not come whole within 5 seconds must have come at this pace, on average; else it is answered 408.
   * Null is no limit but `requestTimeoutMs`. Bytes per second.
   * @default 500
   */
  readonly minBodyBytesPerSecond?: number | null | undefined;
  /**
   * Host names, without port, by which page and API may be addressed beside loopback names and `host`. Anything else is
   * refused, so that a web page cannot reach them through a name it controls (DNS rebinding).
   * @default []
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /**
   * When a request counts as kept: `group` after fdatasync of its group, `none` when the operating system has it (a
   * power failure may then lose what was answered).
   * @default "group"
   */
  readonly sync?: "group" | "none" | undefined;
  /**
   * Accepted requests are kept this long after they are in the store, for replay and for making the store anew.
   * Milliseconds.
   * @default 604800000
   */
  readonly logRetentionMs?: number | undefined;
  /**
   * The log keeps at most so many bytes of requests that are already in the store; the oldest go first. Bytes.
   * @default 4294967296
   */
  readonly logRetentionBytes?: number | undefined;
  /**
   * Newest events are sealed into a Parquet file when so many have come. Events.
   * @default 100000
   */
  readonly sealEvents?: number | undefined;
  /**
   * … and at the latest after this time. Milliseconds.
   * @default 60000
   */
  readonly sealIntervalMs?: number | undefined;
  /**
   * Sealed events older than this are deleted, file by file; null keeps them for ever. Milliseconds.
   * @default null
   */
  readonly storeRetentionMs?: number | null | undefined;
  /**
   * The sealed files take at most so many bytes, the oldest going first; null is no bound. Bytes.
   * @default null
   */
  readonly storeRetentionBytes?: number | null | undefined;
  /**
   * A folder with schemas of your own, `vendor/name/jsonschema/1-0-0` in it, beside those that are built in: a Snowplow
   * event whose data or entities are not what their schema says is kept as a bad event. Read at the start.
   * @default null
   */
  readonly schemaDirectory?: string | null | undefined;
  /**
   * What becomes of a Snowplow event with data of a schema that is neither built in nor in `schemaDirectory`: `keep`
   * takes it unchecked, `refuse` keeps it as a bad event.
   * @default "keep"
   */
  readonly unknownSchemas?: "keep" | "refuse" | undefined;
  /**
   * How Snowplow's wire is received: `cookie` recognises browsers, `redirects` counts links and names the hosts they may
   * lead to, `paths` are your own for one of Snowplow's.
   * @default {}
   */
  readonly snowplow?: SnowplowOptions | undefined;
  /**
   * What is found out about an event beside what it says, in this order: `bot` and `device` read its user agent, and a
   * path or a file URL is a module of your own, which exports `enrich(event)`. What the event says itself counts first.
   * @default ["bot", "device"]
   */
  readonly enrichment?: readonly string[] | undefined;
  /**
   * A database of places in MaxMind's format (`.mmdb`), which finds the country, region and city of an event's address.
   * It is read into memory, and again when the file has changed; replace it by renaming. Null finds no places.
   * @default null
   */
  readonly geoDatabase?: string | null | undefined;
  /**
   * How much of visitors' addresses is kept in the store, in sinks and on the live page, once their place is found:
   * `truncate` keeps the network (/24 of IPv4, /48 of IPv6), `drop` nothing. The accept log has requests as they came,
   * for as long as it keeps them.
   * @default "keep"
   */
  readonly ipPolicy?: IpPolicy | undefined;
  /**
   * Where accepted events go beside the store: files of NDJSON and other systems, each at its own pace.
   * @default []
   */
  readonly sinks?: readonly SinkOptions[] | undefined;
  /**
   * A client has this long to send a whole request. Milliseconds.
   * @default 30000
   */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * `close` waits this long for requests in progress before it ends their connections. Milliseconds.
   * @default 10000
   */
  readonly closeTimeoutMs?: number | undefined;
  /**
   * How long the start waits for another collector that has the data directory to give it up; requests that come
   * meanwhile wait, too. With 0 the start fails at once. Milliseconds.
   * @default 0
   */
  readonly takeOverTimeoutMs?: number | undefined;
  /**
   * Told what happens: one call per fact, never with a key or an event's content. An exception of it is ignored.
   * @default null
   */
  readonly onReport?: ((report: CollectorReport) => void) | null | undefined;
  /**
   * Clock, ids and timers; tests pass their own.
   * @default systemRuntime
   */
  readonly runtime?: Runtime | undefined;
}

export type ResolvedOptions = { readonly [K in keyof CollectorOptions]-?: Exclude<CollectorOptions[K], undefined> };

export const defaults: Omit<ResolvedOptions, "dataDirectory"> = Object.freeze({
  host: "127.0.0.1",
  port: 4600,
  keys: Object.freeze({}),
  disabledKeys: Object.freeze([]),
  secretKey: null,
  maxKeyRequestsPerSecond: null,
  maxAddressRequestsPerSecond: null,
  trustedProxies: Object.freeze([]),
  workers: 0,
  maxConnections: 10_000,
  maxAddressConnections: 1_000,
  minBodyBytesPerSecond: 500,
  allowedHosts: Object.freeze([]),
  sync: "group",
  logRetentionMs: 604_800_000,
  logRetentionBytes: 4_294_967_296,
  sealEvents: 100_000,
  sealIntervalMs: 60_000,
  storeRetentionMs: null,
  storeRetentionBytes: null,
  schemaDirectory: null,
  unknownSchemas: "keep",
  snowplow: Object.freeze({}),
  enrichment: Object.freeze(["bot", "device"]),
  geoDatabase: null,
  ipPolicy: "keep",
  sinks: Object.freeze([]),
  requestTimeoutMs: 30_000,
  closeTimeoutMs: 10_000,
  takeOverTimeoutMs: 0,
  onReport: null,
  runtime: systemRuntime,
});

type Check = (value: unknown) => boolean;
type Rule = readonly [expected: string, check: Check];

const text: Check = (value) => typeof value === "string" && value.length > 0;
const strings: Check = (value) => Array.isArray(value) && value.every(text);
const integer =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const rate: Rule = ["a number from 0.01 to 1,000,000, or null", isRate];
const countOrNull: Rule = ["an integer from 1 to 1,000,000, or null", orNull(integer(1, 1_000_000))];
const duration: Rule = ["a number of milliseconds from 1 to 31,536,000,000", integer(1, 31_536_000_000)];

const rules: Readonly<Record<keyof CollectorOptions, Rule>> = {
  dataDirectory: ['a path, such as "./var/collector"', text],
  host: ['an IP address or a host name, such as "127.0.0.1"', text],
  port: ["an integer from 0 to 65535", integer(0, 65_535)],
  keys: ["an object from key to project, both non-empty strings", isKeyTable],
  disabledKeys: ["a list of keys", strings],
  secretKey: [
    "a string of at least 16 characters, or null",
    (v) => v === null || (typeof v === "string" && v.length >= 16),
  ],
  maxKeyRequestsPerSecond: rate,
  maxAddressRequestsPerSecond: rate,
  trustedProxies: [networksExpectation, areNetworks],
  workers: ["an integer from 0 to 64", integer(0, 64)],
  maxConnections: ["an integer from 1 to 1,000,000", integer(1, 1_000_000)],
  maxAddressConnections: countOrNull,
  minBodyBytesPerSecond: countOrNull,
  allowedHosts: ["a list of host names", strings],
  sync: ['"group" or "none"', (value) => value === "group" || value === "none"],
  logRetentionMs: duration,
  logRetentionBytes: ["a number of bytes, 0 or more", integer(0, Number.MAX_SAFE_INTEGER)],
  sealEvents: ["an integer from 1 to 10,000,000", integer(1, 10_000_000)],
  sealIntervalMs: duration,
  storeRetentionMs: ["a number of milliseconds of 1 or more, or null", orNull(integer(1, Number.MAX_SAFE_INTEGER))],
  storeRetentionBytes: ["a number of bytes of 1 or more, or null", orNull(integer(1, Number.MAX_SAFE_INTEGER))],
  schemaDirectory: ["a path, or null", orNull(text)],
  unknownSchemas: ['"keep" or "refuse"', (value) => value === "keep" || value === "refuse"],
  snowplow: [snowplowExpectation, isSnowplowOptions],
  enrichment: [enrichmentExpectation, areSteps],
  geoDatabase: ["a path, or null", orNull(text)],
  ipPolicy: ['"keep", "truncate" or "drop"', (value) => (ipPolicies as readonly unknown[]).includes(value)],
  sinks: [sinksExpectation, areSinks],
  requestTimeoutMs: duration,
  closeTimeoutMs: duration,
  takeOverTimeoutMs: ["a number of milliseconds from 0 to 3,600,000", integer(0, 3_600_000)],
  onReport: ["a function or null", (value) => value === null || typeof value === "function"],
  runtime: ["a Runtime", (value) => typeof value === "object" && value !== null],
};

/** Options that must never be shown back in a message. */
const secrets: ReadonlySet<string> = new Set(["keys", "disabledKeys", "secretKey", "sinks"]);

/** Checks the caller's options and fills in the defaults; the result is frozen and the caller's object untouched. */
export function resolveOptions(given: CollectorOptions): ResolvedOptions {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name, value] of set) checkOption(name, value);
  const resolved: ResolvedOptions = Object.freeze({
    ...defaults,
    ...(Object.fromEntries(set) as unknown as ResolvedOptions),
  });
  if (resolved.dataDirectory === undefined) checkOption("dataDirectory", undefined);
  if (!isLoopback(resolved.host) && Object.keys(resolved.keys).length === 0) {
    throw new CollectorError(
      "invalid-option",
      `\`host\` ${JSON.stringify(resolved.host)} can be reached from other machines, and no \`keys\` are set: expected keys to tell projects apart; give \`keys\`, or listen on 127.0.0.1.`,
    );
  }
  return resolved;
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Throws a `CollectorError` for a name that is no option, or a value that is not of its form. */
export function checkOption(name: string, value: unknown): void {
  const rule = Object.hasOwn(rules, name) ? rules[name as keyof CollectorOptions] : undefined;
  if (rule === undefined) {
    throw new CollectorError(
      "unknown-option",
      `\`${name}\` is not an option; expected one of: ${Object.keys(rules).join(", ")}.`,
    );
  }
  const [expected, check] = rule;
  if (check(value)) return;
  const came = secrets.has(name) ? "something else" : show(value);
  throw new CollectorError("invalid-option", `\`${name}\` must be ${expected}, got ${came}.`);
}

function show(value: unknown): string {
  const json = typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
}

function isRate(value: unknown): boolean {
  return value === null || (typeof value === "number" && value >= 0.01 && value <= 1_000_000);
}

function isKeyTable(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([key, project]) => text(key) && text(project));
}
