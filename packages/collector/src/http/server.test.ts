import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { JournalError } from "@oncewire/journal";
import type { Receiver, WireRequest } from "@oncewire/protocol";
import { failed, ok } from "@oncewire/protocol";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createIngest } from "../ingest/ingest.js";
import { createRequestKeeper } from "../ingest/request-keeper.js";
import { createLatencies } from "../ingest/latencies.js";
import { createLedger } from "../ingest/ledger.js";
import type { Ledger } from "../ingest/ledger.js";
import { createKeyTable, createProjects } from "../projects.js";
import { createLiveFeed } from "../live/live-feed.js";
import { decodeRecord } from "../log/accept-log.js";
import type { AcceptedRequest, AcceptLog } from "../log/accept-log.js";
import type { CollectorReport } from "../report.js";
import { systemRuntime } from "../runtime.js";
import type { Runtime } from "../runtime.js";
import type { EventReader } from "../store/event-store.js";
import { createReadAccess } from "./access.js";
import { createClientAddress } from "./client-address.js";
import { createClock } from "./clock.fixture.js";
import { createIngestHandler } from "./ingest-handler.js";
import type { Health } from "./health.js";
import { createRateLimiter } from "./rate-limiter.js";
import type { RateLimiter } from "./rate-limiter.js";
import { createRouter } from "./router.js";
import { listen } from "./server.js";
import type { HttpServer } from "./server.js";
import { textReply } from "./reply.js";

const maxBodyBytes = 10_000;
const received: AcceptedRequest[] = [];
const decoded: WireRequest[] = [];
/** As they were given to the receiver and to the log: their memory is the server's. */
const bodies: Uint8Array[] = [];
const records: (readonly Uint8Array[])[] = [];
/** When what was appended is durable. */
let durable: Promise<void> = Promise.resolve();
const reports: CollectorReport[] = [];
/** Of the disk under the log. */
let fault: string | null = null;
let ledger: Ledger;
let server: HttpServer | null = null;

afterEach(async () => {
  await server?.close(50);
  server = null;
  received.length = 0;
  reports.length = 0;
  fault = null;
  decoded.length = 0;
  bodies.length = 0;
  records.length = 0;
  durable = Promise.resolve();
});

/** A wire of its own: the key is a header, the body is not looked into. */
const receiver: Receiver = {
  protocol: "rudderstack",
  routes: [{ name: "in", methods: ["POST"], path: "/in" }],
  maxBodyBytes,
  contentEncodings: ["gzip"],
  key: (head) => {
    const key = head.headers["x-key"];
    return key === undefined ? failed({ path: "", code: "no-key", message: "expected x-key" }) : ok(key);
  },
  decode(request) {
    decoded.push(request);
    bodies.push(request.body);
    const reply = textReply(200, "kept");
    const bad = {
      id: "b",
      protocol: "rudderstack",
      project: "p",
      receivedAt: "",
      code: "c",
      message: "m",
      wire: null,
    } as const;
    return { count: 0, events: [], bad: [bad], reply };
  },
  refuse: (refusal) =>
    textReply(
      { "method-not-allowed": 405, "too-large": 413, "rate-limited": 429, unavailable: 503 }[refusal.kind as string] ??
        400,
      refusal.kind,
      "retryAfterSeconds" in refusal ? { "retry-after": String(refusal.retryAfterSeconds) } : {},
    ),
  headers: () => ({ vary: "Origin" }),
  redact: (head) => ({ ...head, query: head.query.replace("writeKey=good", "writeKey=") }),
};

const log: Pick<AcceptLog, "append" | "status"> = {
  append(record) {
    if (fault !== null) return Promise.reject(new JournalError("suspended", "the disk is full"));
    const request = decodeRecord(Buffer.concat(record));
    if (request === null) throw new Error("expected a record of the accept log");
    received.push(request);
    records.push(record);
    return durable.then(() => received.length - 1);
  },
  status: () => ({ fault }) as ReturnType<AcceptLog["status"]>,
};

const nothingStored: EventReader = {
  events: () => Promise.resolve({ items: [], next: null }),
  bad: () => Promise.resolve({ items: [], next: null }),
  counts: () => Promise.resolve({ events: 0, bad: 0, duplicates: 0 }),
};

