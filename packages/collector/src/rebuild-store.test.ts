import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCollector } from "./collector.js";
import type { CollectorOptions } from "./options.js";
import { rebuildStore } from "./rebuild-store.js";

let dataDirectory: string;

beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), "oncewire-rebuild-"));
});
afterEach(() => rmSync(dataDirectory, { recursive: true, force: true }));

async function collect(ids: readonly string[], options: Partial<CollectorOptions> = {}): Promise<void> {
  const collector = await startCollector({ dataDirectory, port: 0, ...options });
  const headers = { authorization: `Basic ${btoa("key:")}` };
  for (const messageId of ids) {
    const body = JSON.stringify({ type: "track", userId: "ada", event: "Seen", messageId });
    await fetch(`${collector.url}/v1/track`, { method: "POST", headers, body });
  }
  await collector.settled();
  await collector.close();
}

async function storedIds(): Promise<string[]> {
  const collector = await startCollector({ dataDirectory, port: 0 });
  const { items } = await collector.store.events({ limit: 100 });
  await collector.close();
  return items.map(({ id }) => id).toReversed();
}

describe("rebuildStore", () => {
  it("makes from the log what the store had, each id once, and says how far it is", async () => {
    await collect(["a", "b", "a"]);
    writeFileSync(join(dataDirectory, "store", "manifest.json"), "not a manifest");
    const progress: number[] = [];
    const rebuilt = await rebuildStore({ dataDirectory, onProgress: (done) => progress.push(done) });
    expect(rebuilt).toEqual({ events: 2, bad: 0, duplicates: 1, missingRecords: 0 });
    expect(progress.length).toBeGreaterThan(0);
    expect(existsSync(join(dataDirectory, "store.before-rebuild"))).toBe(false);
    expect(await storedIds()).toEqual(["a", "b"]);
  });

  it("puts the store before back when it was killed on the way", async () => {
    await collect(["a"]);
    const [store, aside] = [join(dataDirectory, "store"), join(dataDirectory, "store.before-rebuild")];
    renameSync(store, aside);
    mkdirSync(store);
    expect(await rebuildStore({ dataDirectory })).toMatchObject({ events: 1 });
    expect(await storedIds()).toEqual(["a"]);
  });

  it("has changed nothing for a collector that starts when it was killed on the way", async () => {
    // The log reaches back to the beginning no more: only the store before has all.
    await collect(["a"], { logRetentionMs: 1, logRetentionBytes: 0 });
    await collect(["b"], { logRetentionMs: 1, logRetentionBytes: 0 });
    const [store, aside] = [join(dataDirectory, "store"), join(dataDirectory, "store.before-rebuild")];
    renameSync(store, aside);
    mkdirSync(store);
    expect(await storedIds()).toEqual(["a", "b"]);
    expect(existsSync(aside)).toBe(false);
  });

  it("puts nothing back when it was killed after the new store was whole", async () => {
    await collect(["a"]);
    const replaced = join(dataDirectory, "store.replaced");
    mkdirSync(replaced);
    expect(await storedIds()).toEqual(["a"]);
    expect(existsSync(replaced)).toBe(false);
  });

  it("refuses while a collector has the data", async () => {
    const collector = await startCollector({ dataDirectory, port: 0 });
    await expect(rebuildStore({ dataDirectory })).rejects.toMatchObject({ code: "data-in-use" });
    await collector.close();
  });

  it("refuses when the log does not reach back to the beginning, unless the loss is accepted", async () => {
    await collect(["a"], { logRetentionMs: 1, logRetentionBytes: 0 });
    await collect(["b"], { logRetentionMs: 1, logRetentionBytes: 0 });
    expect(await storedIds()).toEqual(["a", "b"]);
    await expect(rebuildStore({ dataDirectory })).rejects.toMatchObject({ code: "log-incomplete" });
    expect(await storedIds()).toEqual(["a", "b"]);
    const rebuilt = await rebuildStore({ dataDirectory, acceptLoss: true });
    expect(rebuilt.missingRecords).toBeGreaterThan(0);
    expect(await storedIds()).not.toContain("a");
  });
});
