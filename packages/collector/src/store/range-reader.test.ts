import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { anEvent } from "./event-store.contract.js";
import type { LogBatch, LoggedEvent } from "./event-store.js";
import { openParquetStore } from "./parquet-store.js";
import type { ParquetStore, ParquetStoreOptions } from "./parquet-store.js";

async function openStore(options: Partial<ParquetStoreOptions> = {}): Promise<ParquetStore> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "oncewire-range-")));
  const store = await openParquetStore({ engineThreads: 1, ...options, directory });
  onTestFinished(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });
  return store;
}

/** So many events at each position. */
function batch(from: number, ...counts: readonly number[]): LogBatch {
  const events = counts.flatMap((count, at) =>
    Array.from({ length: count }, (_, ordinal): LoggedEvent => {
      const id = `${from + at}-${ordinal}`;
      return { position: from + at, event: anEvent({ id, wire: { id }, properties: { ordinal } }) };
    }),
  );
  return { from, to: from + counts.length, events, bad: [] };
}

async function readAll(store: ParquetStore, from: number, to: number): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let pages = 0;
  for (let at = from; at < to; pages += 1) {
    const page = await store.range({ from: at, to });
    expect(page.to).toBeGreaterThan(at);
    for (const { position } of page.events) expect(position).toBeLessThan(page.to);
    ids.push(...page.events.map(({ event }) => event.id));
    at = page.to;
  }
  return { ids, pages };
}

const idsOf = (...batches: readonly LogBatch[]): string[] =>
  batches.flatMap(({ events }) => events.map(({ event }) => event.id));

describe("a range of the log, read from the store", () => {
  it("is in the order of the log, out of sealed files and staged rows, from any position to any other", async () => {
    const store = await openStore({ mergeFactor: 100 });
    const batches = [batch(0, 2, 0, 3), batch(3, 1, 1), batch(5, 4), batch(6, 0, 2)];
    for (const [at, one] of batches.entries()) {
      await store.append(one);
      if (at < 2) await store.seal();
    }
    const all = idsOf(...batches);
    expect((await readAll(store, 0, 8)).ids).toEqual(all);
    expect((await readAll(store, 2, 6)).ids).toEqual(all.filter((id) => /^[2-5]-/.test(id)));
    expect((await readAll(store, 1, 2)).ids).toEqual([]);
  });

  it("comes whole request by whole request, however many events one has", async () => {
    const store = await openStore();
    const one = batch(0, 700, 700, 2_300, 1);
    await store.append(one);
    expect(await readAll(store, 0, 4)).toEqual({ ids: idsOf(one), pages: 3 });
    await store.seal();
    expect((await readAll(store, 0, 4)).ids).toEqual(idsOf(one));
  });

  it("is in order also while a lost file is made again before others", async () => {
    const directory = await mkdtemp(join(tmpdir(), "oncewire-range-"));
    const first = await openParquetStore({ directory, mergeFactor: 100 });
    const batches = [batch(0, 2, 1), batch(2, 3), batch(3, 1)];
    for (const one of batches) {
      await first.append(one);
      await first.seal();
    }
    await first.close();
    const [lost = ""] = (await readdir(directory)).filter((name) => /^events-0+-/.test(name));
    await rm(join(directory, lost));
    const store = await openStore({ directory, mergeFactor: 100 });
    expect(store.position).toBe(0);
    expect((await readAll(store, 0, 4)).ids).toEqual(idsOf(...batches.slice(1)));
    await store.append(batch(0, 2, 1));
    expect((await readAll(store, 0, 4)).ids).toEqual(idsOf(...batches));
  });

  it("has everything of an event but the message as received", async () => {
    const store = await openStore();
    const one = batch(0, 1);
    await store.append(one);
    const { events } = await store.range({ from: 0, to: 1 });
    expect(events).toEqual(one.events.map((logged) => ({ ...logged, event: { ...logged.event, wire: null } })));
  });

  it("leaves out what came again", async () => {
    const store = await openStore();
    await store.append(batch(0, 2));
    const again = batch(0, 2).events.map((logged) => ({ ...logged, position: 1 }));
    await store.append({ from: 1, to: 2, events: again, bad: [] });
    expect((await readAll(store, 0, 2)).ids).toEqual(["0-0", "0-1"]);
  });
});