interface StartOptions {
  readonly port?: number;
  readonly requestTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly maxConnections?: number;
  readonly maxAddressConnections?: number;
  readonly minBodyBytesPerSecond?: number;
  readonly runtime?: Runtime;
  readonly trustedProxies?: readonly string[];
  readonly addressLimit?: RateLimiter;
  readonly keyLimit?: RateLimiter;
  readonly health?: () => Health;
}

async function start(options: StartOptions = {}): Promise<HttpServer> {
  ledger = createLedger();
  const keeper = createRequestKeeper({
    log: log as AcceptLog,
    ledger,
    onKept: () => {},
    truthOf: () => Promise.resolve(null),
    onReport: (report) => void reports.push(report),
  });
  const trustedProxies = options.trustedProxies ?? [];
  const access = createReadAccess({ secretKey: null, host: "127.0.0.1", allowedHosts: [], trustedProxies });
  const handler = createRouter({
    receivers: [receiver],
    ingest: createIngestHandler({
      ingest: createIngest(keeper),
      projects: createProjects(createKeyTable({ good: "shop", fine: "blog" }, ["old"])),
      ledger,
      latencies: createLatencies(),
      clientAddress: createClientAddress(trustedProxies),
      addressLimit: options.addressLimit ?? null,
      keyLimit: options.keyLimit ?? null,
      access,
      runtime: systemRuntime,
      onReport: () => {},
    }),
    store: nothingStored,
    sql: { sql: () => Promise.resolve({ columns: [], rows: [], truncated: false }) },
    log: { read: () => Promise.resolve({ requests: [], next: 0, lost: [] }), first: 0, durable: 0 },
    live: createLiveFeed({ runtime: systemRuntime }),
    micro: ({ response }) => Promise.resolve(void response.end()),
    people: { people: () => Promise.resolve({ value: null, behind: 0, forgotten: 0 }) },
    show: () => null,
    access,
    page: { file: () => null },
    stats: () => ledger.stats(),
    metrics: () => "",
    onCut: (reason) => ledger.cut(reason),
    health: options.health ?? (() => ({ accepting: true, problems: [] })),
  });
  server = await listen({
    host: "127.0.0.1",
    port: 0,
    requestTimeoutMs: 30_000,
    maxConnections: 1_000,
    maxAddressConnections: null,
    minBodyBytesPerSecond: null,
    idleTimeoutMs: 60_000,
    runtime: systemRuntime,
    ...options,
    trustedProxies,
    handler,
    onCut: (reason) => ledger.cut(reason),
    onError: (error) => {
      throw error;
    },
  });
  return server;
}

/** How often connections were ended by a limit, without the limits that were not met. */
function cuts(): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(ledger.stats().cut).filter(([, count]) => count > 0));
}

interface Trickle {
  /** Resolves when the server has it. */
  send(text: string): Promise<void>;
  answer(): string;
  readonly answered: Promise<string>;
  readonly ended: Promise<string>;
}

/** A client whose body of 999 bytes comes as the test wants. */
async function trickle(url: string, path = "/in"): Promise<Trickle> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => (answer += String(chunk)));
  const answered = new Promise<string>((resolve) => socket.once("data", () => resolve(answer)));
  const ended = new Promise<string>((resolve) => socket.once("close", () => resolve(answer)));
  const send = async (text: string): Promise<void> => {
    await new Promise<void>((resolve) => void socket.write(text, () => resolve()));
    // An exchange on another connection: by its end the server has read what came before.
    await fetch(`${url}/health`);
  };
  await send(`POST ${path} HTTP/1.1\r\nHost: a\r\nX-Key: good\r\nContent-Length: 999\r\n\r\n`);
  return { send, answer: () => answer, answered, ended };
}

/** Sends bytes as they are and gives back everything that is answered until the connection ends. */
function raw(url: string, text: string): Promise<string> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.on("end", () => socket.destroy());
    socket.on("close", () => resolve(answer));
    socket.on("error", (error) => (answer === "" ? reject(error) : resolve(answer)));
  });
}

