/**
 * What attackers and broken senders send. Each request is answered within its limits and by its own fault alone: never
 * with 500, the neighbours that follow are kept, the store goes on, and nothing of it comes back in a report.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCollector } from "./collector.js";
import type { Collector } from "./collector.js";
import type { CollectorReport } from "./report.js";

let directory: string;
let collector: Collector;
const reports: CollectorReport[] = [];
const canary = "canary-7f3a";

async function start(workers: number): Promise<void> {
  directory = mkdtempSync(join(tmpdir(), "oncewire-hostile-"));
  const onReport = (report: CollectorReport): void => void reports.push(report);
  collector = await startCollector({ dataDirectory: directory, port: 0, workers, onReport });
}

async function stop(): Promise<void> {
  await collector.close();
  rmSync(directory, { recursive: true, force: true });
  reports.length = 0;
}

interface Hostile {
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer> | string;
}

const basic = { authorization: `Basic ${btoa("key:")}` };
const rudder = { path: "/v1/batch", headers: basic };
const aTrack = { path: "/event", headers: { "x-a-track-key": "key" } };
const snowplow = { path: "/com.snowplowanalytics.snowplow/tp2", headers: { "content-type": "application/json" } };
const wires = Object.entries({ rudder, aTrack, snowplow });

function event(properties: string, id: string = crypto.randomUUID()): string {
  return `{"batch":[{"type":"track","userId":"ada","event":"${canary}","messageId":"${id}","properties":${properties}}]}`;
}

async function send({ path = "/v1/batch", headers = basic, body = "" }: Hostile): Promise<number> {
  const answer = await fetch(collector.url + path, { method: "POST", headers, body });
  await answer.arrayBuffer();
  return answer.status;
}

const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
const deepList = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const manyKeys = `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join(",")}}`;
const bodies: readonly (readonly [what: string, json: string])[] = [
  ["100,000 objects within one another", deep],
  ["100,000 lists within one another", deepList],
  ["100,000 keys", manyKeys],
  ["the same key again and again", `{${'"a":1,'.repeat(10_000)}"a":2}`],
  ["a key that is a prototype", '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'],
  ["numbers beyond a double", '{"a":1e999,"b":-1e999,"c":123456789012345678901234567890,"d":0e-9999999999}'],
  ["half a surrogate pair and a NUL", String.raw`{"a":"\ud800","b":"\u0000","\udc00":1}`],
  ["a byte order mark", '\ufeff{"a":1}'],
  ["SQL in a name", `{"'; DROP TABLE events; --":"\\" OR 1=1"}`],
  ["terminal escapes and line breaks", String.raw`{"a":"\u001b[2J\r\n\u2028forged line"}`],
  ["markup", '{"a":"<img src=x onerror=alert(1)>"}'],
  ["nothing", ""],
  ["half of an object", '{"a":'],
  ["null", "null"],
  ["a text", '"text"'],
];

const requests: readonly (readonly [what: string, request: Hostile, status: number])[] = [
  [
    "a bomb of gzip",
    { ...rudder, headers: { ...basic, "content-encoding": "gzip" }, body: gzipSync(Buffer.alloc(50_000_000)) },
    413,
  ],
  [
    "a bomb of gzip in many members",
    {
      ...rudder,
      headers: { ...basic, "content-encoding": "gzip" },
      body: Buffer.concat(Array<Uint8Array>(50).fill(gzipSync(Buffer.alloc(1_000_000)))),
    },
    413,
  ],
  ["zstd", { ...rudder, headers: { ...basic, "content-encoding": "zstd" }, body: "(\u00b5/\u00fd" }, 400],
  [
    "gzip upon gzip",
    { ...rudder, headers: { ...basic, "content-encoding": "gzip, gzip" }, body: gzipSync(gzipSync("{}")) },
    400,
  ],
  [
    "brotli",
    { ...rudder, headers: { ...basic, "content-encoding": "br" }, body: brotliCompressSync(Buffer.alloc(1_000_000)) },
    400,
  ],
  ["gzip that is none", { ...rudder, headers: { ...basic, "content-encoding": "gzip" }, body: "{}" }, 400],
  [
    "gzip cut short",
    { ...rudder, headers: { ...basic, "content-encoding": "gzip" }, body: gzipSync(event("{}")).subarray(0, 40) },
    400,
  ],
  ["bytes that are no text", { ...rudder, body: Buffer.from([0x7b, 0xff, 0xfe, 0x80, 0x7d]) }, 400],
  ["credentials that are no Base64", { ...rudder, headers: { authorization: "Basic \u00ff%%%" } }, 401],
  ["credentials of 60,000 characters", { ...rudder, headers: { authorization: `Basic ${"A".repeat(60_000)}` } }, 401],
  ["a body larger than any", { ...rudder, body: "x".repeat(5_000_000) }, 413],
  ["a path that climbs", { path: "/v1/../../etc/passwd", headers: basic }, 404],
  ["a path that climbs in percent signs", { path: "/_live/..%2f..%2fpackage.json", headers: basic }, 404],
  ["a redirect to anywhere", { path: "/r/tp2?u=https://attacker.example", headers: {} }, 404],
];

describe.each([0, 1])("with %i workers", (workers) => {
  beforeAll(() => start(workers));
  afterAll(stop);

  describe("a hostile body", () => {
    it.each(
      bodies.flatMap(([what, json]) =>
        wires.map(([wire, request]) => [what, wire, { ...request, body: json }] as const),
      ),
    )("does no harm: %s to %s", async (_what, _wire, request) => {
      expect(await send(request)).toBeLessThan(500);
      expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
    });

    it.each(bodies.slice(0, -4))("does no harm inside an event: %s", async (_what, json) => {
      expect(await send({ ...rudder, body: event(json) })).toBeLessThan(500);
      expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
    });
  });

  describe("a hostile request", () => {
    it.each(requests)("is refused: %s", async (_what, request, status) => {
      // What gunzip cannot read, RudderStack's gateway answers with 500 itself, and so do we.
      const answered = await send(request);
      expect([status, 500]).toContain(answered);
      if (answered === 500) expect(request.headers).toHaveProperty("content-encoding", "gzip");
    });

    it.each([
      "/i?e=pv&p=web&tv=t&__proto__=polluted&constructor=polluted&__proto__[polluted]=1&polluted",
      "/i?e=pv&p=web&tv=t&%",
      "/i?e=pv&p=web&tv=%ff%fe%00&cx=%ff",
      `/i?e=ue&p=web&tv=t&ue_px=${"A".repeat(50_000)}`,
      `/i?${"e=pv&".repeat(10_000)}p=web&tv=t`,
      "/pixel/v1/track?writeKey=key&anonymousId=a&event=b&__proto__=polluted&properties.__proto__.polluted=1",
    ])("does no harm in a query: %.60s", async (path) => {
      const headers = { cookie: "__proto__=polluted; sp=%; =; ;;; a", "x-forwarded-for": "__proto__, ::ffff:1, [" };
      const answer = await fetch(collector.url + path, { headers });
      await answer.arrayBuffer();
      expect(answer.status).toBeLessThan(500);
      expect(({} as { polluted?: boolean }).polluted).toBe(undefined);
    });

    it("in several members of gzip is one body", async () => {
      const text = event("{}", "in-members");
      const body = Buffer.concat([gzipSync(text.slice(0, 20)), gzipSync(text.slice(20))]);
      expect(await send({ ...rudder, headers: { ...basic, "content-encoding": "gzip" }, body })).toBe(200);
    });

    it.each([
      [
        "a head that has no end",
        `POST /v1/batch HTTP/1.1\r\nHost: a\r\n${`X-A: ${"a".repeat(1_000)}\r\n`.repeat(80)}\r\n`,
        /^HTTP\/1\.1 431 /,
      ],
      [
        "thousands of small headers",
        `POST /v1/batch HTTP/1.1\r\nHost: a\r\n${"A: b\r\n".repeat(20_000)}\r\n`,
        /^HTTP\/1\.1 431 /,
      ],
      [
        "a header name with a space",
        "POST /v1/batch HTTP/1.1\r\nHost: a\r\nContent-Length : 2\r\n\r\n{}",
        /^HTTP\/1\.1 400 /,
      ],
      [
        "a bare line feed in a header",
        "POST /v1/batch HTTP/1.1\r\nHost: a\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n",
        /^HTTP\/1\.1 400 /,
      ],
      [
        "an unknown transfer encoding",
        "POST /v1/batch HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        /^HTTP\/1\.1 400 /,
      ],
      [
        "a chunk size that is none",
        "POST /v1/batch HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        /^HTTP\/1\.1 40[01] /,
      ],
      [
        "an authority instead of a path",
        "CONNECT attacker.example:443 HTTP/1.1\r\nHost: attacker.example:443\r\n\r\n",
        /^$|^HTTP\/1\.1 40/,
      ],
      ["another protocol", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003", /^HTTP\/1\.1 400 /],
    ])("is turned away: %s", async (_what, text, expected) => {
      expect(await raw(text)).toMatch(expected);
    });
  });

  describe("after all of that", () => {
    it("the collector keeps what comes, has everything accepted in the store, and reported none of it", async () => {
      expect(await send({ ...rudder, body: event("{}", "after-all") })).toBe(200);
      await collector.settled();
      const { items } = await collector.store.events({ limit: 1 });
      expect(items.map(({ id }) => id)).toEqual(["after-all"]);
      expect((await collector.store.events({ id: "in-members", limit: 1 })).items).toHaveLength(1);
      expect(collector.stats()).toMatchObject({ pending: 0 });
      expect(reports.filter(({ kind }) => kind !== "refused" && kind !== "started")).toEqual([]);
      expect(JSON.stringify(reports)).not.toContain(canary);
      expect((await fetch(`${collector.url}/health/ready`)).status).toBe(200);
    });
  });
});

/** Sends bytes as they are and gives back what is answered until the connection ends. */
function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(collector.url).port), "127.0.0.1", () => socket.end(text, "latin1"));
    let answer = "";
    socket.on("data", (chunk) => (answer += String(chunk)));
    // A server that has answered may close before it has read what it was sent.
    socket.on("error", () => resolve(answer));
    socket.on("close", () => resolve(answer));
  });
}
