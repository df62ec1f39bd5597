import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { aBadEvent, anEvent, everyEvent } from "./event-store.contract.js";
import type { LogBatch } from "./event-store.js";
import { openParquetStore, type ParquetStore, type ParquetStoreOptions } from "./parquet-store.js";
import { openStoreFiles, type StoreFiles } from "./store-files.js";

/** A log of 24 records: each an event, every fifth of which came before, and every sixth a bad event, too. */
const logEnd = 24;
const logEvents = Array.from({ length: logEnd }, (_, position) => ({
  position,
  event: anEvent({ id: `e-${position % 5 === 4 ? position - 3 : position}`, properties: { position } }),
}));
const logBad = [5, 11, 17, 23].map((position) => ({ position, bad: aBadEvent({ id: `b-${position}` }) }));
const storedIds = [...new Set(logEvents.map(({ event }) => event.id))];
const storedPositions = storedIds.map((id) => logEvents.findIndex(({ event }) => event.id === id));
const badIds = logBad.map(({ bad }) => bad.id);

function logRange(from: number, to: number): LogBatch {
  const within = ({ position }: { readonly position: number }): boolean => position >= from && position < to;
  return { from, to, events: logEvents.filter(within), bad: logBad.filter(within) };
}

/** Appends the log from where the store stands, a few records at a time, and seals them. */
async function load(store: ParquetStore, step = 6): Promise<void> {
  for (let from = store.position; from < logEnd; from += step) {
    await store.append(logRange(from, Math.min(from + step, logEnd)));
    await store.seal();
  }
}

async function expectAllOnce(store: ParquetStore): Promise<void> {
  const events = await everyEvent(store);
  expect(events.map(({ id }) => id).toSorted()).toEqual(storedIds.toSorted());
  expect((await store.bad({ limit: 100 })).items.map(({ id }) => id).toSorted()).toEqual(badIds.toSorted());
  expect(await store.counts()).toMatchObject({ events: storedIds.length, bad: badIds.length });
}

/** Reads the log again from the store's position, and again after a restart: everything is there, once. */
async function expectRecovery(directory: string): Promise<ParquetStore> {
  const store = await openStore({ directory });
  await load(store, 24);
  await expectAllOnce(store);
  await store.close();
  const reopened = await openStore({ directory });
  expect(reopened.position).toBe(logEnd);
  await reopened.append(logRange(0, logEnd));
  await expectAllOnce(reopened);
  return reopened;
}

describe("a crash while sealing", () => {
  it("costs nothing at whichever file operation it comes", { timeout: 120_000 }, async () => {
    const clean = crashingFiles(await aFolder(), Infinity);
    await runToCrash(clean);
    expect(await sealedNames(clean.directory, "events")).toEqual([mergedName]);
    expect(clean.operations()).toBeGreaterThan(30);
    const crashPoints = Array.from({ length: clean.operations() }, (_, at) => at);
    const next = async (): Promise<void> => {
      for (let at = crashPoints.pop(); at !== undefined; at = crashPoints.pop()) {
        const files = crashingFiles(await aFolder(), at);
        const held = await runToCrash(files);
        const store = await openStore({ directory: files.directory });
        expect(store.unreadable).toEqual([]);
        expect(store.position).toBeGreaterThanOrEqual(held);
        await load(store, logEnd);
        await expectAllOnce(store);
        await store.close();
      }
    };
    await Promise.all([next(), next()]);
  });

  it("leaves files that the next start removes", async () => {
    const directory = await aLoadedFolder();
    const [sealed] = await sealedNames(directory, "events");
    const bytes = await readFile(join(directory, sealed ?? ""));
    const leftOver = [
      "events-0000000000000024-0000000000000030.parquet",
      "bad-0000000000000024-0000000000000030.parquet.tmp",
    ];
    for (const name of leftOver) await writeFile(join(directory, name), bytes);
    await expectRecovery(directory);
    const names = await readdir(directory);
    expect(names.filter((name) => leftOver.includes(name))).toEqual([]);
  });

  it("costs nothing when the process is killed at any moment", { timeout: 60_000 }, async () => {
    const directory = await aFolder();
    const script = join(directory, "writer.mjs");
    const built = fileURLToPath(new URL("../../dist/store/parquet-store.js", import.meta.url));
    await writeFile(script, writerScript(built));
    let store = await openStore({ directory: join(directory, "store") });
    for (const appends of [1, 3, 4, 6, 9, 14]) {
      await store.close();
      const held = await writeUntilKilled(script, join(directory, "store"), appends);
      store = await openStore({ directory: join(directory, "store") });
      expect(store.position).toBeGreaterThanOrEqual(held);
      const ids = (await everyEvent(store)).map(({ id }) => id);
      expect(ids.toSorted()).toEqual(Array.from({ length: store.position }, (_, at) => `e-${at}`).toSorted());
    }
    expect(store.position).toBeGreaterThan(0);
  });
});

