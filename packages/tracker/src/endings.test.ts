import { spawn } from "node:child_process";
import { once } from "node:events";
import * as http from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Endings, type EndingProcess } from "./endings.js";
import type { TrackerOptions } from "./options.js";

/** Runs the built package, in a process of its own. */
const script = fileURLToPath(new URL("../test-children/track-and-end.mjs", import.meta.url));

let received = 0;
const ids = new Set<string>();
const healthy = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    const text = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
    const { batch } = JSON.parse(text.toString()) as { readonly batch: readonly { readonly messageId: string }[] };
    received += batch.length;
    for (const { messageId } of batch) ids.add(messageId);
    response.end("OK");
  });
});
const hung = http.createServer(() => undefined);
let healthyUrl = "";
let hungUrl = "";
const refusedUrl = "http://127.0.0.1:1";

async function listen(server: http.Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "";
}

beforeAll(async () => {
  healthyUrl = await listen(healthy);
  hungUrl = await listen(hung);
});
afterAll(() => {
  for (const server of [healthy, hung]) {
    server.closeAllConnections();
    server.close();
  }
});

interface Run {
  readonly url: string;
  readonly end: string;
  readonly signal?: NodeJS.Signals;
  readonly options?: TrackerOptions;
  /** Kills it once it has said so many lines. */
  readonly killAfterLines?: number;
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lines: readonly string[];
  readonly errors: string;
  readonly received: number;
  /** From the moment it said `ready`, or else from its start. */
  readonly tookMs: number;
}

async function run({ url, end, signal, options = {}, killAfterLines = Infinity }: Run): Promise<Ended> {
  received = 0;
  let startedMs = performance.now();
  const child = spawn(process.execPath, [script, JSON.stringify({ url, end, events: 20, options })]);
  const lines: string[] = [];
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  createInterface(child.stdout).on("line", (line) => {
    lines.push(line);
    if (lines.length >= killAfterLines) child.kill("SIGKILL");
    if (line !== "ready" || signal === undefined) return;
    startedMs = performance.now();
    child.kill(signal);
  });
  const [code, by] = (await once(child, "close")) as [number | null, string | null];
  return { code, signal: by, lines, errors, received, tookMs: performance.now() - startedMs };
}

describe("a process that ends by itself", () => {
  it("sends what is queued, without being held", async () => {
    const ended = await run({ url: healthyUrl, end: "natural", options: { flushIntervalMs: 60_000 } });
    expect(ended).toMatchObject({ code: 0, received: 20, lines: [], errors: "" });
    expect(ended.tookMs).toBeLessThan(1900);
  });

  it("keeps its own exit code", async () => {
    expect(await run({ url: healthyUrl, end: "own-code" })).toMatchObject({ code: 7, received: 20 });
  });

  it.each([
    ["never answers", (): string => hungUrl],
    ["refuses connections", (): string => refusedUrl],
  ])("is held for exitTimeoutMs when the destination %s, and says what is lost", async (_, url) => {
    const ended = await run({ url: url(), end: "natural", options: { exitTimeoutMs: 300, flushIntervalMs: 60_000 } });
    expect(ended).toMatchObject({ code: 0, lines: ["dropped 20 exit"], errors: "" });
    expect(ended.tookMs).toBeLessThan(2300);
  });

  it("may go on after all, and what it tracks then is sent, too", async () => {
    expect(await run({ url: healthyUrl, end: "goes-on" })).toMatchObject({ code: 0, received: 22, errors: "" });
  });
});

