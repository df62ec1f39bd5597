/** Where accepted events go beside the store. */
export const sinkWires = ["rudderstack", "a-track", "snowplow"] as const;
export type SinkWire = (typeof sinkWires)[number];

interface CommonSinkOptions {
  /** Names its place in the log, its metrics and its reports: letters, digits and dashes. A new name is a new sink. */
  readonly name: string;
  /** Only events of this project; without it, of all. */
  readonly project?: string | undefined;
  /** Where a new sink begins: with what comes `now`, or with the oldest that the log has. @default "now" */
  readonly from?: "now" | "beginning" | undefined;
}

/** A file of canonical events, one JSON object per line. It may be moved away at any time; a new one is begun then. */
export interface NdjsonSinkOptions extends CommonSinkOptions {
  readonly kind: "ndjson";
  readonly path: string;
}

/** Another system, under the ids that events have: what comes twice is kept there once. */
export interface ForwardSinkOptions extends CommonSinkOptions {
  readonly kind: "forward";
  readonly to: SinkWire;
  readonly url: string;
  /** Its write key, public key or app id. */
  readonly key: string;
}

export type SinkOptions = NdjsonSinkOptions | ForwardSinkOptions;

export const sinksExpectation =
  'a list of sinks with different names, such as {"kind":"ndjson","name":"file","path":"./events.ndjson"} or {"kind":"forward","name":"rs","to":"rudderstack","url":"https://…","key":"…"}';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string" && value !== "";
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const oneOf =
  (...choices: readonly unknown[]): Check =>
  (value) =>
    choices.includes(value);

const common = {
  name: (value) => typeof value === "string" && /^[a-z0-9][a-z0-9-]{0,40}$/i.test(value),
  project: optional(text),
  from: optional(oneOf("now", "beginning")),
} satisfies Record<string, Check>;

const shapes: Readonly<Record<SinkOptions["kind"], Readonly<Record<string, Check>>>> = {
  ndjson: { ...common, kind: text, path: text },
  forward: { ...common, kind: text, to: oneOf(...sinkWires), url: isHttpUrl, key: text },
};

export function areSinks(value: unknown): value is readonly SinkOptions[] {
  return Array.isArray(value) && value.every(isSink) && new Set(value.map(({ name }) => name)).size === value.length;
}

function isSink(value: unknown): value is SinkOptions {
  if (typeof value !== "object" || value === null) return false;
  const { kind } = value as { kind?: unknown };
  if (kind !== "ndjson" && kind !== "forward") return false;
  const shape = shapes[kind];
  const fields = value as Readonly<Record<string, unknown>>;
  return (
    Object.keys(fields).every((name) => name in shape) &&
    Object.entries(shape).every(([name, check]) => check(fields[name]))
  );
}

function isHttpUrl(value: unknown): boolean {
  return typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
