import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startCollector, type Collector } from "../collector.js";

/** More than are kept in memory, so that a question for all of them needs the files. */
const count = 1_200;

async function send({ url }: Collector): Promise<void> {
  const headers = { authorization: `Basic ${btoa("k:")}` };
  for (let first = 0; first < count; first += 200) {
    const batch = Array.from({ length: 200 }, (_, at) => ({
      type: "track",
      userId: "ada",
      event: "Seen",
      messageId: `e-${first + at}`,
    }));
    const body = JSON.stringify({ batch });
    expect((await fetch(`${url}/v1/batch`, { method: "POST", headers, body })).status).toBe(200);
  }
}

async function storedIds({ store }: Collector): Promise<ReadonlySet<string>> {
  const ids: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await store.events({ limit: 1_000, ...(cursor === undefined ? {} : { cursor }) });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.next;
  }
  expect(new Set(ids).size).toBe(ids.length);
  return new Set(ids);
}

async function damage(path: string): Promise<void> {
  const file = await open(path, "r+");
  const { size } = await file.stat();
  await file.write(Buffer.alloc(Math.floor(size * 0.4), 0xa5), 0, undefined, Math.floor(size * 0.02));
  await file.close();
}

it("a collector whose store was damaged has every event again from the log, by itself, and once", async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "oncewire-damaged-"));
  onTestFinished(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const failures: string[] = [];
  const collector = await startCollector({
    dataDirectory,
    port: 0,
    keys: { k: "shop" },
    sealEvents: 400,
    onReport: (report) => void (report.kind === "store-failed" && failures.push(report.message)),
  });
  onTestFinished(async () => void (await collector.close()));
  await send(collector);
  await collector.settled();
  expect((await storedIds(collector)).size).toBe(count);
  const store = join(dataDirectory, "store");
  const oldest = readdirSync(store).find((name) => name.startsWith("events-0000000000000000-"));
  await damage(join(store, oldest ?? ""));
  await expect(storedIds(collector)).rejects.toMatchObject({ code: "engine-unavailable" });
  let found: ReadonlySet<string> = new Set();
  while (found.size < count) {
    found = await storedIds(collector).catch(() => found);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(failures.some((message) => message.includes(`${oldest}`))).toBe(true);
  expect(collector.stats()).toMatchObject({ accepted: count, stored: count, duplicates: 0, pending: 0 });
});
