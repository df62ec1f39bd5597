/**
 * What attackers are after, whatever they send: to read, to make the collector ask somebody for them, to find keys, to
 * fill the metrics, to have a text run as SQL, to hold a connection.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, request as startRequest } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openApiDocument } from "./api/open-api.js";
import { startCollector } from "./collector.js";
import type { Collector } from "./collector.js";
import type { CollectorReport } from "./report.js";

const ingestKey = "canary-ingest-key-5b1e";
/** A field of Snowplow's events, and no secret. */
const appId = "shop-web";
const secretKey = "canary-secret-key-9c4d";
const reports: CollectorReport[] = [];
let directory: string;
let collector: Collector;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-hostile-"));
  collector = await startCollector({
    dataDirectory: directory,
    port: 0,
    keys: { [ingestKey]: "shop", [appId]: "shop" },
    secretKey,
    snowplow: { redirects: { domains: ["shop.example"] } },
    onReport: (report) => void reports.push(report),
  });
});
afterAll(async () => {
  await collector.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Sending {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Not `fetch`, which lets nobody say another host or site. */
function ask(path: string, { method = "GET", headers = {}, body = "" }: Sending = {}): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const given = { ...headers, "content-length": String(Buffer.byteLength(body)) };
    const sending = startRequest(collector.url + path, { method, headers: given, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk) => (text += String(chunk)));
      answer.once("error", reject).once("end", () => resolve([answer.statusCode ?? 0, text]));
    });
    sending.once("error", reject);
    sending.end(body);
  });
}

const asReader = { headers: { authorization: `Bearer ${secretKey}` } };
const asSender = { authorization: `Basic ${btoa(`${ingestKey}:`)}` };

function track(fields: object): Promise<[number, string]> {
  return ask("/v1/track", { method: "POST", headers: asSender, body: JSON.stringify({ userId: "ada", ...fields }) });
}

