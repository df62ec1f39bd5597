/** Which of Snowplow's requests a collector with keys lets in, and where their events go: docs/collector.md says how to set it up. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCollector } from "../collector.js";
import type { Collector } from "../collector.js";

let directory: string;
let collector: Collector | null = null;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-snowplow-keys-"));
});
afterEach(async () => {
  await collector?.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(keys: Readonly<Record<string, string>>): Promise<void> {
  collector = await startCollector({ dataDirectory: directory, port: 0, keys, disabledKeys: ["old"] });
}

const path = "/com.snowplowanalytics.snowplow/tp2";

function post(appIds: readonly string[], query = ""): Promise<Response> {
  const schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4";
  const data = appIds.map((aid) => ({ e: "pv", p: "web", tv: "t", page: aid, aid }));
  return fetch(`${collector?.url}${path}${query}`, { method: "POST", body: JSON.stringify({ schema, data }) });
}

/** By the app id that each event was posted with. */
async function projects(): Promise<Readonly<Record<string, string>>> {
  await collector?.settled();
  const { items } = (await collector?.store.events({ limit: 10 })) ?? { items: [] };
  return Object.fromEntries(items.map(({ name, project }) => [name ?? "", project]));
}

describe("a collector that knows app ids", () => {
  it("lets in what names one in the query or in an event, and says to all else what is missing", async () => {
    await start({ "shop-web": "shop", tracker: "space" });
    expect((await post(["shop-web"])).status).toBe(200);
    expect((await post(["by-query"], "?aid=shop-web")).status).toBe(200);
    expect((await post(["by-namespace"], "?tna=tracker")).status).toBe(200);
    expect((await fetch(`${collector?.url}/i?e=pv&p=web&tv=t&page=pixel&aid=shop-web`)).status).toBe(200);
    for (const refused of [await post(["unknown"]), await post(["shop-web"], "?aid=unknown"), await post([])]) {
      expect([refused.status, await refused.text()]).toEqual([401, expect.stringContaining("--key APPID=PROJECT")]);
    }
    expect((await post(["old"])).status).toBe(403);
    expect((await fetch(`${collector?.url}/i?e=pv&p=web&tv=t&page=old&aid=old`)).status).toBe(403);
    expect(await projects()).toEqual({
      "shop-web": "shop",
      "by-query": "shop",
      "by-namespace": "space",
      pixel: "shop",
    });
    expect(collector?.stats().refused).toMatchObject({ "unknown-key": 3, "disabled-key": 2 });
  });

  it("takes events of others that come with one of theirs, into the same project", async () => {
    await start({ "shop-web": "shop", "shop-app": "app" });
    expect((await post(["unknown", "shop-app", "shop-web"])).status).toBe(200);
    expect(await projects()).toEqual({ unknown: "app", "shop-app": "app", "shop-web": "shop" });
  });

  it("limits the rate by the app id of the events", async () => {
    const keys = { "shop-web": "shop", "shop-app": "app" };
    collector = await startCollector({ dataDirectory: directory, port: 0, keys, maxKeyRequestsPerSecond: 1 });
    const statuses = [];
    for (const aid of ["shop-web", "shop-web", "shop-app"]) statuses.push((await post([aid])).status);
    expect(statuses).toEqual([200, 429, 200]);
  });

  it("with the key `snowplow` takes every POST, each event into the project of its app id, else into that of the key", async () => {
    await start({ "shop-web": "shop", snowplow: "unsorted" });
    expect((await post(["shop-web", "unknown", "old"])).status).toBe(200);
    expect(await projects()).toEqual({ "shop-web": "shop", unknown: "unsorted", old: "unsorted" });
  });
});