const post = (extra: string, body = "{}"): string =>
  `POST /in HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;

describe("a request that brings events", () => {
  it("is kept as received, without the key, and answered as its wire answers", async () => {
    const { url } = await start();
    const answer = await fetch(`${url}/in?writeKey=good&a=1`, {
      method: "POST",
      headers: { "x-key": "good", authorization: "Basic good", "user-agent": "test" },
      body: "{}",
    });
    expect([answer.status, await answer.text(), answer.headers.get("vary")]).toEqual([200, "kept", "Origin"]);
    expect(received).toHaveLength(1);
    expect(received[0]?.arrival).toMatchObject({ route: "in", project: "shop", remoteAddress: "127.0.0.1" });
    expect(received[0]?.head.query).toBe("writeKey=&a=1");
    expect(decoded[0]?.headers["user-agent"]).toBe("test");
    expect(ledger.stats()).toMatchObject({ requests: 1, bad: 1 });
  });

  it.each([
    ["identity", (body: Buffer) => body],
    ["gzip", (body: Buffer) => gzipSync(body)],
    ["a-coding-that-stays", (body: Buffer) => body],
  ])("gives its memory back when it is kept, and not before: %s", async (coding, encode) => {
    const { url } = await start();
    const body = randomBytes(9_500);
    const sent = encode(body);
    let keep = (): void => {};
    durable = new Promise((resolve) => (keep = resolve));
    const headers = { "x-key": "good", ...(coding === "identity" ? {} : { "content-encoding": coding }) };
    const answered = fetch(`${url}/in`, { method: "POST", headers, body: sent });
    await vi.waitFor(() => expect(records).toHaveLength(1));
    await new Promise((resolve) => setImmediate(resolve));
    const [record, read] = [records[0] ?? [], bodies[0]];
    expect(sent.equals(decodeRecord(Buffer.concat(record))?.body ?? Buffer.alloc(0))).toBe(true);
    expect(read?.byteLength).toBe(coding === "gzip" ? 0 : body.byteLength);
    keep();
    expect((await answered).status).toBe(200);
    expect(record.slice(1).map(({ byteLength }) => byteLength)).toEqual([0]);
    expect(read?.byteLength).toBe(0);
  });

  it.each([
    ["without a readable key", {}, 400, "unreadable-key"],
    ["with an unknown key", { "x-key": "bad" }, 400, "unknown-key"],
    ["with a disabled key", { "x-key": "old" }, 400, "disabled-key"],
  ])("is refused %s before its body is read, and counted", async (_what, headers, status, reason) => {
    const { url } = await start();
    const answer = await fetch(`${url}/in`, { method: "POST", headers, body: "{}" });
    expect([answer.status, await answer.text()]).toEqual([status, reason]);
    expect(ledger.stats().refused[reason as "unknown-key"]).toBe(1);
    expect(decoded).toHaveLength(0);
  });

  it("has each header as one text, also one that node:http gives as a list", async () => {
    const { url } = await start();
    await raw(url, post("X-Key: good\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Twice: 1\r\nX-Twice: 2\r\n"));
    expect(decoded[0]?.headers).toMatchObject({ "set-cookie": "a=1, b=2", "x-twice": "1, 2" });
  });

  it("is refused with another method", async () => {
    const { url } = await start();
    const answer = await fetch(`${url}/in`, { method: "PUT", headers: { "x-key": "good" }, body: "{}" });
    expect([answer.status, await answer.text()]).toEqual([405, "method-not-allowed"]);
  });

  it("is refused as too large before its body has come, when its length says so", async () => {
    const { url } = await start();
    const answer = await raw(url, `POST /in HTTP/1.1\r\nHost: a\r\nX-Key: good\r\nContent-Length: 99999999\r\n\r\n{`);
    expect(answer).toContain("413");
    expect(answer.toLowerCase()).toContain("connection: close");
  });

  it("is refused as too large as soon as a chunked body is over the limit", async () => {
    const { url } = await start();
    const chunk = `${(5_000).toString(16)}\r\n${"x".repeat(5_000)}\r\n`;
    const answer = await raw(
      url,
      `POST /in HTTP/1.1\r\nHost: a\r\nX-Key: good\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(3)}`,
    );
    expect(answer).toContain("413");
    expect(decoded).toHaveLength(0);
  });

  it("is forgotten when the client goes away in the middle of it", async () => {
    const { url } = await start();
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    await new Promise<void>((resolve) =>
      socket.write("POST /in HTTP/1.1\r\nHost: a\r\nX-Key: good\r\nContent-Length: 5\r\n\r\n{", () => resolve()),
    );
    socket.destroy();
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(decoded).toHaveLength(0);
  });
});

describe("a disk that is full", () => {
  it("is answered with 503 and when to come back, told once, and once more when there is room again", async () => {
    const { url } = await start();
    const statusNow = async (): Promise<[number, string | null]> => {
      const answer = await fetch(`${url}/in`, { method: "POST", headers: { "x-key": "good" }, body: "{}" });
      return [answer.status, answer.headers.get("retry-after")];
    };
    fault = "ENOSPC";
    expect([await statusNow(), await statusNow()]).toEqual([
      [503, "5"],
      [503, "5"],
    ]);
    fault = null;
    expect([await statusNow(), await statusNow()]).toEqual([
      [200, null],
      [200, null],
    ]);
    expect(reports).toEqual([{ kind: "suspended", fault: "ENOSPC" }, { kind: "resumed" }]);
    expect(ledger.stats()).toMatchObject({ requests: 2, refused: { unavailable: 2 } });
  });
});

describe("a limit on requests", () => {
  const once = (): RateLimiter =>
    createRateLimiter({ perSecond: 0.1, maxRemembered: 10, monotonicMs: () => systemRuntime.monotonicMs() });

  it("refuses an address that comes too often before its key is looked at, and says when to come back", async () => {
    const { url } = await start({ addressLimit: once() });
    expect((await fetch(`${url}/in`, { method: "POST", headers: { "x-key": "bad" } })).status).toBe(400);
    const answer = await fetch(`${url}/in`, { method: "POST", headers: { "x-key": "good" }, body: "{}" });
    expect([answer.status, await answer.text(), answer.headers.get("retry-after")]).toEqual([
      429,
      "rate-limited",
      "10",
    ]);
    expect(ledger.stats().refused).toMatchObject({ "unknown-key": 1, "rate-limited": 1 });
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it("counts the clients of a trusted proxy apart, and keeps their addresses", async () => {
    const { url } = await start({ addressLimit: once(), trustedProxies: ["127.0.0.1"] });
    const statusFor = async (address: string): Promise<number> => {
      const headers = { "x-key": "good", "x-forwarded-for": address };
      return (await fetch(`${url}/in`, { method: "POST", headers, body: "{}" })).status;
    };
    const [one, other] = ["203.0.113.7", "203.0.113.8"];
    expect([await statusFor(one), await statusFor(one), await statusFor(other)]).toEqual([200, 429, 200]);
    expect(received.map(({ arrival }) => arrival.remoteAddress)).toEqual([one, other]);
  });

  it("refuses a key that comes too often, and no other", async () => {
    const { url } = await start({ keyLimit: once() });
    const statusFor = async (key: string): Promise<number> =>
      (await fetch(`${url}/in`, { method: "POST", headers: { "x-key": key }, body: "{}" })).status;
    expect([await statusFor("good"), await statusFor("good"), await statusFor("fine")]).toEqual([200, 429, 200]);
    expect(decoded).toHaveLength(2);
  });
});

describe("a client that is slow", () => {
  it("is answered 408 and let go when its request does not end in time", async () => {
    const { url } = await start({ requestTimeoutMs: 100 });
    const answer = await raw(url, "POST /in HTTP/1.1\r\nHost: a\r\nX-Key: good\r\nContent-Length: 5\r\n\r\n{");
    expect(answer).toContain("408");
    expect(decoded).toHaveLength(0);
    expect(cuts()).toEqual({ "slow-request": 1 });
  });

  it("is let go when nothing moves on its connection", async () => {
    const { url } = await start({ idleTimeoutMs: 50 });
    expect(await raw(url, "POST /in HTTP/1.1\r\nHost: a\r\nX-Key: good\r\nContent-Length: 5\r\n\r\n{")).toBe("");
    expect(cuts()).toEqual({ idle: 1 });
  });

  it("is answered 408 and let go when its body trickles in, and not while it comes at pace", async () => {
    const clock = createClock();
    const { url } = await start({ minBodyBytesPerSecond: 100, runtime: clock.runtime });
    const slow = await trickle(url);
    clock.pass(1_000);
    clock.pass(1_000);
    await slow.send("x".repeat(600));
    clock.pass(2_900);
    await slow.send("x");
    clock.pass(1_100);
    await slow.send("x");
    clock.pass(1_000);
    await slow.send("");
    expect(slow.answer()).toBe("");
    clock.pass(1_000);
    expect(await slow.ended).toContain("HTTP/1.1 408");
    expect(decoded).toHaveLength(0);
    expect(cuts()).toEqual({ "slow-body": 1 });
  });

  it("is let go when the body trickles in of a request that has its answer already", async () => {
    const clock = createClock();
    const { url } = await start({ minBodyBytesPerSecond: 100, runtime: clock.runtime });
    const slow = await trickle(url, "/nowhere");
    expect(await slow.answered).toContain("HTTP/1.1 404");
    for (let seconds = 0; seconds < 7; seconds += 1) clock.pass(1_000);
    await slow.ended;
    expect(cuts()).toEqual({ "slow-body": 1 });
  });

  it("is not called slow while its body is not read", async () => {
    const clock = createClock();
    let open: () => void = () => {};
    const addressLimit = {
      take: () => new Promise<null>((resolve) => (open = () => resolve(null))),
      size: 0,
    } as unknown as RateLimiter;
    const { url } = await start({ minBodyBytesPerSecond: 100, runtime: clock.runtime, addressLimit });
    const waiting = await trickle(url);
    for (let seconds = 0; seconds < 20; seconds += 1) clock.pass(1_000);
    open();
    await waiting.send("x".repeat(999));
    expect(await waiting.answered).toContain("HTTP/1.1 200");
  });

  it("has a number of connections of its own, which a trusted proxy has not", async () => {
    const { url } = await start({ maxAddressConnections: 1 });
    const { port } = new URL(url);
    const first = connect(Number(port), "127.0.0.1");
    await new Promise<void>((resolve) => first.once("connect", () => resolve()));
    const statusOfAnother = (): Promise<string> => raw(url, post("X-Key: good\r\n")).catch(() => "");
    expect(await statusOfAnother()).toBe("");
    expect(cuts()).toEqual({ "too-many-of-address": 1 });
    first.destroy();
    await expect.poll(statusOfAnother).toContain("HTTP/1.1 200");
    await server?.close(50);
    const { url: behindProxy } = await start({ maxAddressConnections: 1, trustedProxies: ["127.0.0.0/8"] });
    const proxy = connect(Number(new URL(behindProxy).port), "127.0.0.1");
    await new Promise<void>((resolve) => proxy.once("connect", () => resolve()));
    expect(await raw(behindProxy, post("X-Key: good\r\n"))).toContain("HTTP/1.1 200");
    proxy.destroy();
  });

  it("is turned away when there are too many", async () => {
    const { url } = await start({ maxConnections: 1 });
    const first = connect(Number(new URL(url).port), "127.0.0.1");
    await new Promise<void>((resolve) => first.once("connect", () => resolve()));
    expect(await raw(url, post("X-Key: good\r\n")).catch((error: { code: string }) => error.code)).toMatch(
      /^(ECONNRESET|EPIPE)?$/,
    );
    first.destroy();
    expect(decoded).toHaveLength(0);
    expect(cuts()).toEqual({ "too-many": 1 });
  });

  it("is not counted when it goes away by itself, in the middle of a request or after one", async () => {
    const { url } = await start();
    const { port } = new URL(url);
    const goes = async (text: string): Promise<void> => {
      const socket = connect(Number(port), "127.0.0.1", () => socket.end(text));
      await new Promise((resolve) => socket.resume().once("close", resolve));
    };
    await goes("");
    await goes("POST /in HTTP/1.1\r\nHost: a\r\nX-Key: good\r\nContent-Length: 5\r\n\r\n{");
    await goes(post("X-Key: good\r\n"));
    expect(cuts()).toEqual({});
  });
});

describe("what is no request", () => {
  it("is answered 400 and counted", async () => {
    const { url } = await start();
    expect(await raw(url, "\u0016\u0003\u0001\u0002\r\n")).toContain("HTTP/1.1 400");
    expect(cuts()).toEqual({ malformed: 1 });
  });
});

describe("a request line or head that two servers could read differently", () => {
  it.each([
    [
      "two Host headers",
      `POST /in HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\nX-Key: good\r\nContent-Length: 2\r\n\r\n{}`,
    ],
    [
      "an absolute target",
      `POST http://evil/in HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Key: good\r\nContent-Length: 2\r\n\r\n{}`,
    ],
    ["length and chunks", post("X-Key: good\r\nTransfer-Encoding: chunked\r\n")],
    ["two lengths", post("X-Key: good\r\nContent-Length: 3\r\n")],
    [
      "chunks of HTTP/1.0",
      "POST /in HTTP/1.0\r\nHost: a\r\nX-Key: good\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ],
    [
      "another coding below the chunks",
      "POST /in HTTP/1.1\r\nHost: a\r\nX-Key: good\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ],
    ["no Host", `POST /in HTTP/1.1\r\nConnection: close\r\nX-Key: good\r\nContent-Length: 2\r\n\r\n{}`],
  ])("is refused: %s", async (_what, text) => {
    const { url } = await start();
    expect(await raw(url, text)).toContain("HTTP/1.1 400");
    expect(decoded).toHaveLength(0);
    expect(cuts()).toEqual({ malformed: 1 });
  });

  it.each(["0.9", "2.0"])("is refused with HTTP/%s", async (version) => {
    const { url } = await start();
    expect(await raw(url, post("X-Key: good\r\n").replace("HTTP/1.1", `HTTP/${version}`))).toContain("HTTP/1.1 505");
    expect(decoded).toHaveLength(0);
  });

  it("is the last on its connection", async () => {
    const { url } = await start();
    const twoHosts = "POST /in HTTP/1.1\r\nHost: a\r\nHost: b\r\nX-Key: good\r\nContent-Length: 0\r\n\r\n";
    const answers = await raw(url, twoHosts + post("X-Key: good\r\n"));
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 400"]);
    expect(decoded).toHaveLength(0);
  });

  it("passes when it is plain", async () => {
    const { url } = await start();
    expect(await raw(url, post("X-Key: good\r\n"))).toContain("HTTP/1.1 200");
  });
});

