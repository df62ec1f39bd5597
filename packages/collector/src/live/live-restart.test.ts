import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startCollector } from "../collector.js";
import type { Collector } from "../collector.js";
import type { CollectorOptions } from "../options.js";

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "oncewire-live-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function start(dataDirectory: string, options: Partial<CollectorOptions> = {}): Promise<Collector> {
  const collector = await startCollector({ dataDirectory, port: 0, ...options });
  onTestFinished(async () => void (await collector.close()));
  return collector;
}

const named = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => `e-${from + at}`);

async function post({ url }: Collector, body: string): Promise<number> {
  const headers = { authorization: `Basic ${btoa("k:")}` };
  return (await fetch(`${url}/v1/batch`, { method: "POST", headers, body })).status;
}

const postOne = (collector: Collector, messageId: string): Promise<number> =>
  post(collector, JSON.stringify({ batch: [{ type: "track", userId: "ada", event: "Seen", messageId }] }));

async function send(collector: Collector, ids: readonly string[]): Promise<void> {
  const batch = ids.map((messageId) => ({ type: "track", userId: "ada", event: "Seen", messageId }));
  expect(await post(collector, JSON.stringify({ batch }))).toBe(200);
  await collector.settled();
}

/** What the feed sends, by kind and id or code, until it sends `last`, or ends. */
async function heard({ url }: Collector, last: string | null): Promise<readonly string[]> {
  const stop = new AbortController();
  const { body } = await fetch(`${url}/api/live`, { signal: stop.signal });
  const found: string[] = [];
  let text = "";
  for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      const [, kind, data = ""] = /^event: (event|bad)\ndata: (.*)$/m.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (kind === undefined) continue;
      const { id, code } = JSON.parse(data) as { readonly id: string; readonly code?: string };
      found.push(code ?? id);
    }
    if (last !== null && found.includes(last)) break;
  }
  stop.abort();
  return found;
}

it("the live feed of a collector that was started anew begins with the newest that is stored, good and bad", async () => {
  const dataDirectory = makeDirectory();
  const before = await start(dataDirectory);
  await send(before, named(0, 150));
  expect(await post(before, "{")).toBe(400);
  await send(before, named(150, 220));
  await before.close();
  const collector = await start(dataDirectory);
  expect(await heard(collector, "e-219")).toEqual([...named(21, 150), "invalid-json", ...named(150, 220)]);
});

it("the live feed of a collector that was killed begins with what is sealed, and goes on with what is loaded again", async () => {
  const [dataDirectory, copy] = [makeDirectory(), makeDirectory()];
  const before = await start(dataDirectory);
  await send(before, named(0, 3));
  await before.close();
  const killed = await start(dataDirectory);
  await send(killed, named(3, 6));
  // What a process leaves that ends without doing anything more.
  cpSync(dataDirectory, copy, { recursive: true, filter: (path) => !basename(path).startsWith("lock") });
  const collector = await start(copy);
  expect(await heard(collector, "e-5")).toEqual(named(0, 6));
});

it.each([0, 2])(
  "a collector with %i workers that is closed gives a listener everything it accepted, then ends",
  async (workers) => {
    const collector = await start(makeDirectory(), { workers });
    const found = heard(collector, null);
    const accepted: string[] = [];
    let closing: Promise<unknown> | null = null;
    const keepPosting = async (sender: number): Promise<void> => {
      for (let at = 0; ; at += 1) {
        const id = `e-${sender}-${at}`;
        const status = await postOne(collector, id).catch(() => 0);
        if (status === 200) accepted.push(id);
        else if (closing !== null) return;
        if (accepted.length >= 12) closing ??= collector.close();
      }
    };
    await Promise.all([keepPosting(0), keepPosting(1), keepPosting(2)]);
    const stats = await collector.close();
    expect(stats).toMatchObject({ stored: stats.accepted, pending: 0 });
    const shown = await found;
    expect(shown).toHaveLength(stats.accepted);
    expect(shown).toEqual(expect.arrayContaining(accepted));
  },
);