describe("reading", () => {
  const paths = Object.keys((openApiDocument() as { readonly paths: object }).paths).filter(
    (path) => !/^\/(health|sink-health)/.test(path),
  );
  const page = ["/_live/app.js", "/micro/all", "/micro/good", "/micro/reset", "/metrics", "/api/live"];

  it.each([...new Set([...paths, ...page])])("needs the secret key, and nothing else opens it: %s", async (path) => {
    const tricks: readonly Readonly<Record<string, string>>[] = [
      {},
      asSender,
      { authorization: `Bearer ${ingestKey}` },
      { authorization: `Bearer ${secretKey.slice(0, -1)}` },
      { cookie: `authorization=Bearer ${secretKey}` },
      { "x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1", forwarded: "for=127.0.0.1" },
      { "x-original-url": "/health", "x-rewrite-url": "/health" },
      { "x-http-method-override": "OPTIONS" },
    ];
    for (const headers of tricks) expect((await ask(path, { headers }))[0], JSON.stringify(headers)).toBe(401);
    expect((await ask(`${path}?authorization=${secretKey}&secretKey=${secretKey}`))[0]).toBe(401);
  });

  it.each([...new Set([...paths, ...page])])(
    "answers no page of another site, with the key neither: %s",
    async (path) => {
      const foreign: readonly Readonly<Record<string, string>>[] = [
        { host: "rebound.example" },
        { origin: "https://attacker.example" },
        { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" },
      ];
      for (const one of foreign) {
        const [status] = await ask(path, { headers: { ...asReader.headers, ...one } });
        expect([401, 403, 421], JSON.stringify(one)).toContain(status);
      }
    },
  );
});

describe("an address in the data", () => {
  it("is asked by nobody, wherever it stands", async () => {
    let visits = 0;
    const trap = createServer((_, response) => void response.end()).on("connection", () => (visits += 1));
    await new Promise<void>((resolve) => trap.listen(0, "127.0.0.1", resolve));
    const target = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/`;
    await (await fetch(target)).arrayBuffer();
    expect(visits).toBe(1);
    const headers = { ...asSender, origin: target, referer: target, "x-forwarded-host": target.slice(7, -1) };
    const places = { page: { url: target, referrer: target }, campaign: { source: target }, url: target };
    const body = { userId: target, event: target, context: places, integrations: { [target]: { url: target } } };
    expect((await ask("/v1/track", { method: "POST", headers, body: JSON.stringify(body) }))[0]).toBe(200);
    const schema = `${target}com.acme/x/jsonschema/1-0-0`;
    const iglu = { schema: `iglu:${target}/x/jsonschema/1-0-0`, data: { $schema: schema, $ref: schema } };
    const data = [{ e: "ue", p: "web", tv: "t", aid: appId, url: target, refr: target, ue_pr: JSON.stringify(iglu) }];
    const posted = JSON.stringify({
      schema: "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4",
      data,
    });
    await ask("/com.snowplowanalytics.snowplow/tp2", { method: "POST", body: posted });
    await ask(`/i?e=pv&p=web&tv=t&aid=${appId}&url=${encodeURIComponent(target)}`);
    await ask(`/r/tp2?aid=${appId}&u=${encodeURIComponent(target)}`);
    await collector.settled();
    for (const path of ["/api/events", "/api/bad", "/micro/good", "/api/requests"]) await ask(path, asReader);
    trap.close();
    trap.closeAllConnections();
    expect(visits).toBe(1);
  });

  it.each([
    "https://attacker.example/",
    "https://shop.example.attacker.example/",
    "https://shop.example@attacker.example/",
    "https://attacker.example/?https://shop.example/",
    "https://attacker.example#shop.example",
    "https://attacker.example\\@shop.example/",
    "//attacker.example/",
    "/\\attacker.example/",
    "https:attacker.example",
    "javascript:alert(1)//shop.example",
    "data:text/html,shop.example",
    "https://shop.example\r\nset-cookie: a=b",
    "https://shop.example%0d%0aset-cookie:a=b/",
    "https://ѕhop.example/",
    " https://attacker.example/",
    "https://[::1]/",
  ])("leads nobody away who is sent to %s", async (target) => {
    const answer = await fetch(`${collector.url}/r/tp2?aid=${appId}&${String(new URLSearchParams({ u: target }))}`, {
      redirect: "manual",
    });
    expect(answer.headers.get("set-cookie") ?? "").not.toContain("a=b");
    const location = answer.headers.get("location");
    if (location !== null) expect(new URL(location, "https://collector.example").host).toBe("shop.example");
  });
});

describe("a text", () => {
  const texts = [
    "'; DROP TABLE events; --",
    "' OR '1'='1",
    '" OR 1=1 --',
    "x') UNION SELECT wire FROM events --",
    "$1",
    "\\'; SELECT 1; --",
    "%",
    "_",
    "'||(SELECT 'x')||'",
    "\u0000'; --",
  ];

  it("is found by itself alone, and is never SQL", async () => {
    for (const [index, event] of texts.entries()) await track({ event, messageId: `sql-${index}` });
    await track({ event: "Innocent", messageId: "sql-none" });
    await collector.settled();
    for (const [index, name] of texts.entries()) {
      for (const field of ["name", "userId", "anonymousId", "sessionId", "id", "project"]) {
        const [status, text] = await ask(`/api/events?${String(new URLSearchParams({ [field]: name }))}`, asReader);
        const ids = (JSON.parse(text) as { items: { id: string }[] }).items.map(({ id }) => id);
        expect([status, ids], `${field} ${name}`).toEqual([200, field === "name" ? [`sql-${index}`] : []]);
      }
      for (const field of ["cursor", "from", "kind", "by", "group", "limit"]) {
        const query = String(new URLSearchParams({ by: "day", [field]: name }));
        expect((await ask(`/api/counts?${query}`, asReader))[0], `${field} ${name}`).toBe(400);
      }
    }
    expect((await ask("/api/events?name=Innocent", asReader))[1]).toContain("sql-none");
  });
});

describe("keys", () => {
  it("stand in no file, no report and no answer", async () => {
    await track({ event: "Seen" });
    await ask("/event", { method: "POST", headers: { "x-a-track-key": ingestKey }, body: "{}" });
    await ask("/v1/track", {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${secretKey}:`)}` },
      body: "{}",
    });
    await ask(`/pixel/v1/track?writeKey=${ingestKey}&event=Seen&anonymousId=a`);
    await collector.settled();
    const answers = await Promise.all(
      ["/api/events", "/api/bad", "/api/requests", "/api/stats", "/metrics"].map((path) => ask(path, asReader)),
    );
    const [ingestBasic, secretBasic] = [ingestKey, secretKey].map((key) => btoa(`${key}:`));
    const everything = [JSON.stringify(reports), ...answers.map(([, text]) => text), ...filesIn(directory)].join("\n");
    expect(everything.length).toBeGreaterThan(1_000);
    for (const key of [secretKey, ingestBasic, secretBasic]) expect(everything).not.toContain(key);
    const at = everything.indexOf(ingestKey);
    expect(at === -1 ? "" : everything.slice(at - 100, at + 100)).toBe("");
  });
});

describe("the metrics", () => {
  it("have no more series than before, whatever comes", async () => {
    const series = async (): Promise<readonly string[]> =>
      (await ask("/metrics", asReader))[1].split("\n").map((line) => line.replace(/ [^ ]+$/, ""));
    const before = await series();
    for (let index = 0; index < 50; index += 1) {
      const headers = { authorization: `Basic ${btoa(`key-${index}:`)}`, "user-agent": `agent-${index}` };
      await ask(`/v1/track?x=${index}`, { method: "POST", headers, body: "{}" });
      await ask(`/nowhere-${index}`, { method: "PUT", headers });
      await track({ event: `Seen ${index}`, userId: `user-${index}` });
    }
    expect(await series()).toEqual(before);
  });
});

describe("a client that asks and does not listen", () => {
  it("holds up nobody else, and is given no more than a connection holds", async () => {
    const socket = connect(Number(new URL(collector.url).port), "127.0.0.1");
    socket.pause();
    socket.on("error", () => {});
    const question = `GET /_live/app.js HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${secretKey}\r\n\r\n`;
    const before = process.memoryUsage.rss();
    for (let count = 0; count < 200; count += 1) socket.write(question.repeat(100));
    for (let count = 0; count < 20; count += 1) expect((await ask("/health"))[0]).toBe(200);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100_000_000);
    socket.destroy();
  });
});

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, "latin1"));
}
