/** Requests recorded from Snowplow's own trackers (packages/protocol/fixtures/snowplow), and how they are compared. */
import { readFileSync } from "node:fs";
import { describedOf, entitiesOf, type Pairs } from "./recording-collector.fixture.js";

export type Args = Readonly<Record<string, unknown>>;

export interface Call {
  readonly method: string;
  readonly args: Args;
}

interface CapturedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
  readonly body: string | null;
}

interface Line {
  readonly name: string;
  readonly setup: {
    readonly tracker?: Args;
    readonly emitter?: Args;
    readonly emitters?: unknown;
    readonly responses?: readonly unknown[];
  };
  readonly call: Call;
  readonly request: CapturedRequest | null;
  readonly returned?: readonly unknown[];
  readonly requests_in_case: number;
}

/** One recorded case: what was called, and all requests that were made. */
export interface RecordedCase extends Omit<Line, "request"> {
  readonly requests: readonly CapturedRequest[];
}

const folder = new URL("../../../../protocol/fixtures/snowplow/", import.meta.url);

/** The cases of which every request was kept. */
export function readCases(tracker: string): readonly RecordedCase[] {
  const lines = readFileSync(new URL(`${tracker}.jsonl`, folder), "utf8")
    .trim()
    .split("\n");
  const byName = new Map<string, Line[]>();
  for (const line of lines.map((text) => JSON.parse(text) as Line)) {
    byName.set(line.name, [...(byName.get(line.name) ?? []), line]);
  }
  return [...byName.values()].flatMap((group) => {
    const [first] = group;
    const requests = group.flatMap(({ request }) => request ?? []);
    return first === undefined || requests.length < (first.requests_in_case ?? 0) ? [] : [{ ...first, requests }];
  });
}

export function isFields(value: unknown): value is Args {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An event as it was sent, without what differs from run to run. */
export interface Said {
  readonly pairs: Args;
  readonly described: unknown;
  readonly entities: unknown;
}

const varying = new Set(["eid", "dtm", "stm", "tv", "tid", "cx", "co", "ue_px", "ue_pr"]);
/** Languages write numbers in different letters. */
const numbers = /^(se_va|t[ri]_(tt|tx|sh|pr))$/;

export function saidIn(payload: Pairs): Said {
  const entries = Object.entries(payload).filter(([key]) => !varying.has(key));
  return {
    pairs: Object.fromEntries(entries.map(([key, value]) => [key, numbers.test(key) ? Number(value) : value])),
    described: payload["e"] === "ue" ? describedOf(payload) : undefined,
    entities: entitiesOf(payload),
  };
}

export function payloadsRecorded({ requests }: RecordedCase): readonly Pairs[] {
  return requests.flatMap(({ method, query, body }): readonly Pairs[] =>
    method === "POST" ? JSON.parse(body ?? "").data : [Object.fromEntries(new URLSearchParams(query ?? ""))],
  );
}
