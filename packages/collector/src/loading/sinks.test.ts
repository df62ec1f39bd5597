import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCollector } from "../collector.js";
import type { Collector } from "../collector.js";
import type { CollectorReport } from "../report.js";
import type { SinkOptions } from "../sink-options.js";

let directory: string;
let collector: Collector | null = null;
const servers: Server[] = [];
let reports: CollectorReport[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-sinks-"));
  reports = [];
});
afterEach(async () => {
  await collector?.close();
  for (const server of servers.splice(0)) server.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(...sinks: SinkOptions[]): Promise<Collector> {
  const onReport = (report: CollectorReport): void => void reports.push(report);
  const keys = { k: "default", blog: "blog" };
  collector = await startCollector({ dataDirectory: join(directory, "data"), port: 0, keys, sinks, onReport });
  return collector;
}

async function send(ids: readonly string[], key = "k"): Promise<void> {
  const batch = ids.map((messageId) => ({ type: "track", userId: "ada", event: "Seen", messageId }));
  const headers = { authorization: `Basic ${btoa(`${key}:`)}` };
  const answer = await fetch(`${collector?.url}/v1/batch`, {
    method: "POST",
    headers,
    body: JSON.stringify({ batch }),
  });
  expect(answer.status).toBe(200);
}

const file = (): string => join(directory, "events.ndjson");
const toFile = (more: Partial<SinkOptions> = {}): SinkOptions =>
  ({ kind: "ndjson", name: "file", path: file(), ...more }) as SinkOptions;

function idsIn(path: string): string[] {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as { id: string }).id);
}

