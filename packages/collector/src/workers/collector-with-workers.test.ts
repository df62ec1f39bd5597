/** What a client sees of a collector is the same, whichever process its connection is in. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request as startRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startCollector } from "../collector.js";
import type { Collector } from "../collector.js";
import type { CollectorOptions } from "../options.js";
import type { CollectorReport } from "../report.js";
import { systemRuntime } from "../runtime.js";
import type { Runtime } from "../runtime.js";
import { createHurriedRuntime } from "./hurried-runtime.fixture.js";

let directory: string;
let collector: Collector;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-workers-"));
});
afterEach(async () => {
  await collector.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(options: Partial<CollectorOptions> = {}): Promise<void> {
  collector = await startCollector({ dataDirectory: directory, port: 0, workers: 2, ...options });
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

interface Sending {
  readonly headers?: Record<string, string>;
  readonly agent?: Agent;
}

/** On a connection of its own where no agent keeps one, so that the workers take turns. */
function ask(path: string, body: unknown = null, { headers = {}, agent }: Sending = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === null ? "GET" : "POST";
    const sending = startRequest(`${collector.url}${path}`, { method, headers, agent: agent ?? false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk) => (text += String(chunk)));
      answer.once("error", reject);
      answer.once("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    sending.once("error", reject);
    sending.end(body === null ? "" : JSON.stringify(body));
  });
}

const rudder = (key: string): Sending => ({ headers: { authorization: `Basic ${btoa(`${key}:`)}` } });
const track = (messageId: string): object => ({ type: "track", userId: "ada", event: "Seen", messageId });

async function metric(line: string): Promise<void> {
  await vi.waitFor(async () => expect((await ask("/metrics")).text.split("\n")).toContain(line));
}

describe("a collector with workers", () => {
  it("has one ledger, one store and one set of numbers", async () => {
    await start({ keys: { k1: "shop" } });
    for (const id of ["a", "b", "c", "a"]) {
      expect((await ask("/v1/batch", { batch: [track(id)] }, rudder("k1"))).status).toBe(200);
    }
    for (let sent = 0; sent < 3; sent += 1) expect((await ask("/v1/track", track("x"), rudder("no"))).status).toBe(401);
    await collector.settled();
    const { items } = JSON.parse((await ask("/api/events?limit=10")).text) as { items: { id: string }[] };
    expect(items.map(({ id }) => id)).toEqual(["c", "b", "a"]);
    expect(JSON.parse((await ask("/api/stats")).text)).toMatchObject({
      requests: 4,
      accepted: 4,
      stored: 3,
      duplicates: 1,
    });
    await metric('oncewire_requests_refused_total{reason="unknown-key"} 3');
    await metric("oncewire_answer_seconds_count 4");
    await metric("oncewire_workers 2");
    expect(JSON.parse((await ask("/health/ready")).text)).toEqual({ status: "ready", problems: [] });
  });

  it("has all of a large body, whose memory a worker gives back", async () => {
    await start({ keys: { k1: "shop" } });
    const texts = [30_000, 300_000].map((length) => `${length}-`.repeat(length / 10));
    for (const text of texts) {
      const event = { ...track(String(text.length)), properties: { text } };
      expect((await ask("/v1/batch", { batch: [event] }, rudder("k1"))).status).toBe(200);
    }
    await collector.settled();
    const { items } = JSON.parse((await ask("/api/events?limit=10")).text) as {
      items: { properties: { text: string } }[];
    };
    expect(items.map(({ properties }) => properties.text).toReversed()).toEqual(texts);
  });

  it("counts what they keep nothing of, and connections that end there by a limit", async () => {
    await start();
    expect((await ask("/r/tp2?u=https://shop.example/")).status).toBe(404);
    const socket = connect(Number(new URL(collector.url).port), "127.0.0.1", () => socket.end("no request\r\n\r\n"));
    await new Promise((resolve) => socket.resume().once("close", resolve));
    await metric('oncewire_requests_unkept_total{reason="redirects-off"} 1');
    await metric('oncewire_connections_cut_total{reason="malformed"} 1');
  });

  it("gives a client its answer that sends more than anybody reads before it listens", async () => {
    await start();
    for (let round = 0; round < 10; round += 1) {
      const socket = connect(Number(new URL(collector.url).port), "127.0.0.1");
      socket.pause();
      socket.write("POST /micro/good HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 12000000\r\n\r\n");
      await new Promise<void>((resolve) => socket.write(Buffer.alloc(12_000_000, "x"), () => resolve()));
      let answer = "";
      socket.on("data", (chunk) => (answer += String(chunk)));
      await new Promise((resolve, reject) => socket.resume().once("error", reject).once("close", resolve));
      expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*at most 64 KiB"\}\}$/);
    }
  });

  it("limits a key over all of them", async () => {
    await start({ maxKeyRequestsPerSecond: 2, maxAddressRequestsPerSecond: 1_000 });
    const statuses: (number | undefined)[] = [];
    for (const key of ["k1", "k1", "k1", "k1", "k2"]) {
      statuses.push((await ask("/v1/track", track("x"), rudder(key))).status);
    }
    expect(statuses).toEqual([200, 200, 429, 429, 200]);
  });

  it("shows live what any of them took", async () => {
    await start();
    const stream = await new Promise<IncomingMessage>((resolve) => {
      startRequest(`${collector.url}/api/live`, { agent: false }, resolve).end();
    });
    let shown = "";
    stream.setEncoding("utf8").on("data", (chunk) => (shown += String(chunk)));
    await ask("/v1/track", track("one"), rudder("k"));
    await ask("/v1/track", track("two"), rudder("k"));
    await vi.waitFor(() => expect(shown).toMatch(/"id":"one"[^]*"id":"two"/), { timeout: 10_000 });
    stream.destroy();
  });

  it("tells an A-Track client who is new, and a Micro test of everything that was accepted", async () => {
    // A deadline comes late: what is said within one is asked here, not how busy the machine is.
    const after: Runtime["after"] = (ms, task) => systemRuntime.after(ms * 40, task);
    await start({ runtime: { ...systemRuntime, after } });
    const headers = { "x-a-track-key": "pub_1", "content-type": "application/json" };
    const init = (): Promise<Answer> =>
      ask("/init", { sdkVersion: "0.1.0", uuid: "crm-42", attributes: {} }, { headers });
    expect(JSON.parse((await init()).text)).toMatchObject({ isNewUser: true });
    expect(JSON.parse((await init()).text)).toMatchObject({ isNewUser: false });
    const pixel = await ask("/i?e=pv&p=web&tv=js-3&aid=shop&url=http%3A%2F%2Fx.example%2F");
    expect(pixel.status).toBe(200);
    expect(JSON.parse((await ask("/micro/all")).text)).toMatchObject({ total: 1, good: 1, bad: 0 });
  });

  it.runIf(process.platform === "linux")("says so while one of them is away, and loses nothing by it", async () => {
    const reports: CollectorReport[] = [];
    let restart: () => void = () => {};
    const after: Runtime["after"] = (ms, task) => {
      if (ms !== 100) return systemRuntime.after(ms, task);
      restart = task;
      return () => {};
    };
    await start({ runtime: { ...systemRuntime, after }, onReport: (report) => void reports.push(report) });
    expect((await ask("/v1/track", track("before"), rudder("k"))).status).toBe(200);
    process.kill(workerPids()[0] ?? 0, "SIGKILL");
    await metric("oncewire_worker_ends_total 1");
    await metric("oncewire_workers 1");
    const problem = {
      part: "workers",
      message: "1 of 2 take connections; the others do not answer or are started again",
    };
    expect(JSON.parse((await ask("/health/ready")).text)).toEqual({ status: "degraded", problems: [problem] });
    expect(reports).toContainEqual({ kind: "worker-ended", worker: 1, message: "SIGKILL", restartMs: 100 });
    expect((await ask("/v1/track", track("meanwhile"), rudder("k"))).status).toBe(200);
    restart();
    await metric("oncewire_workers 2");
    await collector.settled();
    expect(collector.stats()).toMatchObject({ accepted: 2, stored: 2 });
  });
});

