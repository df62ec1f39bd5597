/** Enrichment from the option to what can be asked for: threads, store, profiles, sinks and a store made anew. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startCollector } from "./collector.js";
import type { Collector } from "./collector.js";
import { placesFile, writePlaces } from "./enrichment/place-database.fixture.js";
import type { CollectorOptions } from "./options.js";
import { rebuildStore } from "./rebuild-store.js";
import type { CollectorReport } from "./report.js";
import { systemRuntime } from "./runtime.js";

const phone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";
const berlin = { country: { iso_code: "DE" }, subdivisions: [{ iso_code: "BE" }], city: { names: { en: "Berlin" } } };
const geo = { country: "DE", region: "BE", city: "Berlin" };

let folder: string;
let geoDatabase: string;
let collector: Collector | null;
let reports: CollectorReport[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oncewire-enriched-"));
  geoDatabase = join(folder, "places.mmdb");
  writePlaces(geoDatabase, { "203.0.113.0/24": berlin });
  [collector, reports] = [null, []];
});
afterEach(async () => {
  await collector?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<CollectorOptions>): Promise<Collector> {
  const onReport = (report: CollectorReport): void => void reports.push(report);
  collector = await startCollector({ dataDirectory: join(folder, "data"), port: 0, onReport, ...options });
  return collector;
}

async function track(messageId: string, context: object): Promise<void> {
  const headers = { authorization: `Basic ${btoa("any:")}` };
  const body = JSON.stringify({ type: "track", userId: "ada", event: "Seen", messageId, context });
  expect((await fetch(`${collector?.url}/v1/track`, { method: "POST", headers, body })).status).toBe(200);
}

interface Answer {
  readonly items?: readonly { readonly context: unknown }[];
  readonly profile?: object;
}

async function ask(path: string): Promise<Answer> {
  await collector?.settled();
  return (await (await fetch(`${collector?.url}${path}`)).json()) as Answer;
}

async function contextOf(id: string): Promise<unknown> {
  const { items } = await ask(`/api/events?id=${id}`);
  return items?.[0]?.context;
}

function moduleOf(text: string): string {
  const path = join(folder, "own.mjs");
  writeFileSync(path, text);
  return path;
}

const found = {
  device: { type: "mobile", vendor: "Apple", model: "iPhone" },
  os: { name: "iOS", version: "17.4" },
  browser: { name: "Safari", version: "17.4" },
  geo,
};

describe("a collector that enriches", () => {
  it("stores device and place with the event, and tells of them in session and sink", async () => {
    const path = join(folder, "events.ndjson");
    await start({ geoDatabase, sinks: [{ kind: "ndjson", name: "file", path }] });
    await track("m-1", { userAgent: phone, ip: "203.0.113.9" });
    expect(await contextOf("m-1")).toMatchObject({ userAgent: phone, ip: "203.0.113.9", ...found });
    const { profile } = await ask("/api/profiles?userId=ada");
    expect(profile).toMatchObject({ session: { device: found } });
    await expect.poll(() => readFileSync(path, "utf8")).toContain('"city":"Berlin"');
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ id: "m-1", context: found });
  });

  it("marks programs, and says nothing of events that say nothing of themselves", async () => {
    await start({});
    await track("m-1", { userAgent: "python-requests/2.31" });
    await track("m-2", {});
    expect(await contextOf("m-1")).toMatchObject({ bot: true });
    expect(Object.keys((await contextOf("m-2")) as object)).toEqual(["request_ip"]);
  });

  it("finds nothing out where nothing is asked for", async () => {
    await start({ enrichment: [] });
    await track("m-1", { userAgent: phone, ip: "203.0.113.9" });
    expect(Object.keys((await contextOf("m-1")) as object).toSorted()).toEqual(["ip", "request_ip", "userAgent"]);
  });

  it("finds the place first and keeps of the address what the policy says, also in the sink and of bad events", async () => {
    const path = join(folder, "events.ndjson");
    await start({ geoDatabase, ipPolicy: "truncate", sinks: [{ kind: "ndjson", name: "file", path }] });
    await track("m-1", { ip: "203.0.113.9" });
    const headers = { authorization: `Basic ${btoa("any:")}` };
    const body = JSON.stringify({ batch: [{ type: "track", event: "Nobody", context: { ip: "203.0.113.9" } }] });
    await fetch(`${collector?.url}/v1/batch`, { method: "POST", headers, body });
    expect(await contextOf("m-1")).toMatchObject({ ip: "203.0.113.0", request_ip: "127.0.0.0", geo });
    await expect.poll(() => readFileSync(path, "utf8")).toContain("m-1");
    const everything = [
      readFileSync(path, "utf8"),
      JSON.stringify(await ask("/api/events")),
      JSON.stringify(await ask("/api/bad")),
      JSON.stringify(await ask("/api/profiles?userId=ada")),
    ];
    expect(everything[2]).toContain("Nobody");
    for (const text of everything) expect(text).not.toMatch(/203\.0\.113\.9|127\.0\.0\.1"/);
  });

  it("asks a module of the operator's, by its path or its URL", async () => {
    const path = moduleOf("export const enrich = ({ userId }) => ({ tier: userId === 'ada' ? 'gold' : 'none' });");
    await start({ enrichment: [path] });
    await track("m-1", {});
    expect(await contextOf("m-1")).toMatchObject({ tier: "gold" });
    await collector?.close();
    await start({ enrichment: [pathToFileURL(path).href] });
    await track("m-2", { tier: "own" });
    expect(await contextOf("m-2")).toMatchObject({ tier: "own" });
  });

  it.each([
    ["throws", "throw new Error('no table');", "no table"],
    ["answers later", "return Promise.resolve({});", "answer at once"],
    ["answers a text", "return 'gold';", "answer at once"],
    ["answers too much", "return { text: 'x'.repeat(100_000) };", "at most 65536 bytes"],
    ["changes the event", "event.context.device.type = 1; event.id = 2n; throw new Error('changed');", "changed"],
  ])("stores the event all the same where the module %s, and reports it", async (_name, code, message) => {
    await start({ enrichment: [moduleOf(`export function enrich(event) { ${code} }`), "bot"] });
    await track("m-1", { userAgent: "curl/8", device: { type: "tv" } });
    expect(await contextOf("m-1")).toMatchObject({ device: { type: "tv" }, bot: true });
    const failed = reports.filter(({ kind }) => kind === "enrichment-failed");
    expect(failed).toEqual([{ kind: "enrichment-failed", message: expect.stringContaining(message) }]);
    const metrics = await (await fetch(`${collector?.url}/metrics`)).text();
    expect(metrics).toMatch(/^oncewire_enrichment_failures_total\{step="file:.*mjs"\} 1$/m);
    expect(metrics).toContain('oncewire_enrichment_failures_total{step="bot"} 0');
  });

  it("says so where a module holds up the store and a sink, and goes on when it returns", async () => {
    const go = join(folder, "go");
    const module = moduleOf(`
      import { existsSync } from "node:fs";
      const nothing = new Int32Array(new SharedArrayBuffer(4));
      export function enrich() {
        while (!existsSync(${JSON.stringify(go)})) Atomics.wait(nothing, 0, 0, 10);
        return {};
      }`);
    let clockMs = 0;
    const runtime = { ...systemRuntime, monotonicMs: () => clockMs };
    const archive = { kind: "ndjson", name: "archive", path: join(folder, "events.ndjson") } as const;
    await start({ enrichment: [module], sinks: [archive], runtime });
    const health = async (): Promise<unknown> => (await fetch(`${collector?.url}/health/ready`)).json();
    await track("a", {});
    clockMs = 29_000;
    await track("b", {});
    expect(await health()).toEqual({ status: "ready", problems: [] });
    clockMs = 31_500;
    const why = "has not moved for 31 s; requests that wait for it in the log: 2";
    const degraded = {
      status: "degraded",
      problems: [
        { part: "store", message: `it ${why}` },
        { part: "sink", message: `archive ${why}` },
      ],
    };
    // Each thread says for itself where it is.
    await vi.waitFor(async () => expect(await health()).toEqual(degraded), { timeout: 10_000 });
    writeFileSync(go, "");
    await vi.waitFor(async () => expect(await health()).toEqual({ status: "ready", problems: [] }), {
      timeout: 10_000,
    });
    await collector?.settled();
    expect(collector?.stats()).toMatchObject({ accepted: 2, stored: 2 });
  });

  it("takes of a module's answer what JSON carries", async () => {
    const path = moduleOf("export const enrich = () => { const a = { n: 1n, f() {} }; a.a = a; return { own: a }; };");
    await start({ enrichment: [path] });
    await track("m-1", {});
    expect(await contextOf("m-1")).toMatchObject({ own: { n: "1" } });
  });

  it("makes the store anew with the same events, and with the places of a newer database", async () => {
    const data = { dataDirectory: join(folder, "data"), geoDatabase };
    await start(data);
    await track("m-1", { userAgent: phone, ip: "203.0.113.9" });
    const before = await contextOf("m-1");
    await collector?.close();
    await rebuildStore(data);
    await start(data);
    expect(await contextOf("m-1")).toEqual(before);
    await collector?.close();
    writeFileSync(geoDatabase, placesFile({ "203.0.113.0/24": { country: { iso_code: "FR" } } }));
    await rebuildStore(data);
    await start(data);
    expect(await contextOf("m-1")).toEqual({ ...(before as object), geo: { country: "FR" } });
  });
});

describe("the start", () => {
  it.each([
    ["a damaged database", () => (writeFileSync(geoDatabase, "PK"), { geoDatabase }), "`geoDatabase`: "],
    ["no database", () => ({ geoDatabase: join(folder, "none.mmdb") }), "ENOENT"],
    [
      "a module that exports no function",
      () => ({ enrichment: [moduleOf("export const enrich = 1;")] }),
      "enrich(event)",
    ],
    ["a module that does not load", () => ({ enrichment: [moduleOf("throw new Error('at load');")] }), "at load"],
    ["no module", () => ({ enrichment: ["./none.mjs"] }), "none.mjs"],
    ["a step that is misspelt", () => ({ enrichment: ["devices"] }), '"bot", "device" and paths'],
    ["a policy that is none", () => ({ ipPolicy: "hide" as "keep" }), '"truncate"'],
  ])("is refused with %s, and says what to mend", async (_name, options, message) => {
    await expect(start(options())).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining(message),
    });
  });
});
