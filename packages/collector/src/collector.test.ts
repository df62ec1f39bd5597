import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCollector } from "./collector.js";
import type { Collector } from "./collector.js";
import type { CollectorOptions } from "./options.js";
import type { CollectorReport } from "./report.js";
import { systemRuntime } from "./runtime.js";

let directory: string;
let collector: Collector | null = null;
let reports: CollectorReport[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-collector-"));
  reports = [];
});
afterEach(async () => {
  await collector?.close();
  collector = null;
  rmSync(directory, { recursive: true, force: true });
});

async function start(options: Partial<CollectorOptions> = {}): Promise<Collector> {
  const onReport = (report: CollectorReport): void => void reports.push(report);
  collector = await startCollector({ dataDirectory: directory, port: 0, onReport, ...options });
  return collector;
}

async function send(path: string, body: unknown, key = "any"): Promise<[number, string]> {
  const headers = { authorization: `Basic ${btoa(`${key}:`)}` };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await fetch(`${collector?.url}${path}`, { method: "POST", headers, body: text });
  return [answer.status, await answer.text()];
}

async function ids(): Promise<string[]> {
  await collector?.settled();
  const answer = await fetch(`${collector?.url}/api/events?limit=1000`);
  return ((await answer.json()) as { items: { id: string }[] }).items.map(({ id }) => id);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Asks again until somebody listens, and then as long as it takes. */
async function postWhenListening(url: string, body: unknown): Promise<number> {
  for (;;) {
    const headers = { authorization: `Basic ${btoa("any:")}` };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => null);
    if (answer !== null) return answer.status;
  }
}

const track = (messageId: string): object => ({ type: "track", userId: "ada", event: "Seen", messageId });