/** Asks again and again, as often as the machine allows, until it is so. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

async function caughtUp(name: string): Promise<boolean> {
  const text = await (await fetch(`${collector?.url}/metrics`)).text();
  return text.includes(`oncewire_log_lag_records{cursor="sink-${name}"} 0\n`);
}

describe("a sink", () => {
  it("writes a file that has each event once, over restarts, in the order they came", async () => {
    await start(toFile());
    await send(["a", "b"]);
    await until(() => caughtUp("file"));
    await collector?.close();
    await start(toFile());
    await send(["c"]);
    await until(() => caughtUp("file"));
    expect(idsIn(file())).toEqual(["a", "b", "c"]);
    expect(JSON.parse(readFileSync(file(), "utf8").split("\n")[0] ?? "")).toMatchObject({
      kind: "track",
      project: "default",
    });
  });

  it("cuts off what a crash left behind its last place, and nothing else", async () => {
    await start(toFile());
    await send(["a"]);
    await until(() => caughtUp("file"));
    await collector?.close();
    const whole = readFileSync(file(), "utf8");
    appendFileSync(file(), '{"id":"torn');
    await start(toFile());
    await until(() => readFileSync(file(), "utf8") === whole);
    await send(["b"]);
    await until(() => caughtUp("file"));
    expect(idsIn(file())).toEqual(["a", "b"]);
  });

  it("begins a new file when the old one was moved away", async () => {
    await start(toFile());
    await send(["a"]);
    await until(() => caughtUp("file"));
    renameSync(file(), `${file()}.1`);
    await send(["b"]);
    await until(() => caughtUp("file"));
    expect([idsIn(`${file()}.1`), idsIn(file())]).toEqual([["a"], ["b"]]);
  });

  it("cuts nothing off a file that took the place of its own", async () => {
    await start(toFile());
    await send(["a"]);
    await until(() => caughtUp("file"));
    await collector?.close();
    const foreign = `${JSON.stringify({ id: "foreign", long: "x".repeat(5_000) })}\n`;
    // While the old one is still there, so that the new one is another.
    writeFileSync(`${file()}.new`, foreign);
    renameSync(`${file()}.new`, file());
    await start(toFile());
    await send(["b"]);
    await until(() => caughtUp("file"));
    expect(idsIn(file())).toEqual(["foreign", "b"]);
  });

  it("goes on by itself when its folder, gone at the start, is there again", async () => {
    const path = join(directory, "away", "events.ndjson");
    mkdirSync(join(directory, "away"));
    await start(toFile({ path }));
    await send(["a"]);
    await until(() => caughtUp("file"));
    await collector?.close();
    rmSync(join(directory, "away"), { recursive: true });
    await start(toFile({ path }));
    await send(["b"]);
    await until(() => reports.some(({ kind }) => kind === "sink-failed"));
    mkdirSync(join(directory, "away"));
    await until(() => caughtUp("file"));
    expect(idsIn(path)).toEqual(["b"]);
  });

  it("delivers after a restart what the other end had not taken before", async () => {
    let isAway = true;
    const bodies: string[] = [];
    const other = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += String(chunk)));
      request.on("end", () => {
        if (!isAway) bodies.push(body);
        response.writeHead(isAway ? 503 : 200).end();
      });
    });
    servers.push(other);
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const sink: SinkOptions = { kind: "forward", name: "other", to: "rudderstack", url, key: "k" };
    await start(sink);
    await send(["a", "b"]);
    await until(() => reports.some(({ kind }) => kind === "sink-failed"));
    await collector?.close();
    isAway = false;
    await start(sink);
    await until(() => caughtUp("other"));
    const ids = bodies.flatMap((body) =>
      (JSON.parse(body) as { batch: { messageId: string }[] }).batch.map(({ messageId }) => messageId),
    );
    expect(ids.toSorted()).toEqual(["a", "b"]);
  });

  it("takes the events of its project alone, from now on or from the beginning of the log", async () => {
    await start();
    await send(["a"]);
    await send(["b"], "blog");
    await collector?.close();
    const old = join(directory, "old.ndjson");
    await start(toFile(), toFile({ name: "old", from: "beginning", path: old, project: "blog" }));
    await send(["c"], "blog");
    await until(async () => (await caughtUp("file")) && (await caughtUp("old")));
    expect([idsIn(file()), idsIn(old)]).toEqual([["c"], ["b", "c"]]);
  });

  it("that is configured no more holds the log no longer", async () => {
    await start(toFile());
    await send(["a"]);
    await until(() => caughtUp("file"));
    await collector?.close();
    await start();
    await collector?.close();
    await start(toFile({ from: "beginning" }));
    await until(() => caughtUp("file"));
    // It is a new one: had its place been kept, it would have had nothing to write.
    expect(idsIn(file())).toEqual(["a", "a"]);
  });

  it("forwards under the same ids, waits while the other end is away, and keeps what it refuses", async () => {
    let isAway = true;
    const bodies: string[] = [];
    const other = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += String(chunk)));
      request.on("end", () => {
        if (!isAway && !body.includes("unwanted")) bodies.push(body);
        response.writeHead(isAway ? 503 : body.includes("unwanted") ? 400 : 200).end();
      });
    });
    servers.push(other);
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    await start({ kind: "forward", name: "other", to: "rudderstack", url, key: "secret-of-other" }, toFile());
    await send(["a", "unwanted", "b"]);
    await until(() => reports.some(({ kind }) => kind === "sink-failed"));
    const health = (await (await fetch(`${collector?.url}/health/ready`)).json()) as { status: string };
    expect(health).toMatchObject({ status: "degraded", problems: [{ part: "sink" }] });
    // The one that waits holds up neither the other nor the store.
    await until(() => caughtUp("file"));
    await collector?.settled();
    isAway = false;
    await until(() => caughtUp("other"));
    const ids = bodies.flatMap((body) =>
      (JSON.parse(body) as { batch: { messageId: string }[] }).batch.map(({ messageId }) => messageId),
    );
    expect(ids.toSorted()).toEqual(["a", "b"]);
    const refused = readFileSync(join(directory, "data", "refused", "other.ndjson"), "utf8");
    expect(JSON.parse(refused)).toMatchObject({ id: "unwanted", refusal: expect.stringMatching(/^refused: /) });
    expect(reports).toContainEqual({ kind: "sink-refused", sink: "other", events: 1 });
    expect(JSON.stringify(reports)).not.toContain("secret-of-other");
  });

  it.each(["a-track", "snowplow"] as const)("brings events to another collector by %s", async (to) => {
    const other = await startCollector({ dataDirectory: join(directory, "other"), port: 0 });
    await start({ kind: "forward", name: "next", to, url: other.url, key: "app" });
    const ids = ["0b6e2a3c-6a1f-4f6e-9c1a-2f9f5f0f6a11", "100-1-3", "order-17"];
    await send(ids);
    await until(() => caughtUp("next"));
    await other.settled();
    const { items } = await other.store.events({ limit: 10 });
    await other.close();
    const found = items.toSorted((one, next) => (one.id < next.id ? -1 : 1));
    expect(found.map(({ id, protocol, userId }) => [id, protocol, userId])).toEqual(ids.map((id) => [id, to, "ada"]));
  });

  it("forwards events as large as it is told to, and keeps those that are larger", async () => {
    const other = await startCollector({ dataDirectory: join(directory, "other"), port: 0 });
    const sink = { kind: "forward", to: "rudderstack", url: other.url, key: "app" } as const;
    await start({ ...sink, name: "plain" }, { ...sink, name: "large", maxEventBytes: 100_000, maxBatchBytes: 100_200 });
    const event = {
      type: "track",
      userId: "ada",
      event: "Seen",
      messageId: "a",
      properties: { text: "x".repeat(90_000) },
    };
    await fetch(`${collector?.url}/v1/batch`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("k:")}` },
      body: JSON.stringify({ batch: [event, { ...event, messageId: "b" }] }),
    });
    await until(async () => (await caughtUp("plain")) && (await caughtUp("large")));
    await other.settled();
    const { items } = await other.store.events({ limit: 10 });
    await other.close();
    expect(items.map(({ id }) => id).toSorted()).toEqual(["a", "b"]);
    const refused = readFileSync(join(directory, "data", "refused", "plain.ndjson"), "utf8");
    expect(refused.match(/"refusal":"too-large: [^"]*maxEventBytes/g)).toHaveLength(2);
    expect(existsSync(join(directory, "data", "refused", "large.ndjson"))).toBe(false);
  });

  it.each([
    ["rudderstack", { maxEventBytes: 5_000_000 }],
    ["rudderstack", { maxBatchBytes: 0 }],
    ["rudderstack", { maxEventBytes: "100000" }],
    ["a-track", { maxEventBytes: 2_000_000 }],
    ["a-track", { maxBatchBytes: 100_000 }],
    ["snowplow", { maxEventBytes: 100_000, maxBatchBytes: 50_000 }],
  ] as const)("to %s is refused with sizes that its wire does not take: %j", async (to, sizes) => {
    const wrong = { kind: "forward", name: "x", to, url: "http://a", key: "k", ...sizes } as SinkOptions;
    await expect(start(wrong)).rejects.toMatchObject({ message: expect.stringContaining("`maxEventBytes`") });
  });

  it("that is not of its form is refused, without its key", async () => {
    const wrong = {
      kind: "forward",
      name: "x",
      to: "nowhere",
      url: "http://a",
      key: "secret-of-other",
    } as unknown as SinkOptions;
    await expect(start(wrong)).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.not.stringContaining("secret-of-other"),
    });
    await expect(start(toFile(), toFile())).rejects.toMatchObject({
      message: expect.stringContaining("different names"),
    });
  });
});
