/** Requests recorded from the official SDKs, sent again over HTTP: each is answered as the gateway answers, and stored. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { startCollector } from "@oncewire/collector";
import type { Collector, StoredEvent } from "@oncewire/collector";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Recorded {
  readonly name: string;
  readonly seq: number;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: readonly (readonly [string, string])[];
    readonly body: Record<string, unknown>;
  };
}

type WireEvent = Record<string, unknown>;

const fixtures = new URL("../packages/protocol/fixtures/rudderstack/", import.meta.url);
const recordings = ["python-2.1.4", "node-3.0.13", "segment-node-3.1.0"].map((sdk): [string, Recorded[]] => [
  sdk,
  read(sdk),
]);

/** What the gateway refuses of what the SDKs sent; everything else on its path is `200 ok`. */
const refused: Readonly<Record<string, readonly [number, string]>> = {
  "clean.nan_inf": [400, "invalid json\n"],
  "validate.both_empty_str": [400, "request neither has anonymousId nor userId\n"],
  "validate.empty_user": [400, "request neither has anonymousId nor userId\n"],
};

function read(sdk: string): Recorded[] {
  const [, ...lines] = readFileSync(new URL(`${sdk}.jsonl`, fixtures), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as Recorded);
}

/** The body as it went over the wire, as far as the recording kept it. */
function bodyOf({ request: { body } }: Recorded): string {
  const text = body["__not_strict_json__"] ?? body["__not_json__"];
  return typeof text === "string" ? text : JSON.stringify(body);
}

function expectedAnswer({ name, request: { method, path } }: Recorded): readonly [number, string] {
  if (path !== "/v1/batch") return path === "/" && method === "POST" ? [405, ""] : [404, "404 page not found\n"];
  if (method !== "POST") return [405, ""];
  return refused[name] ?? [200, "ok"];
}

function send(url: string, recorded: Recorded): Promise<[number, string]> {
  const { method, path, headers } = recorded.request;
  const skipped = new Set(["host", "content-length", "connection"]);
  const kept = Object.fromEntries(headers.filter(([name]) => !skipped.has(name.toLowerCase())));
  const isGzip = headers.some(([name, value]) => name.toLowerCase() === "content-encoding" && value === "gzip");
  const text = bodyOf(recorded);
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, url), { method, headers: kept }, (response) => {
      let answer = "";
      response.on("data", (chunk) => (answer += String(chunk)));
      response.on("end", () => resolve([response.statusCode ?? 0, answer]));
    });
    outgoing.on("error", reject);
    if (method === "GET") outgoing.end();
    else outgoing.end(isGzip ? gzipSync(text) : text);
  });
}

function instant(value: unknown): string | null {
  const time = Date.parse(String(value));
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

let directory: string;
let collector: Collector;

describe.each(recordings)("requests of %s", (_sdk, recorded) => {
  // A collector for each SDK: the recordings use the same key and in places the same message ids.
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "oncewire-replay-"));
    collector = await startCollector({ dataDirectory: directory, port: 0 });
  });
  afterAll(async () => {
    await collector.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it.each(recorded.map((one): [string, Recorded] => [`${one.name} #${one.seq} ${one.request.path}`, one]))(
    "are answered as the gateway answers: %s",
    async (_name, one) => expect(await send(collector.url, one)).toEqual(expectedAnswer(one)),
  );

  it("are all in the store, with user, name, time and message id", async () => {
    await collector.settled();
    const accepted = recorded.filter((one) => expectedAnswer(one)[0] === 200);
    const sent = accepted.flatMap(({ request: { body } }) => body["batch"] as WireEvent[]);
    expect(sent.length).toBeGreaterThan(20);
    for (const event of firstOfEachId(sent)) {
      const stored = await find(String(event["messageId"]));
      expect(facts(stored)).toEqual({
        id: event["messageId"],
        kind: event["type"],
        userId: idOf(event["userId"]),
        anonymousId: idOf(event["anonymousId"]),
        name: nameOf(event),
        // RudderStack's processor keeps `timestamp` and falls back on `originalTimestamp` only where it is missing.
        occurredAt: instant(event["timestamp"] ?? event["originalTimestamp"]),
      });
    }
  });

  it("are kept as bad events where the gateway refuses them, with the reason", async () => {
    await collector.settled();
    const { items } = await collector.store.bad({ limit: 100 });
    const expected = recorded.flatMap((one) => (expectedAnswer(one)[0] === 400 ? [expectedAnswer(one)[1]] : []));
    const codes: Readonly<Record<string, string>> = {
      "invalid json\n": "invalid-json",
      "request neither has anonymousId nor userId\n": "no-identity",
    };
    expect(items.map(({ code }) => code)).toEqual(expected.map((answer) => codes[answer]).toReversed());
  });
});

/**
 * The store keeps the first event of an id; recordings of retries and of fixed ids have more. To an id that is no string
 * or is empty the gateway prefers one of its own.
 */
function firstOfEachId(events: readonly WireEvent[]): readonly WireEvent[] {
  const seen = new Set<unknown>([""]);
  return events.filter(({ messageId }) => {
    const isFirst = typeof messageId === "string" && !seen.has(messageId);
    seen.add(messageId);
    return isFirst;
  });
}

async function find(id: string): Promise<StoredEvent> {
  const { items } = await collector.store.events({ id, limit: 2 });
  expect(items).toHaveLength(1);
  const [only] = items;
  if (only === undefined) throw new Error(`expected ${id} in the store`);
  return only;
}

function facts({ id, kind, userId, anonymousId, name, occurredAt }: StoredEvent): unknown {
  return { id, kind, userId, anonymousId, name, occurredAt };
}

function idOf(value: unknown): string | null {
  return typeof value === "string" || typeof value === "number" ? String(value) || null : null;
}

function nameOf({ type, event, name }: WireEvent): unknown {
  if (type === "track") return event ?? null;
  return type === "page" || type === "screen" ? (name ?? null) : null;
}