describe("a collector", () => {
  it("keeps what it answered with success, newest first, and each id once", async () => {
    await start();
    expect(await send("/v1/batch", { batch: [track("a"), track("b")] })).toEqual([200, "ok"]);
    expect(await send("/v1/track", track("c"))).toEqual([200, "ok"]);
    expect(await send("/v1/batch", { batch: [track("a"), track("d")] })).toEqual([200, "ok"]);
    expect(await ids()).toEqual(["d", "c", "b", "a"]);
    expect(collector?.stats()).toMatchObject({
      requests: 3,
      accepted: 5,
      stored: 4,
      duplicates: 1,
      pending: 0,
      bad: 0,
    });
  });

  it("has every event and knows every id after a restart, sealed or not", async () => {
    await start({ sealEvents: 2 });
    await send("/v1/batch", { batch: [track("a"), track("b"), track("c")] });
    await collector?.settled();
    await collector?.close();
    await start();
    await send("/v1/batch", { batch: [track("c"), track("d")] });
    expect(await ids()).toEqual(["d", "c", "b", "a"]);
    expect(collector?.stats()).toMatchObject({ accepted: 2, stored: 1, duplicates: 1, pending: 0 });
  });

  it("is settled at once after a restart when everything is in the store already", async () => {
    const first = await start();
    await send("/v1/track", track("a"));
    await first.close();
    // A timer that is asked for here would be the one that gives up waiting.
    const patience = { ...systemRuntime, after: (): (() => void) => () => {} };
    const second = await start({ runtime: patience });
    await second.settled();
    expect((await second.store.counts()).events).toBe(1);
  });

  it("tells in numbers what it does", async () => {
    const running = await start();
    await send("/v1/batch", { batch: [track("a"), track("a")] });
    await running.settled();
    const metrics = await fetch(`${running.url}/metrics`);
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const lines = (await metrics.text()).split("\n");
    expect(lines).toContain("oncewire_events_accepted_total 2");
    expect(lines).toContain("oncewire_events_duplicate_total 1");
    expect(lines).toContain('oncewire_log_lag_records{cursor="store"} 0');
    expect(lines).toContain("oncewire_answer_seconds_count 1");
    expect(lines).toContain("oncewire_log_accepting 1");
  });

  it("limits a key when it is told to, and the addresses of others not", async () => {
    await start({ keys: { wk_1: "shop", wk_2: "blog" }, maxKeyRequestsPerSecond: 0.01 });
    expect(await send("/v1/track", track("a"), "wk_1")).toEqual([200, "ok"]);
    expect(await send("/v1/track", track("b"), "wk_1")).toEqual([429, "max requests limit reached\n"]);
    expect(await send("/v1/track", track("c"), "wk_2")).toEqual([200, "ok"]);
    expect(await ids()).toEqual(["c", "a"]);
  });

  it("loads what an earlier process had accepted and not yet stored", async () => {
    await start();
    await send("/v1/track", track("a"));
    await collector?.close();
    // As if that process had died before it sealed: the log has the event, the store has nothing.
    rmSync(join(directory, "store"), { recursive: true });
    await start();
    expect(await ids()).toEqual(["a"]);
    expect(collector?.stats()).toMatchObject({ accepted: 1, stored: 1, pending: 0 });
  });

  it("keeps a bad event with its reason, and its neighbours as events", async () => {
    await start();
    const anonymous = { type: "track", event: "Seen", messageId: "x" };
    expect(await send("/v1/batch", { batch: [track("a"), anonymous, track("b")] })).toEqual([
      400,
      "request neither has anonymousId nor userId\n",
    ]);
    expect(await send("/v1/batch", "{not json")).toEqual([400, "invalid json\n"]);
    expect(await ids()).toEqual(["b", "a"]);
    const bad = (await (await fetch(`${collector?.url}/api/bad`)).json()) as {
      items: { code: string; message: string }[];
    };
    expect(bad.items.map(({ code }) => code)).toEqual(["invalid-json", "no-identity"]);
    expect(collector?.stats()).toMatchObject({ accepted: 2, stored: 2, bad: 2 });
  });

  it("sorts events into projects by key, and refuses other keys", async () => {
    await start({ keys: { wk_1: "shop", wk_2: "blog" }, disabledKeys: ["wk_0"] });
    expect(await send("/v1/track", track("a"), "wk_1")).toEqual([200, "ok"]);
    expect(await send("/v1/track", track("a"), "wk_2")).toEqual([200, "ok"]);
    expect(await send("/v1/track", track("b"), "wk_3")).toEqual([401, "invalid write key\n"]);
    expect(await send("/v1/track", track("b"), "wk_0")).toEqual([404, "source is disabled\n"]);
    await collector?.settled();
    const shop = await collector?.store.events({ project: "shop", limit: 10 });
    expect(shop?.items.map(({ id, project }) => [id, project])).toEqual([["a", "shop"]]);
    expect(collector?.stats().refused).toMatchObject({ "unknown-key": 1, "disabled-key": 1 });
    expect(reports).toContainEqual({ kind: "refused", reason: "unknown-key", protocol: "rudderstack" });
  });

  it("writes no key to the disk, on whichever wire it came", async () => {
    const running = await start({ keys: { "key-in-secret": "shop" } });
    const headers = { "x-a-track-key": "key-in-secret", cookie: "session=key-in-secret" };
    const event = JSON.stringify({
      uuid: "u",
      event: "paid",
      attributes: {},
      timestamp: "2026-04-08T12:00:00.000Z",
      context: {},
    });
    expect((await fetch(`${running.url}/event`, { method: "POST", headers, body: event })).status).toBe(200);
    expect(await send("/v1/track", track("a"), "key-in-secret")).toEqual([200, "ok"]);
    const pixel = "/pixel/v1/track?writeKey=key-in-secret&anonymousId=x&event=Seen";
    expect((await fetch(running.url + pixel, { headers: { cookie: headers.cookie } })).status).toBe(200);
    await running.settled();
    expect((await running.store.counts()).events).toBe(3);
    await running.close();
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const written = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1")).join("");
    expect(written).toContain("paid");
    expect(written).not.toContain("key-in-secret");
    expect(written).not.toContain(btoa("key-in-secret:"));
  });

  it("keeps every letter of a request whose key is also a word of its event", async () => {
    const running = await start({ keys: { shop: "web", "a/b": "web" } });
    const ask = (query: string): Promise<Response> => fetch(`${running.url}/pixel/v1/track?${query}`);
    await ask("anonymousId=shop-visitor-1&writeKey=shop&event=shop_opened");
    await ask("write%4bey=a%2fb&anonymousId=x&event=other");
    await running.settled();
    const { items } = await running.store.events({ limit: 10 });
    expect(items.map(({ name, anonymousId }) => [name, anonymousId])).toEqual([
      ["other", "x"],
      ["shop_opened", "shop-visitor-1"],
    ]);
    await running.close();
    const [log = ""] = readdirSync(join(directory, "log")).filter((name) => name.endsWith(".log"));
    expect(readFileSync(join(directory, "log", log), "latin1")).not.toMatch(/a%2fb|Key=shop/i);
  });

  it("says that its store cannot be used, and lets nothing run on", async () => {
    writeFileSync(join(directory, "store"), "not a folder");
    await expect(start()).rejects.toMatchObject({ code: "data-not-writable" });
    expect(reports).toEqual([]);
    rmSync(join(directory, "store"));
    await start();
    expect(await send("/v1/track", track("a"))).toEqual([200, "ok"]);
  });

  it.runIf(existsSync("/proc/self"))("says so where no folder can be made", async () => {
    await expect(start({ dataDirectory: "/proc/nope/data" })).rejects.toMatchObject({ code: "data-not-writable" });
  });

  it("leaves nothing in its folder that others may read", async () => {
    await start({ sealEvents: 1 });
    await send("/v1/track", track("a"));
    await collector?.settled();
    await collector?.close();
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.some(({ name }) => name.endsWith(".parquet"))).toBe(true);
    const open = files.filter(({ parentPath, name }) => (statSync(join(parentPath, name)).mode & 0o077) !== 0);
    expect(open.map(({ name }) => name)).toEqual([]);
  });

  it("answers a query it cannot serve with what is wrong", async () => {
    await start();
    const answer = await fetch(`${collector?.url}/api/events?cursor=nonsense`);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("invalid-query")]);
  });

  it("makes its folders for itself alone", async () => {
    await start();
    await send("/v1/track", track("a"));
    await collector?.settled();
    expect(readdirSync(directory).toSorted()).toEqual(["log", "profiles", "store"]);
  });

  it("takes over from another one when told to wait for it, and keeps those who come meanwhile waiting", async () => {
    const old = await start();
    await send("/v1/track", track("a"));
    const port = await freePort();
    const starting = startCollector({ dataDirectory: directory, port, takeOverTimeoutMs: 20_000 });
    const early = postWhenListening(`http://127.0.0.1:${port}/v1/track`, track("b"));
    await send("/v1/track", track("c"));
    await old.close();
    collector = await starting;
    expect(await early).toBe(200);
    expect((await ids()).toSorted()).toEqual(["a", "b", "c"]);
  });

  it("gives its port back when it cannot have the data", async () => {
    await start();
    const port = await freePort();
    await expect(startCollector({ dataDirectory: directory, port })).rejects.toMatchObject({ code: "data-in-use" });
    const other = await startCollector({ dataDirectory: join(directory, "other"), port });
    await other.close();
  });

  it("closes once, however often it is asked, and then answers no question", async () => {
    const running = await start();
    const [first, second] = await Promise.all([running.close(), running.close()]);
    expect(second).toBe(first);
    await expect(running.store.counts()).rejects.toMatchObject({ code: "not-running" });
    expect(reports.filter(({ kind }) => kind === "closed")).toHaveLength(1);
  });

  it("survives a listener that throws", async () => {
    await start({
      onReport: () => {
        throw new Error("no");
      },
    });
    expect(await send("/v1/track", track("a"))).toEqual([200, "ok"]);
  });
});
