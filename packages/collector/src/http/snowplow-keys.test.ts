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
  it("without the key `snowplow` lets in what names its app id in the query, and says to all else what is missing", async () => {
    await start({ "shop-web": "shop" });
    const refused = await post(["shop-web"]);
    expect([refused.status, await refused.text()]).toEqual([401, expect.stringContaining("--key snowplow=PROJECT")]);
    expect((await post(["shop-web"], "?aid=shop-web")).status).toBe(200);
    expect((await fetch(`${collector?.url}/i?e=pv&p=web&tv=t&page=pixel&aid=shop-web`)).status).toBe(200);
    expect((await fetch(`${collector?.url}/i?e=pv&p=web&tv=t&page=old&aid=old`)).status).toBe(403);
    expect(await projects()).toEqual({ "shop-web": "shop", pixel: "shop" });
  });

  it("with the key `snowplow` takes every POST, each event into the project of its app id, else into that of the key", async () => {
    await start({ "shop-web": "shop", snowplow: "unsorted" });
    expect((await post(["shop-web", "unknown", "old"])).status).toBe(200);
    expect(await projects()).toEqual({ "shop-web": "shop", unknown: "unsorted", old: "unsorted" });
  });
});