describe("a damaged folder", () => {
  const damages: readonly [string, (path: string) => Promise<void>][] = [
    ["cut short", (path) => truncate(path, 100)],
    ["empty", (path) => truncate(path, 0)],
    ["filled with other bytes", (path) => overwrite(path, { from: 0, to: 1 })],
    ["without its footer", (path) => overwrite(path, { from: 0.6, to: 0.99 })],
    ["without its data and more", (path) => overwrite(path, { from: 0.02, to: 0.5 })],
    ["missing", (path) => rm(path)],
  ];
  it.each(damages)("is mended when a sealed file is %s", async (_, damage) => {
    const directory = await aLoadedFolder();
    const [, second] = await sealedNames(directory, "events");
    await damage(join(directory, second ?? ""));
    const store = await openStore({ directory });
    expect(store.position).toBe(6);
    expect(store.unreadable).toContain(second);
    await store.close();
    await expectRecovery(directory);
  });

  it("puts a file aside when a question finds that its data is damaged, and has it again from the log", async () => {
    const directory = await aLoadedFolder();
    const [, second] = await sealedNames(directory, "events");
    await overwrite(join(directory, second ?? ""), { from: 0.02, to: 0.12 });
    const damage: unknown[] = [];
    const store = await openStore({ directory, recentEvents: 0, onDamaged: (error) => damage.push(error) });
    expect(store.position).toBe(logEnd);
    await expect(everyEvent(store)).rejects.toMatchObject({ code: "engine-unavailable" });
    expect(damage).toMatchObject([{ message: expect.stringContaining(second ?? "") }]);
    await expect(store.append(logRange(0, logEnd))).rejects.toMatchObject({ code: "engine-unavailable" });
    await store.close();
    const reopened = await openStore({ directory });
    expect(reopened.position).toBe(6);
    await reopened.close();
    await expectRecovery(directory);
  });

  it("puts nothing aside when a question fails for another reason", async () => {
    const directory = await aLoadedFolder();
    const store = await openStore({ directory, recentEvents: 0 });
    const bounds = { maxRows: 1, timeoutMs: 20_000 };
    await expect(store.sql("SELECT nothing FROM events", bounds)).rejects.toMatchObject({ code: "engine-failed" });
    await expectAllOnce(store);
  });

  it("keeps what is after a lost file, and takes only what was lost from the log", async () => {
    const directory = await aLoadedFolder();
    const [, second] = await sealedNames(directory, "events");
    await truncate(join(directory, second ?? ""), 10);
    const store = await openStore({ directory });
    expect(store.unreadable).toContain(second);
    const result = await store.append(logRange(0, logEnd));
    expect(result.stored.map(({ position }) => position)).toEqual([6, 7, 8, 10, 11]);
    await store.seal();
    expect(store.position).toBe(logEnd);
    await expectAllOnce(store);
  });

  it("answers in the order of the log while a gap is being filled", async () => {
    const directory = await aLoadedFolder();
    const [, second] = await sealedNames(directory, "events");
    await rm(join(directory, second ?? ""));
    const store = await openStore({ directory });
    await store.append(logRange(6, 9));
    const there = storedPositions.filter((position) => position < 9 || position >= 12);
    expect((await everyEvent(store, 4)).map(({ position }) => position)).toEqual(there.toReversed());
  });

  it.each([
    ["cut short", (text: string) => text.slice(0, text.length / 2)],
    ["empty", () => ""],
    ["of another version", (text: string) => text.replace('"version": 1', '"version": 2')],
    ["overlapping itself", (text: string) => text.replace(/"to": 6,/, '"to": 9,')],
    ["naming a file elsewhere", (text: string) => text.replace(/events-/, "../events-")],
  ])("is mended when the manifest is %s", async (_, damage) => {
    const directory = await aLoadedFolder();
    const path = join(directory, "manifest.json");
    await writeFile(path, damage(await readFile(path, "utf8")));
    const store = await openStore({ directory });
    expect([store.position, store.unreadable]).toEqual([logEnd, ["manifest.json"]]);
    await store.close();
    await expectRecovery(directory);
  });

  it("is mended when the manifest is gone", async () => {
    const directory = await aLoadedFolder();
    await rm(join(directory, "manifest.json"));
    await expectRecovery(directory);
  });

  it("is refused with a reason when it is no folder", async () => {
    const path = join(await aFolder(), "file");
    await writeFile(path, "");
    await expect(openParquetStore({ directory: path })).rejects.toMatchObject({ code: "folder-unusable" });
  });
});