describe("a process that is ended", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "by %s sends what is queued and dies of it, where that is asked for",
    async (signal) => {
      const ended = await run({
        url: healthyUrl,
        end: "signal",
        signal,
        options: { handleSignals: true, flushIntervalMs: 60_000 },
      });
      expect(ended).toMatchObject({ code: null, signal, received: 20, lines: ["ready"], errors: "" });
      expect(ended.tookMs).toBeLessThan(1500);
    },
  );

  it("by SIGTERM dies by the deadline when the destination hangs", async () => {
    const options = { handleSignals: true, exitTimeoutMs: 300, flushIntervalMs: 60_000 };
    const ended = await run({ url: hungUrl, end: "signal", signal: "SIGTERM", options });
    expect(ended).toMatchObject({ code: null, signal: "SIGTERM", lines: ["ready", "dropped 20 exit"] });
    expect(ended.tookMs).toBeLessThan(1500);
  });

  it("by SIGTERM dies at once where nobody asked for more", async () => {
    const ended = await run({ url: hungUrl, end: "signal", signal: "SIGTERM" });
    expect(ended).toMatchObject({ code: null, signal: "SIGTERM", lines: ["ready"] });
    expect(ended.tookMs).toBeLessThan(1000);
  });

  it("by SIGTERM with a handler of its own ends as that handler says", async () => {
    const options = { handleSignals: true, flushIntervalMs: 60_000 };
    const ended = await run({ url: healthyUrl, end: "signal-with-handler", signal: "SIGTERM", options });
    expect(ended).toMatchObject({ code: 5, signal: null, received: 20, lines: ["ready", "handlers 2"] });
  });

  it("after close leaves no listener behind", async () => {
    const ended = await run({
      url: healthyUrl,
      end: "close-then-signal",
      signal: "SIGTERM",
      options: { handleSignals: true },
    });
    expect(ended).toMatchObject({ signal: "SIGTERM", received: 20, lines: ["listeners 0 0", "ready"] });
  });

  it("by an exception of its own ends with its code and message, as without the tracker", async () => {
    const ended = await run({ url: healthyUrl, end: "throw" });
    expect(ended.code).toBe(1);
    expect(ended.errors).toContain("the host's own mistake");
    expect(ended.tookMs).toBeLessThan(1500);
  });

  it("by process.exit ends at once", async () => {
    expect(await run({ url: hungUrl, end: "exit" })).toMatchObject({ code: 3, errors: "" });
  });
});

describe("a process with a spool", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "oncewire-endings-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("ends by itself without waiting for a destination that is down, and its heir delivers", async () => {
    const ended = await run({ url: refusedUrl, end: "natural", options: { spool: directory, exitTimeoutMs: 10_000 } });
    expect(ended).toMatchObject({ code: 0, lines: [], errors: "" });
    expect(ended.tookMs).toBeLessThan(5000);
    expect(await run({ url: healthyUrl, end: "natural", options: { spool: directory } })).toMatchObject({
      received: 40,
    });
  });

  it("ends by itself by the deadline when the destination hangs, and its heir delivers", async () => {
    const ended = await run({ url: hungUrl, end: "natural", options: { spool: directory, exitTimeoutMs: 300 } });
    expect(ended).toMatchObject({ code: 0, lines: [], errors: "" });
    expect(ended.tookMs).toBeLessThan(2500);
    expect(await run({ url: healthyUrl, end: "natural", options: { spool: directory } })).toMatchObject({
      received: 40,
    });
  });

  it("loses nothing by process.exit, not even what was tracked right before", async () => {
    expect(await run({ url: hungUrl, end: "exit-when-spooled", options: { spool: directory } })).toMatchObject({
      code: 3,
    });
    expect(await run({ url: healthyUrl, end: "natural", options: { spool: directory } })).toMatchObject({
      received: 41,
    });
  });

  it("loses nothing by SIGKILL of what was durable", async () => {
    const durable = new Set<string>();
    for (let round = 0; round < 4; round += 1) {
      const killed = await run({
        url: round % 2 === 0 ? hungUrl : refusedUrl,
        end: "tracks-for-ever",
        options: { spool: directory, flushIntervalMs: 5 },
        killAfterLines: 50 + round * 333,
      });
      expect(killed.signal).toBe("SIGKILL");
      for (const line of killed.lines) durable.add(line.replace("durable ", ""));
    }
    await run({ url: healthyUrl, end: "natural", options: { spool: directory, exitTimeoutMs: 10_000 } });
    expect(durable.size).toBeGreaterThan(1000);
    expect([...durable].filter((id) => !ids.has(id))).toEqual([]);
  });
});

describe("listeners", () => {
  it("are one per process, however many trackers there are, and none without a tracker", () => {
    const counts = new Map<string, number>();
    const count = (name: string, by: number): void => void counts.set(name, (counts.get(name) ?? 0) + by);
    const process: EndingProcess = {
      pid: 1,
      on: (name) => count(name, 1),
      off: (name) => count(name, -1),
      listenerCount: (name) => counts.get(name) ?? 0,
      kill: () => true,
    };
    const endings = new Endings(process);
    const ending = {
      hasPending: () => false,
      flush: async () => true,
      abandon: () => undefined,
      exit: () => undefined,
    };
    const leave = Array.from({ length: 20 }, (_, index) =>
      endings.join({ ...ending }, index < 5 ? "natural-end" : "signals"),
    );
    expect(Object.fromEntries(counts)).toEqual({ beforeExit: 1, exit: 1, SIGTERM: 1, SIGINT: 1 });
    for (const each of leave) each();
    expect(Object.fromEntries(counts)).toEqual({ beforeExit: 0, exit: 0, SIGTERM: 0, SIGINT: 0 });
  });
});
