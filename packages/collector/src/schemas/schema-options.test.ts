/** A collector with schemas of the operator's own, over HTTP. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCollector } from "../collector.js";
import type { Collector } from "../collector.js";
import { rebuildStore } from "../rebuild-store.js";

let directory: string;
let collector: Collector | null = null;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "oncewire-own-schemas-"))));
afterEach(async () => {
  await collector?.close();
  collector = null;
  rmSync(directory, { recursive: true, force: true });
});

const schemaDirectory = (): string => join(directory, "schemas");

function writeSchema(content: string): void {
  const folder = join(schemaDirectory(), "com.acme", "checkout", "jsonschema");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "1-0-0"), content);
}

async function start(): Promise<Collector> {
  collector = await startCollector({
    dataDirectory: join(directory, "data"),
    schemaDirectory: schemaDirectory(),
    port: 0,
  });
  return collector;
}

async function checkout(data: unknown): Promise<void> {
  const query = new URLSearchParams({ schema: "iglu:com.acme/checkout/jsonschema/1-0-0" });
  const body = JSON.stringify(data);
  const answer = await fetch(`${collector?.url}/com.snowplowanalytics.iglu/v1?${query}`, { method: "POST", body });
  expect(answer.status).toBe(200);
}

describe("schemas of the operator's own", () => {
  it("are what events are checked against, when they are accepted and when they are loaded", async () => {
    writeSchema(
      '{"type":"object","required":["total"],"additionalProperties":false,"properties":{"total":{"type":"number"}}}',
    );
    const running = await start();
    await checkout([{ total: 5 }, { total: "5" }, {}]);
    await running.settled();
    expect(running.stats()).toMatchObject({ accepted: 1, stored: 1, pending: 0, bad: 2 });
    expect(await running.store.counts()).toMatchObject({ events: 1, bad: 2 });
    const { items } = await running.store.bad({ limit: 5 });
    expect(items.map(({ code, message }) => [code, message.replace(/^.*another form: /, "")])).toEqual([
      ["schema-violation", "the data itself must have required property 'total'."],
      ["schema-violation", "/total must be number."],
    ]);
    const schema = await fetch(`${running.url}/micro/iglu/com.acme/checkout/jsonschema/1-0-0`);
    expect(await schema.json()).toMatchObject({ self: { vendor: "com.acme" }, required: ["total"] });
  });

  it("judge anew what the log has when they were mended and the store is rebuilt", async () => {
    writeSchema('{"type":"object","required":["sum"]}');
    await start();
    await checkout([{ total: 5 }, { sum: 5 }]);
    await collector?.close();
    writeSchema('{"type":"object","required":["total"]}');
    const options = { dataDirectory: join(directory, "data"), schemaDirectory: schemaDirectory() };
    expect(await rebuildStore(options)).toMatchObject({ events: 1, bad: 1 });
    const running = await start();
    const { items } = await running.store.events({ limit: 5 });
    expect(items.map(({ properties }) => properties)).toEqual([{ total: 5 }]);
  });

  it("stop the start where they are none", async () => {
    writeSchema('{"type":"objekt"}');
    await expect(start()).rejects.toMatchObject({ code: "invalid-option" });
    await expect(start()).rejects.toThrow("expected iglu:com.acme/checkout/jsonschema/1-0-0 to be a JSON Schema");
  });
});
