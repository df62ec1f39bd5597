/** What Snowplow's own trackers sent, sent again to a collector, and asked of the Micro API as their users' tests would. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCollector } from "../collector.js";
import type { Collector } from "../collector.js";

interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string | null;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | null;
}

type Pairs = Readonly<Record<string, string>>;

const fixtures = new URL("../../../protocol/fixtures/snowplow/", import.meta.url);
const trackerPaths = /^\/(?:i|com\.snowplowanalytics\.snowplow\/tp2)$/;

function readRequests(file: string): readonly RecordedRequest[] {
  const lines = readFileSync(new URL(`${file}.jsonl`, fixtures), "utf8")
    .trim()
    .split("\n");
  return lines
    .map((line) => (JSON.parse(line) as { request: RecordedRequest | null }).request)
    .filter((one) => one !== null)
    .filter(({ path }) => trackerPaths.test(path));
}

/** The pairs of each event, read without the collector's own code. */
function pairsIn({ query, body }: RecordedRequest): readonly Pairs[] {
  if (body === null || body === "") return [Object.fromEntries(new URLSearchParams(query ?? ""))];
  return (JSON.parse(body) as { data: Pairs[] }).data;
}

let directory: string;
let collector: Collector;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-official-"));
  collector = await startCollector({ dataDirectory: directory, port: 0 });
});
afterAll(async () => {
  await collector.close();
  rmSync(directory, { recursive: true, force: true });
});

/** As it was recorded, header by header, to this collector instead. */
function sendAgain({ method, path, query, headers, body }: RecordedRequest): Promise<number> {
  const own = headers.filter(([name]) => !/^(?:host|connection|content-length|transfer-encoding)$/i.test(name));
  const url = `${collector.url}${path}${query === null ? "" : `?${query}`}`;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: Object.fromEntries(own) }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    });
    sent.on("error", reject).end(body ?? "");
  });
}

async function micro<T>(path: string, filter: object = {}): Promise<T> {
  const answer = await fetch(`${collector.url}/micro/${path}`, { method: "POST", body: JSON.stringify(filter) });
  return (await answer.json()) as T;
}

interface Good {
  readonly eventType: string;
  readonly rawEvent: { readonly parameters: Pairs };
  readonly event: { readonly event_id: string; readonly platform: string; readonly user_id: string | null };
}
interface Bad {
  readonly rawEvent: { readonly parameters: Pairs } | null;
}

const eventTypes: Pairs = {
  pv: "page_view",
  pp: "page_ping",
  se: "struct",
  ue: "unstruct",
  tr: "transaction",
  ti: "transaction_item",
};

describe("the Micro API", () => {
  it.each(["python-1.1.0", "node-4.8.0"])("gives back every event that %s sent, at once", async (file) => {
    await micro("reset");
    const requests = readRequests(file);
    for (const one of requests) expect(await sendAgain(one)).toBe(200);
    const good = await micro<Good[]>("good");
    const bad = await micro<Bad[]>("bad");
    expect(await micro("all")).toEqual({ total: good.length + bad.length, good: good.length, bad: bad.length });

    // Of an event that a tracker sent again, the first is kept.
    const sent = new Map(
      requests
        .flatMap(pairsIn)
        .toReversed()
        .map((pairs) => [pairs["eid"], pairs]),
    );
    const shown = new Set([
      ...good.map(({ event }) => event.event_id),
      ...bad.map(({ rawEvent }) => rawEvent?.parameters["eid"]),
    ]);
    expect(good.length).toBeGreaterThan(100);
    expect([...sent.keys()].filter((eid) => eid !== undefined && !shown.has(eid))).toEqual([]);
    for (const { eventType, rawEvent, event } of good) {
      const pairs = sent.get(event.event_id);
      expect(rawEvent.parameters).toEqual(pairs);
      expect(eventType).toBe(eventTypes[pairs?.["e"] ?? ""]);
      expect(event).toMatchObject({ platform: pairs?.["p"], user_id: pairs?.["uid"] ?? null });
    }
  });

  it("finds one of them by its id", async () => {
    const [pairs] = readRequests("python-1.1.0").flatMap(pairsIn);
    await micro("reset");
    const view = { ...pairs, e: "pv", eid: "4c0f1d6c-0c65-4a0f-9c31-6d1ad1f4ad10" };
    const query = String(new URLSearchParams(view));
    await sendAgain({ method: "GET", path: "/i", query, headers: [], body: null });
    const found = await micro<Good[]>("good", { event_id: view.eid });
    expect(found.map(({ rawEvent }) => rawEvent.parameters)).toEqual([view]);
  });
});