describe("everything else", () => {
  it.each([
    ["a long body", "Content-Length: 99999999\r\n\r\n{"],
    ["a body whose length nobody knows", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"],
  ])("ends the connection on which %s comes to a path that takes none", async (_what, rest) => {
    const { url } = await start();
    const answer = await raw(url, `POST /nowhere HTTP/1.1\r\nHost: a\r\n${rest}`);
    expect(answer).toMatch(/^HTTP\/1\.1 404 [^]*\r\nconnection: close\r\n/i);
  });

  it("passes over a short body, and answers what comes after it", async () => {
    const { url } = await start();
    const short = "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
    const answers = await raw(url, short + post("X-Key: good\r\n"));
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 404", "HTTP/1.1 200"]);
  });

  it("answers health, version, robots and unknown paths", async () => {
    const { url } = await start();
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ server: "UP", acceptingEvents: "TRUE" });
    expect(await (await fetch(`${url}/`)).json()).toMatchObject({ server: "UP" });
    expect(await (await fetch(`${url}/robots.txt`)).text()).toContain("Disallow: /");
    expect(await (await fetch(`${url}/version`)).json()).toMatchObject({ Version: expect.stringMatching(/^\d+\.\d+/) });
    const unknown = await fetch(`${url}/in/`);
    expect([unknown.status, await unknown.text()]).toEqual([404, "404 page not found\n"]);
  });

  it.each([
    [{ accepting: true, problems: [] }, 200, "ready"],
    [{ accepting: true, problems: [{ part: "store", message: "it is tried again" }] }, 200, "degraded"],
    [{ accepting: false, problems: [{ part: "log", message: "ENOSPC" }] }, 503, "unavailable"],
  ] as const)("says with %j what is wrong: %i %s", async (health, status, word) => {
    const { url } = await start({ health: () => health });
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([status, { status: word, problems: health.problems }]);
    expect((await fetch(`${url}/health`)).status).toBe(status);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  it.each([
    ["limit=0", "`limit` must be an integer from 1 to 1000"],
    ["limit=1e3", "`limit` must be an integer"],
    ["kind=banana", "`kind` must be one of identify"],
    ["from=1", "`from` must be an ISO 8601 time"],
    ["from=yesterday", "`from` must be an ISO 8601 time"],
    ["limt=5", "`limt` is not a parameter"],
  ])("says what is wrong with a query: %s", async (query, message) => {
    const { url } = await start();
    const answer = await fetch(`${url}/api/events?${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(JSON.stringify(message).slice(1, -1));
  });

  it("says which port is in use and what to do", async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    const first = server;
    await expect(start({ port })).rejects.toMatchObject({
      code: "port-in-use",
      message: expect.stringContaining(`port ${port}`),
    });
    server = first;
  });
});