describe.runIf(process.platform === "linux")("a collector with a worker that hangs", () => {
  /** A client with one connection that it keeps, and sends again what was not answered with success. */
  async function send(name: string, over: AbortSignal): Promise<{ readonly answered: number; readonly cut: number }> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let [answered, cut] = [0, 0];
    while (!over.aborted) {
      const event = track(`${name}-${answered}`);
      const answer = await ask("/v1/track", event, { ...rudder("k"), agent }).catch(() => null);
      if (answer?.status === 200) answered += 1;
      else cut += 1;
    }
    agent.destroy();
    return { answered, cut };
  }

  it("replaces it under load, and has everything that was answered with success once", async () => {
    const runtime = createHurriedRuntime();
    const reports: CollectorReport[] = [];
    await start({ runtime, onReport: (report) => void reports.push(report), maxKeyRequestsPerSecond: null });
    const over = new AbortController();
    const senders = Array.from({ length: 6 }, (_, index) => send(`client-${index}`, over.signal));
    await vi.waitFor(() => expect(collector.stats().accepted).toBeGreaterThan(100), { timeout: 10_000 });
    const [victim = 0] = workerPids();
    process.kill(victim, "SIGSTOP");
    const before = collector.stats().accepted;
    await vi.waitFor(() => expect(collector.stats().accepted).toBeGreaterThan(before + 100), { timeout: 10_000 });
    const kinds = (): string[] => reports.map(({ kind }) => kind);
    runtime.hurry();
    await vi.waitFor(() => expect(kinds()).toContain("worker-silent"), { timeout: 10_000 });
    runtime.relax();
    await metric("oncewire_worker_silences_total 1");
    const problem = {
      part: "workers",
      message: "1 of 2 take connections; the others do not answer or are started again",
    };
    expect(JSON.parse((await ask("/health/ready")).text)).toEqual({ status: "degraded", problems: [problem] });
    runtime.hurry();
    await vi.waitFor(() => expect(kinds()).toContain("worker-ended"), { timeout: 10_000 });
    runtime.relax();
    await metric("oncewire_workers 2");
    expect(workerPids()).not.toContain(victim);
    over.abort();
    const sent = await Promise.all(senders);
    // Those three whose connection it had.
    expect(sent.filter(({ cut }) => cut > 0)).toHaveLength(3);
    await collector.settled();
    const ids: string[] = [];
    for await (const { id } of stored()) ids.push(id);
    const acknowledged = sent.flatMap(({ answered }, client) =>
      Array.from({ length: answered }, (_, index) => `client-${client}-${index}`),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
  });

  async function* stored(): AsyncGenerator<{ readonly id: string }> {
    let cursor = "";
    do {
      const page = JSON.parse((await ask(`/api/events?limit=500${cursor}`)).text) as {
        readonly items: readonly { readonly id: string }[];
        readonly next: string | null;
      };
      yield* page.items;
      cursor = page.next === null ? "" : `&cursor=${page.next}`;
    } while (cursor !== "");
  }
});

/** In the order they were started. */
function workerPids(): readonly number[] {
  return readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8")
    .split(" ")
    .filter((pid) => pid !== "" && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("worker-process"))
    .map(Number);
}
