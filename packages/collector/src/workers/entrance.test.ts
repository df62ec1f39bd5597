import { request as startRequest } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { send, textReply } from "../http/reply.js";
import { createLatencies } from "../ingest/latencies.js";
import { createLedger } from "../ingest/ledger.js";
import type { CountedRecord, KeepResult } from "../ingest/request-keeper.js";
import { openWires } from "../loading/receivers.js";
import type { Wires } from "../loading/receivers.js";
import { decodeRecord } from "../log/accept-log.js";
import { resolveOptions } from "../options.js";
import type { CollectorReport } from "../report.js";
import { systemRuntime } from "../runtime.js";
import type { Runtime } from "../runtime.js";
import type { CrewStatus } from "./crew.js";
import { openEntrance } from "./entrance.js";
import type { Entrance } from "./entrance.js";
import { createHurriedRuntime } from "./hurried-runtime.fixture.js";
import type { SharedDesk } from "./owner-desk.js";

let entrance: Entrance | null = null;
const kept: CountedRecord[] = [];
const reports: CollectorReport[] = [];
let ledger = createLedger();

interface StartOptions {
  readonly port?: number;
  readonly workers?: number;
  readonly maxConnections?: number;
  readonly maxAddressConnections?: number;
  readonly keep?: (request: CountedRecord) => Promise<KeepResult>;
  readonly limits?: SharedDesk["limits"];
  /** Null to leave the workers without work yet. */
  readonly employ?: null;
  readonly wires?: Wires;
  readonly runtime?: Runtime;
}

const keepAtOnce = (): Promise<KeepResult> => Promise.resolve({ kind: "kept", position: kept.length });

async function start(given: StartOptions = {}): Promise<Entrance> {
  const { workers = 2, maxConnections = 100, keep = keepAtOnce, limits = { address: null, key: null } } = given;
  const options = resolveOptions({
    dataDirectory: "unused",
    port: given.port ?? 0,
    workers,
    maxConnections,
    maxAddressConnections: given.maxAddressConnections,
    maxKeyRequestsPerSecond: limits.key === null ? null : 1,
    runtime: given.runtime,
  });
  const onReport = (report: CollectorReport): void => void reports.push(report);
  ledger = createLedger();
  const opened = await openEntrance({
    ...options,
    options,
    wires: given.wires ?? openWires(options),
    onReport,
    handler: async (request, response) => {
      request.resume();
      send(response, textReply(200, `here, for ${request.socket.remoteAddress}`));
    },
    onCut: (reason) => ledger.cut(reason),
    onError: (error) => void reports.push({ kind: "failed", message: String(error) }),
  });
  entrance = opened;
  const desk: SharedDesk = {
    keeper: {
      keep: (request) => {
        kept.push(request);
        return keep(request);
      },
      truthOf: () => Promise.resolve(null),
    },
    ledger,
    latencies: createLatencies(),
    limits,
    onReport,
  };
  if (given.employ !== null) await opened.employ(desk);
  return opened;
}

afterEach(async () => {
  await entrance?.close(0);
  entrance = null;
  for (const list of [kept, reports]) list.length = 0;
});

function crew(): CrewStatus {
  if (entrance === null) throw new Error("expected an open entrance");
  return entrance.workers();
}

const total = (): number => crew().connections.reduce((sum, count) => sum + count, 0);

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

interface Sending {
  readonly body?: string;
  readonly connection?: "close" | "keep-alive";
}

