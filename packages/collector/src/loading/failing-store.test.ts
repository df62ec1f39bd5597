import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { startCollector, type Collector } from "../collector.js";

async function send({ url }: Collector, messageId: string): Promise<void> {
  const headers = { authorization: `Basic ${btoa("k:")}` };
  const body = JSON.stringify({ batch: [{ type: "track", userId: "ada", event: "Seen", messageId }] });
  expect((await fetch(`${url}/v1/batch`, { method: "POST", headers, body })).status).toBe(200);
}

const problemsOf = async ({ url }: Collector): Promise<readonly unknown[]> =>
  ((await (await fetch(`${url}/health/ready`)).json()) as { readonly problems: readonly unknown[] }).problems;

it("a store that cannot write says so once, and once that it can again; its health says so all the time", async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "oncewire-failing-"));
  onTestFinished(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const told: string[] = [];
  const collector = await startCollector({
    dataDirectory,
    port: 0,
    sealIntervalMs: 1,
    onReport: ({ kind }) => void (kind.startsWith("store-") && told.push(kind)),
  });
  onTestFinished(async () => void (await collector.close()));
  const staging = join(dataDirectory, "store", "staging");
  renameSync(staging, `${staging}.away`);
  writeFileSync(staging, "in the way");
  await send(collector, "e-0");
  await vi.waitFor(() => expect(told).not.toEqual([]), { timeout: 10_000 });
  // Each is taken while what was taken before is tried again every millisecond.
  for (let at = 1; at < 60; at += 1) {
    await send(collector, `e-${at}`);
    expect(await problemsOf(collector)).toMatchObject([{ part: "store" }]);
  }
  expect(told).toEqual(["store-failed"]);
  rmSync(staging);
  renameSync(`${staging}.away`, staging);
  await vi.waitFor(async () => expect(await problemsOf(collector)).toEqual([]), { timeout: 10_000 });
  await collector.settled();
  expect(told).toEqual(["store-failed", "store-resumed"]);
  expect(collector.stats()).toMatchObject({ accepted: 60, stored: 60 });
});
