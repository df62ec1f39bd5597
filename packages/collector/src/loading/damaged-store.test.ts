import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startCollector, type Collector } from "../collector.js";
import type { CollectorReport } from "../report.js";

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

async function start(dataDirectory: string, reports: CollectorReport[]): Promise<Collector> {
  const onReport = (report: CollectorReport): void => void reports.push(report);
  const collector = await startCollector({ dataDirectory, port: 0, keys: { k: "shop" }, sealEvents: 400, onReport });
  onTestFinished(async () => void (await collector.close()));
  return collector;
}

function makeDirectory(): string {
  const dataDirectory = mkdtempSync(join(tmpdir(), "oncewire-damaged-"));
  onTestFinished(() => rmSync(dataDirectory, { recursive: true, force: true }));
  return dataDirectory;
}

function oldestFile(dataDirectory: string): string {
  const names = readdirSync(join(dataDirectory, "store"));
  return names.find((name) => name.startsWith("events-0000000000000000-")) ?? "expected a sealed file";
}

const filesPutAside = (reports: readonly CollectorReport[]): readonly (readonly string[])[] =>
  reports.flatMap((report) => (report.kind === "store-files-put-aside" ? [report.files] : []));

async function putAsideMetric({ url }: Collector): Promise<string | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return /^oncewire_store_files_put_aside_total (\d+)$/m.exec(text)?.[1];
}

it("a collector whose store was damaged has every event again from the log, by itself, and once", async () => {
  const dataDirectory = makeDirectory();
  const reports: CollectorReport[] = [];
  const collector = await start(dataDirectory, reports);
  await send(collector);
  await collector.settled();
  expect((await storedIds(collector)).size).toBe(count);
  const oldest = oldestFile(dataDirectory);
  await damage(join(dataDirectory, "store", oldest));
  await expect(storedIds(collector)).rejects.toMatchObject({ code: "engine-unavailable" });
  let found: ReadonlySet<string> = new Set();
  while (found.size < count) {
    found = await storedIds(collector).catch(() => found);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(filesPutAside(reports)).toEqual([[oldest]]);
  expect(await putAsideMetric(collector)).toBe("1");
  expect(collector.stats()).toMatchObject({ accepted: count, stored: count, duplicates: 0, pending: 0 });
});

it("a collector that starts with a file that does not open says which it put aside, and has every event again", async () => {
  const dataDirectory = makeDirectory();
  const before = await start(dataDirectory, []);
  await send(before);
  await before.settled();
  await before.close();
  const oldest = oldestFile(dataDirectory);
  const path = join(dataDirectory, "store", oldest);
  truncateSync(path, statSync(path).size - 100);
  const reports: CollectorReport[] = [];
  const collector = await start(dataDirectory, reports);
  await collector.settled();
  expect(filesPutAside(reports)).toEqual([[oldest]]);
  expect(await putAsideMetric(collector)).toBe("1");
  expect((await storedIds(collector)).size).toBe(count);
});