/** On a connection of its own. */
function ask(method: string, path: string, { body = "", connection = "close" }: Sending = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Basic ${btoa("k:")}`, "content-length": Buffer.byteLength(body), connection };
    const sending = startRequest(`${entrance?.url}${path}`, { method, headers, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk) => (text += String(chunk)));
      answer.once("end", () => resolve({ status: answer.statusCode, text, headers: answer.headers }));
      answer.once("error", reject);
    });
    sending.once("error", reject);
    sending.end(body);
  });
}

const track = (connection: Sending["connection"] = "close"): Promise<Answer> =>
  ask("POST", "/v1/track", { body: '{"userId":"ada","event":"Seen"}', connection });

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(entrance?.url ?? "").port), "127.0.0.1", () => resolve(socket));
    socket.once("error", reject);
  });
}

const ended = (socket: Socket): Promise<void> => new Promise((resolve) => void socket.resume().once("close", resolve));

function isRestart(ms: number): boolean {
  return ms === 10_000 || (ms >= 100 && Number.isInteger(Math.log2(ms / 100)));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("an entrance with workers", () => {
  it("keeps what they decode in this process, and sends everything else here with the client's address", async () => {
    await start();
    expect(await track()).toMatchObject({ status: 200, text: "ok" });
    const [request] = kept;
    expect([request?.events, request?.bad, request?.bytes]).toEqual([1, 0, 31]);
    const record = decodeRecord(Buffer.concat(request?.record ?? []));
    expect(record).toMatchObject({
      protocol: "rudderstack",
      arrival: { project: "default", remoteAddress: "127.0.0.1" },
    });
    expect(await ask("GET", "/anything")).toMatchObject({ status: 200, text: "here, for 127.0.0.1" });
    expect(await ask("OPTIONS", "/v1/track")).toMatchObject({ text: "here, for 127.0.0.1" });
    expect(crew()).toMatchObject({ wanted: 2, ready: 2, ended: 0 });
  });

  it("gives each of them as many connections as the others", async () => {
    await start({ workers: 3 });
    const sockets = await Promise.all(Array.from({ length: 9 }, open));
    await vi.waitFor(() => expect(total()).toBe(9));
    expect(crew().connections).toEqual([3, 3, 3]);
    for (const socket of sockets) socket.destroy();
    await vi.waitFor(() => expect(total()).toBe(0));
  });

  it("takes no more connections than it may, wherever they are", async () => {
    await start({ maxConnections: 3 });
    const sockets = await Promise.all([open(), open(), open()]);
    await vi.waitFor(() => expect(total()).toBe(3));
    await ended(await open());
    expect(ledger.stats().cut).toMatchObject({ "too-many": 1, "too-many-of-address": 0 });
    sockets[0]?.destroy();
    await vi.waitFor(() => expect(total()).toBe(2));
    expect((await track()).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  it("gives new ones to whoever has fewest", async () => {
    await start();
    const sockets: Socket[] = [];
    for (let opened = 1; opened <= 4; opened += 1) {
      sockets.push(await open());
      await vi.waitFor(() => expect(total()).toBe(opened));
    }
    expect(crew().connections).toEqual([2, 2]);
    // They took turns, so these two were with the same one.
    sockets[0]?.destroy();
    sockets[2]?.destroy();
    await vi.waitFor(() => expect(crew().connections).toContain(0));
    sockets.push(await open(), await open());
    await vi.waitFor(() => expect(crew().connections).toEqual([2, 2]));
    for (const socket of sockets) socket.destroy();
  });

  it("counts an address's connections wherever they are, and no longer than they last", async () => {
    await start({ maxAddressConnections: 2, keep: () => new Promise(() => {}) });
    const sockets = [await open(), await open()];
    await ended(await open());
    expect(ledger.stats().cut).toMatchObject({ "too-many": 0, "too-many-of-address": 1 });
    for (const socket of sockets) socket.destroy();
    await vi.waitFor(() => expect(total()).toBe(0));
    const waiting = [track().catch(() => "cut"), track().catch(() => "cut")];
    await vi.waitFor(() => expect(kept).toHaveLength(2));
    await ended(await open());
    for (const pid of crew().pids) process.kill(pid, "SIGKILL");
    expect(await Promise.all(waiting)).toEqual(["cut", "cut"]);
    await vi.waitFor(() => expect(crew()).toMatchObject({ ended: 2 }));
    expect((await ask("GET", "/anything")).status).toBe(200);
  });

  it("limits a key as one, whichever of them is asked", async () => {
    const waits = [null, null, 1_500];
    await start({ limits: { address: null, key: { take: () => waits.shift() ?? null } } });
    const answers = [await track(), await track(), await track(), await track()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 200]);
    expect(answers[2]?.headers["retry-after"]).toBe("2");
    await vi.waitFor(() => expect(ledger.stats().refused["rate-limited"]).toBe(1));
    expect(reports).toEqual([{ kind: "refused", reason: "rate-limited", protocol: "rudderstack" }]);
  });

  it("answers 503 with Retry-After where nothing can be kept", async () => {
    await start({ keep: () => Promise.resolve({ kind: "unavailable" }) });
    expect(await track()).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
  });

  it("answers success only when the request is kept", async () => {
    let acknowledge: (result: KeepResult) => void = () => {};
    await start({ keep: () => new Promise((resolve) => (acknowledge = resolve)) });
    let isAnswered = false;
    const answer = track().then(({ status }) => {
      isAnswered = true;
      return status;
    });
    await vi.waitFor(() => expect(kept).toHaveLength(1));
    // Another connection is served meanwhile, and its answer comes long after this one's could have.
    await ask("GET", "/anything");
    await ask("GET", "/anything");
    expect(isAnswered).toBe(false);
    acknowledge({ kind: "kept", position: 1 });
    expect(await answer).toBe(200);
  });

  it("ends what sends its head too slowly, in a worker too", async () => {
    await start();
    const socket = await open();
    socket.write("POST /v1/track HTTP/1.1\r\nHost: x\r\n");
    let received = "";
    socket.on("data", (chunk) => (received += String(chunk)));
    await ended(socket);
    expect(received).toMatch(/^HTTP\/1\.1 408 /);
    await vi.waitFor(() => expect(ledger.stats().cut["slow-request"]).toBe(1));
  });

  it("is not opened on a port in use", async () => {
    const { url } = await start({ workers: 1 });
    const port = Number(new URL(url).port);
    await expect(start({ workers: 1, port })).rejects.toMatchObject({ code: "port-in-use" });
    expect((await track()).status).toBe(200);
  });

  it("serves connections itself until its workers have work", async () => {
    await start({ employ: null });
    expect(await ask("GET", "/anything")).toMatchObject({ status: 200, text: "here, for 127.0.0.1" });
    await vi.waitFor(() => expect(crew()).toMatchObject({ ready: 2 }), { timeout: 10_000 });
    expect(await track()).toMatchObject({ text: "here, for 127.0.0.1" });
  });
});

describe("a worker that is killed", () => {
  it("is started again, counted and told of, and others serve meanwhile", async () => {
    await start();
    const [victim = 0, other] = crew().pids;
    process.kill(victim, "SIGKILL");
    await vi.waitFor(() => expect(crew()).toMatchObject({ ended: 1 }));
    expect((await track()).status).toBe(200);
    expect(reports).toEqual([{ kind: "worker-ended", worker: 1, message: "SIGKILL", restartMs: 100 }]);
    await vi.waitFor(() => expect(crew()).toMatchObject({ ready: 2 }), { timeout: 10_000 });
    expect(crew().pids).toContain(other);
    expect(crew().pids).not.toContain(victim);
    process.kill(crew().pids[0] ?? 0, "SIGKILL");
    await vi.waitFor(() => expect(reports[1]).toMatchObject({ worker: 1, restartMs: 200 }));
  });

  it("loses no connection that it had not taken yet", async () => {
    await start({ workers: 1 });
    const [victim = 0] = crew().pids;
    // It stands still, so that what it is handed now is never taken.
    process.kill(victim, "SIGSTOP");
    const answers = Array.from({ length: 5 }, () => ask("GET", "/anything"));
    await vi.waitFor(() => expect(total()).toBe(5));
    process.kill(victim, "SIGKILL");
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it("takes nothing with it that was answered with success", async () => {
    await start();
    const over = new AbortController();
    let answered = 0;
    const senders = Array.from({ length: 8 }, async () => {
      while (!over.signal.aborted) {
        const answer = await track().catch(() => null);
        if (answer?.status === 200) answered += 1;
      }
    });
    for (let kills = 0; kills < 4; kills += 1) {
      await vi.waitFor(() => expect(crew().ready).toBe(2), { timeout: 10_000 });
      const before = answered;
      await vi.waitFor(() => expect(answered).toBeGreaterThan(before + 20), { timeout: 10_000 });
      process.kill(crew().pids[kills % 2] ?? 0, "SIGKILL");
      await vi.waitFor(() => expect(crew().ended).toBe(kills + 1));
    }
    over.abort();
    await Promise.all(senders);
    expect(kept.length).toBeGreaterThanOrEqual(answered);
    expect(answered).toBeGreaterThan(80);
  });

  it("is started again after longer and longer waits, and soon where it had worked for long", async () => {
    let clockMs = 0;
    const after: Runtime["after"] = (ms, task) => systemRuntime.after(isRestart(ms) ? 0 : ms, task);
    await start({ workers: 1, runtime: { ...systemRuntime, monotonicMs: () => clockMs, after } });
    const waits = (): number[] => reports.flatMap((report) => (report.kind === "worker-ended" ? report.restartMs : []));
    const kill = async (): Promise<void> => {
      const [victim = 0] = crew().pids;
      process.kill(victim, "SIGKILL");
      // Another one runs; whether it takes connections already is left open.
      await vi.waitFor(() => expect(crew().pids.filter((pid) => pid !== victim)).toHaveLength(1));
    };
    for (let kills = 0; kills < 9; kills += 1) await kill();
    expect(waits()).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    await vi.waitFor(() => expect(crew().ready).toBe(1), { timeout: 10_000 });
    clockMs += 30_001;
    await kill();
    expect(waits().at(-1)).toBe(100);
    expect(crew().ended).toBe(10);
  });

  it("ends the start when it ends before it is ready", async () => {
    const wires = { keyTable: null } as unknown as Wires;
    await expect(start({ wires })).rejects.toMatchObject({
      code: "worker-failed",
      message: expect.stringContaining("TypeError") as unknown,
    });
  });
});

describe("a worker that hangs", () => {
  const kindsOf = (worker: number): string[] =>
    reports.flatMap((report) => ("worker" in report && report.worker === worker ? report.kind : []));

  it("gets no new connections, and when it is killed others serve what it had not taken", async () => {
    const runtime = createHurriedRuntime();
    await start({ runtime });
    const [victim = 0, other] = crew().pids;
    const taken = await Promise.all([open(), open()]);
    const cut = Promise.race(taken.map(ended));
    await vi.waitFor(() => expect(crew().connections).toEqual([1, 1]));
    process.kill(victim, "SIGSTOP");
    const answers = [ask("GET", "/anything"), ask("GET", "/anything")];
    await vi.waitFor(() => expect(crew().connections[0]).toBe(2));
    runtime.hurry();
    await vi.waitFor(() => expect(crew()).toMatchObject({ ready: 1, silences: 1 }), { timeout: 10_000 });
    runtime.relax();
    expect(kindsOf(1)).toEqual(["worker-silent"]);
    const more = Array.from({ length: 4 }, () => ask("GET", "/anything"));
    expect((await Promise.all(more)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(crew().connections[0]).toBe(2);
    runtime.hurry();
    await cut;
    runtime.relax();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    const message = "it gave no sign of life for 30000 ms";
    expect(reports).toContainEqual({ kind: "worker-ended", worker: 1, message, restartMs: 100 });
    await vi.waitFor(() => expect(crew()).toMatchObject({ ready: 2, ended: 1 }), { timeout: 10_000 });
    expect(crew().pids).toContain(other);
    expect(isRunning(victim)).toBe(false);
    for (const socket of taken) socket.destroy();
  });

  it("gets connections again when it goes on", async () => {
    const runtime = createHurriedRuntime();
    await start({ runtime, workers: 1 });
    const [victim = 0] = crew().pids;
    process.kill(victim, "SIGSTOP");
    runtime.hurry();
    await vi.waitFor(() => expect(crew().ready).toBe(0), { timeout: 10_000 });
    runtime.relax();
    // Served by the collector's own process.
    expect(await track()).toMatchObject({ text: "here, for 127.0.0.1" });
    process.kill(victim, "SIGCONT");
    await vi.waitFor(() => expect(crew()).toMatchObject({ ready: 1, ended: 0, pids: [victim] }), { timeout: 10_000 });
    expect(await track()).toMatchObject({ text: "ok" });
    expect(kindsOf(1)).toEqual(["worker-silent", "worker-answers"]);
  });

  it("does not hold up the end once it is known to hang, and what it had not taken ends with it", async () => {
    const runtime = createHurriedRuntime();
    await start({ runtime, workers: 1 });
    const [victim = 0] = crew().pids;
    process.kill(victim, "SIGSTOP");
    const answer = ask("GET", "/anything").catch(() => "cut");
    await vi.waitFor(() => expect(total()).toBe(1));
    runtime.hurry();
    await vi.waitFor(() => expect(crew().silences).toBe(1), { timeout: 10_000 });
    runtime.relax();
    // Far beyond this test's time.
    await entrance?.close(60_000);
    expect(await answer).toBe("cut");
    expect(isRunning(victim)).toBe(false);
  });

  it("ends the start when it never is ready", async () => {
    // Its checks come at once, so that nobody can be ready before the last.
    const after: Runtime["after"] = (ms, task) => systemRuntime.after(ms === 1_000 ? 0 : ms, task);
    await expect(start({ runtime: { ...systemRuntime, after } })).rejects.toMatchObject({
      code: "worker-failed",
      message: expect.stringContaining("it gave no sign of life for 30000 ms") as unknown,
    });
    expect(reports).toEqual([]);
  });
});

describe("closing", () => {
  it("lets what is in progress end, takes nothing new, and leaves no process", async () => {
    let acknowledge: (result: KeepResult) => void = () => {};
    await start({ keep: () => new Promise((resolve) => (acknowledge = resolve)) });
    const { pids } = crew();
    const idle = await open();
    idle.write("GET /anything HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => idle.once("data", resolve));
    const answer = track("keep-alive");
    await vi.waitFor(() => expect(kept).toHaveLength(1));
    // Far beyond this test's time: nothing may need it.
    const closing = entrance?.close(60_000);
    await expect(open()).rejects.toThrow("ECONNREFUSED");
    acknowledge({ kind: "kept", position: 1 });
    expect(await answer).toMatchObject({ status: 200, headers: { connection: "close" } });
    await closing;
    expect(pids.map(isRunning)).toEqual([false, false]);
  });

  it("ends with a worker that is killed meanwhile, and starts no other", async () => {
    await start({ workers: 1, keep: () => new Promise(() => {}) });
    const [victim = 0] = crew().pids;
    const answer = track().catch(() => "cut");
    await vi.waitFor(() => expect(kept).toHaveLength(1));
    // Far beyond this test's time, so that nothing else ends it.
    const closing = entrance?.close(60_000);
    process.kill(victim, "SIGKILL");
    await closing;
    expect(await answer).toBe("cut");
    expect(crew()).toMatchObject({ ended: 0, pids: [] });
    expect(reports).toEqual([]);
  });

  it("ends after its time what does not end by itself, also a worker that hangs", async () => {
    await start();
    const [first = 0] = crew().pids;
    const answers = [track().catch(() => "cut"), track().catch(() => "cut")];
    const socket = await open();
    socket.write("POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: Basic azo=\r\nContent-Length: 9\r\n\r\n{");
    await Promise.all(answers);
    process.kill(first, "SIGSTOP");
    await Promise.all([entrance?.close(100), ended(socket)]);
    expect(isRunning(first)).toBe(false);
    entrance = null;
  });
});

describe("a body that nobody wants", () => {
  it.each([
    ["a worker refuses it", "/v1/track", /^HTTP\/1\.1 413 .*request size exceeds max limit\n$/s],
    ["the collector's own process answers", "/anything", /^HTTP\/1\.1 200 .*here, for 127\.0\.0\.1$/s],
  ])("leaves its client the whole answer when %s", async (_who, path, expected) => {
    await start();
    for (let round = 0; round < 20; round += 1) {
      const socket = await open();
      socket.pause();
      socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic azo=\r\nContent-Length: 12000000\r\n\r\n`);
      await new Promise<void>((resolve, reject) => {
        socket.write(Buffer.alloc(12_000_000), (error) => (error instanceof Error ? reject(error) : resolve()));
      });
      let answer = "";
      socket.on("data", (chunk) => (answer += String(chunk)));
      await ended(socket);
      expect(answer).toMatch(expected);
    }
  });

  it("is not waited for when a worker closes", async () => {
    await start({ workers: 1 });
    // It keeps its own side open.
    const socket = connect({ port: Number(new URL(entrance?.url ?? "").port), allowHalfOpen: true });
    socket.write("PUT /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{");
    await new Promise((resolve) => socket.once("data", resolve));
    // Far beyond this test's time: nothing may need it.
    await entrance?.close(60_000);
    entrance = null;
    socket.destroy();
  });
});