describe("a disk that fails for a while", () => {
  it("loses and doubles nothing", async () => {
    const directory = await aFolder();
    const files = failingFiles(directory);
    const failures: unknown[] = [];
    const store = await openStore({ directory, files, recentEvents: 0, onFailure: (error) => failures.push(error) });
    await store.append(logRange(0, 6));
    files.fail = true;
    await expect(store.events({ limit: 1 })).rejects.toMatchObject({ code: "write-failed" });
    await expect(store.seal()).rejects.toMatchObject({ code: "write-failed" });
    await store.append(logRange(6, 12));
    expect(store.position).toBe(0);
    files.fail = false;
    await load(store);
    await store.append(logRange(12, logEnd));
    await expectAllOnce(store);
    await store.close();
    await expectRecovery(directory);
  });
});

const patience = { timeout: 10_000 };
const mergedName = "events-0000000000000000-0000000000000012.parquet";

/** What a process does until its file operations fail; the last position that it could give. */
async function runToCrash(files: CrashingFiles): Promise<number> {
  let failed = false;
  let held = 0;
  const onFailure = (): void => void (failed = true);
  const options = { directory: files.directory, files, sealRows: 20, mergeFactor: 2, recentEvents: 0, onFailure };
  try {
    const store = await openParquetStore(options);
    try {
      for (const from of [0, 6]) {
        await store.append(logRange(from, from + 6));
        await store.seal();
        held = store.position;
      }
      const manifest = join(files.directory, "manifest.json");
      await vi.waitFor(
        async () => expect(failed || (await readFile(manifest, "utf8")).includes(mergedName)).toBe(true),
        patience,
      );
    } finally {
      await store.close();
    }
  } catch (error) {
    if (files.operations() <= files.crashAt) throw error;
  }
  return held;
}

interface CrashingFiles extends StoreFiles {
  readonly directory: string;
  readonly crashAt: number;
  operations(): number;
}

type Changing = "write" | "writeSynced" | "sync" | "rename" | "syncFolder" | "remove";

/** Every operation from the `crashAt`th on fails and changes nothing. */
function crashingFiles(directory: string, crashAt: number): CrashingFiles {
  let operations = 0;
  const files = openStoreFiles(directory);
  return {
    ...files,
    ...changingThrough(files, () => {
      operations += 1;
      return operations <= crashAt;
    }),
    directory,
    crashAt,
    operations: () => operations,
  };
}

function failingFiles(directory: string): StoreFiles & { fail: boolean } {
  const files = openStoreFiles(directory);
  const failing = { ...files, fail: false };
  return Object.assign(
    failing,
    changingThrough(files, () => !failing.fail),
  );
}

function changingThrough(files: StoreFiles, isAllowed: () => boolean): Pick<StoreFiles, Changing> {
  const check = (): void => {
    if (!isAllowed()) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  };
  return {
    write: async (name, bytes) => (check(), await files.write(name, bytes)),
    writeSynced: async (name, text) => (check(), await files.writeSynced(name, text)),
    sync: async (name) => (check(), await files.sync(name)),
    rename: async (from, to) => (check(), await files.rename(from, to)),
    syncFolder: async () => (check(), await files.syncFolder()),
    remove: async (name) => (check(), await files.remove(name)),
  };
}

/** Kills the writer after so many appends; the last position that it gave. */
async function writeUntilKilled(script: string, directory: string, appends: number): Promise<number> {
  const writer = fork(script, [directory], { execArgv: [] });
  let held = 0;
  for (let count = 0; count < appends; count += 1) [held] = (await once(writer, "message")) as [number];
  writer.kill("SIGKILL");
  await once(writer, "exit");
  return held;
}

function writerScript(built: string): string {
  return `
    import { openParquetStore } from ${JSON.stringify(built)};
    const store = await openParquetStore({ directory: process.argv[2], sealRows: 8, mergeFactor: 2 });
    const event = ${JSON.stringify(anEvent({ id: "" }))};
    for (let position = store.position; ; position += 2) {
      const events = [position, position + 1].map((at) => ({ position: at, event: { ...event, id: "e-" + at } }));
      await store.append({ from: position, to: position + 2, events, bad: [] });
      if (position % 4 === 0) await store.seal();
      process.send(store.position);
    }
  `;
}

async function overwrite(path: string, part: { readonly from: number; readonly to: number }): Promise<void> {
  const handle = await open(path, "r+");
  const { size } = await handle.stat();
  const from = Math.floor(size * part.from);
  await handle.write(Buffer.alloc(Math.floor(size * part.to) - from, 0xa5), 0, undefined, from);
  await handle.close();
}

/** Four segments of six records each. */
async function aLoadedFolder(): Promise<string> {
  const directory = await aFolder();
  const store = await openStore({ directory, mergeFactor: 1000 });
  await load(store);
  await store.close();
  return directory;
}

async function sealedNames(directory: string, prefix: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name.startsWith(prefix) && name.endsWith(".parquet")).toSorted();
}

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "oncewire-store-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function openStore(options: ParquetStoreOptions): Promise<ParquetStore> {
  const store = await openParquetStore(options);
  onTestFinished(() => store.close());
  return store;
}
