import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { aBadEvent, anEvent, batchOf, everyEvent, testEventStore } from "./event-store.contract.js";
import { openParquetStore, type ParquetStore, type ParquetStoreOptions } from "./parquet-store.js";
import { openStoreFiles, type StoreFiles } from "./store-files.js";

describe("a Parquet store", () => {
  testEventStore(async () => {
    const directory = await aFolder();
    return { open: () => openStore({ directory }) };
  });
});

describe("a Parquet store that keeps nothing in memory and seals small files", () => {
  testEventStore(async () => {
    const directory = await aFolder();
    return { open: () => openStore({ directory, recentEvents: 0, sealRows: 20, mergeFactor: 2 }) };
  });
});

describe("sealing", () => {
  it("happens by itself when there are enough rows", async () => {
    const store = await openStore({ directory: await aFolder(), sealRows: 3 });
    await store.append(batchOf(0, ["a", "b"].map(withId)));
    expect(store.position).toBe(0);
    await store.append(batchOf(2, [withId("c")]));
    await vi.waitFor(() => expect(store.position).toBe(3), patience);
  });

  it("happens by itself when the oldest row has waited long enough", async () => {
    const timers = new ManualTimers();
    const store = await openStore({ directory: await aFolder(), sealIntervalMs: 1234, runtime: timers });
    await store.append(batchOf(0, [withId("a")]));
    expect(store.position).toBe(0);
    timers.fire(1234);
    await vi.waitFor(() => expect(store.position).toBe(1), patience);
  });

  it("makes one file of many small ones, and loses none of their rows", async () => {
    const directory = await aFolder();
    const store = await openStore({ directory, mergeFactor: 4, recentEvents: 0 });
    for (let at = 0; at < 16; at += 1) {
      const bad = [{ position: at, bad: aBadEvent({ id: `b-${at}` }) }];
      await store.append({ ...batchOf(at, [withId(`e-${at}`)]), bad });
      await store.seal();
    }
    const expected = Array.from({ length: 16 }, (_, at) => `e-${15 - at}`);
    expect((await everyEvent(store, 5)).map(({ id }) => id)).toEqual(expected);
    await store.close();
    expect((await readdir(directory)).filter((name) => name.endsWith(".parquet")).length).toBeLessThan(16);
    const reopened = await openStore({ directory, recentEvents: 0 });
    expect((await everyEvent(reopened, 5)).map(({ id }) => id)).toEqual(expected);
    expect(await reopened.counts()).toEqual({ events: 16, bad: 16, duplicates: 0 });
  });

  it("gets by with the engine's memory when events are large", async () => {
    const store = await openStore({
      directory: await aFolder(),
      engineMemoryBytes: 160 * 1024 * 1024,
      recentEvents: 0,
    });
    const noise = (): string => randomBytes(800_000).toString("base64");
    for (let at = 0; at < 100; at += 1) {
      await store.append(batchOf(at, [anEvent({ id: `e-${at}`, properties: { noise: noise() } })]));
    }
    await store.seal();
    expect([store.position, (await store.counts()).events]).toEqual([100, 100]);
    expect((await store.events({ limit: 5, kind: "track" })).items.map(({ id }) => id)[4]).toBe("e-95");
  });

  it("leaves a file in its place until the last query that reads it has ended", async () => {
    const directory = await aFolder();
    const store = await openStore({ directory, sealRows: 8, mergeFactor: 2, recentEvents: 0 });
    await store.append(batchOf(0, ["a", "b"].map(withId)));
    await store.seal();
    const files = async (): Promise<string> =>
      (await readdir(directory)).filter((name) => /^events.*\d/.test(name)).join();
    const before = await files();
    const asked = expect(store.sql(endlessSql, { maxRows: 1, timeoutMs: 60_000 })).rejects.toMatchObject({
      code: "closed",
    });
    await store.append(batchOf(2, ["c", "d"].map(withId)));
    await store.seal();
    const merged = "events-0000000000000000-0000000000000004.parquet";
    await vi.waitFor(
      async () => expect(await readFile(join(directory, "manifest.json"), "utf8")).toContain(merged),
      patience,
    );
    expect(await files()).toContain(before);
    expect((await everyEvent(store)).map(({ id }) => id)).toEqual(["d", "c", "b", "a"]);
    await store.close();
    await asked;
    expect(await files()).toBe(merged);
  });

  it("leaves nothing staged", async () => {
    const directory = await aFolder();
    const store = await openStore({ directory, recentEvents: 0 });
    await store.append(batchOf(0, [withId("a")]));
    await store.events({ limit: 1, name: "none" });
    expect((await readdir(join(directory, "staging"))).length).toBe(1);
    await store.close();
    expect(await readdir(join(directory, "staging"))).toEqual([]);
  });
});

describe("retention", () => {
  it("lets go of what was sealed too long ago, and does not take it from the log again", async () => {
    const directory = await aFolder();
    const runtime = new ManualTimers();
    const options = { directory, runtime, retainMs: 1000, mergeFactor: 1000, recentEvents: 0 };
    const store = await openStore(options);
    for (const at of [0, 1, 2]) {
      runtime.time += 600;
      await store.append(batchOf(at, [withId(`e-${at}`)]));
      await store.seal();
    }
    await vi.waitFor(async () => expect((await store.counts()).events).toBe(2), patience);
    expect((await everyEvent(store)).map(({ id }) => id)).toEqual(["e-2", "e-1"]);
    expect(store.position).toBe(3);
    await store.close();
    expect((await readdir(directory)).filter((name) => name.endsWith(".parquet")).length).toBe(2);
    const reopened = await openStore(options);
    expect(await reopened.append(batchOf(0, [withId("e-0")]))).toMatchObject({ stored: [], duplicates: 0, bad: 0 });
    expect([reopened.position, (await reopened.counts()).events]).toEqual([3, 2]);
  });

  it("lets go of the oldest when all take too many bytes", async () => {
    const directory = await aFolder();
    const store = await openStore({ directory, retainBytes: 9000, mergeFactor: 1000, recentEvents: 0 });
    for (let at = 0; at < 6; at += 1) {
      await store.append(batchOf(at, [withId(`e-${at}`)]));
      await store.seal();
    }
    await store.close();
    const names = (await readdir(directory)).filter((name) => name.endsWith(".parquet"));
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.length).toBeLessThan(6);
  });
});

describe("the newest events", () => {
  it("are given from memory, without the engine", async () => {
    const store = await openStore({ directory: await aFolder() });
    for (const part of [0, 1, 2]) {
      const events = Array.from({ length: 100 }, (_, at) => withId(`e-${part * 100 + at}`));
      await store.append(batchOf(part * 100, events));
    }
    expect((await everyEvent(store, 100)).length).toBe(300);
    expect((await store.events({ limit: 10, userId: "nobody" })).items).toEqual([]);
    expect(store.enginePid).toBeNull();
  });

  it("are in memory again after a restart", async () => {
    const directory = await aFolder();
    const first = await openStore({ directory });
    await first.append(
      batchOf(
        0,
        Array.from({ length: 300 }, (_, at) => withId(`e-${at}`)),
      ),
    );
    await first.close();
    const timers = new ManualTimers();
    const store = await openStore({ directory, engineIdleMs: 77, runtime: timers });
    await vi.waitFor(async () => {
      timers.fire(77);
      expect(store.enginePid).toBeNull();
      expect((await store.events({ limit: 100 })).items.map(({ id }) => id)[99]).toBe("e-200");
      expect(store.enginePid).toBeNull();
    }, patience);
  });

  it("are let go when they take too much memory, and found all the same", async () => {
    const store = await openStore({ directory: await aFolder(), recentBytes: 1000 });
    const long = "x".repeat(400);
    await store.append(
      batchOf(
        0,
        ["a", "b", "c"].map((id) => anEvent({ id, properties: { long } })),
      ),
    );
    expect((await everyEvent(store)).map(({ id }) => id)).toEqual(["c", "b", "a"]);
  });
});

describe("ids that were sealed", () => {
  async function aStoreOf30(directory: string, options: Partial<ParquetStoreOptions> = {}): Promise<ParquetStore> {
    const store = await openStore({ directory, recentEvents: 0, mergeFactor: 1000, ...options });
    for (let at = 0; at < 30; at += 3) {
      await store.append(batchOf(at, [`e-${at}`, `e-${at + 1}`, `e-${at + 2}`].map(withId)));
      await store.seal();
    }
    return store;
  }
  const again = Array.from({ length: 30 }, (_, at) => withId(`e-${at}`));
  const idFiles = async (directory: string): Promise<readonly string[]> =>
    (await readdir(directory)).filter((name) => name.endsWith(".ids"));

  it.each([1000, 2])("are known, also after a restart, when files are merged by %i", async (mergeFactor) => {
    const directory = await aFolder();
    const store = await aStoreOf30(directory, { mergeFactor });
    expect(await store.append(batchOf(30, [...again, withId("new")]))).toMatchObject({ duplicates: 30 });
    await store.close();
    const reopened = await openStore({ directory, recentEvents: 0 });
    expect(await reopened.append(batchOf(61, again))).toMatchObject({ duplicates: 30, stored: [] });
    expect((await reopened.counts()).events).toBe(31);
    expect(reopened.enginePid).toBeNull();
  });

  it.each([
    ["missing", (path: string) => rm(path)],
    ["empty", (path: string) => writeFile(path, "")],
    ["damaged", (path: string) => appendFile(path, "x")],
    ["changed in one bit", flipABit],
  ])("are read from the events when their file is %s, which is mended by that", async (_, damage) => {
    const directory = await aFolder();
    await (await aStoreOf30(directory)).close();
    for (const name of await idFiles(directory)) await damage(join(directory, name));
    const store = await openStore({ directory, recentEvents: 0 });
    expect(await store.append(batchOf(30, again))).toMatchObject({ duplicates: 30, stored: [] });
    expect((await idFiles(directory)).length).toBe(10);
    await store.close();
    const reopened = await openStore({ directory, recentEvents: 0 });
    expect(await reopened.append(batchOf(60, again))).toMatchObject({ duplicates: 30, stored: [] });
    expect(reopened.enginePid).toBeNull();
  });

  it("have a file for each file of events, and no other", async () => {
    const directory = await aFolder();
    const store = await aStoreOf30(directory, { mergeFactor: 2, sealRows: 8 });
    await store.close();
    const ranges = (prefix: string, end: string): Promise<readonly string[]> =>
      readdir(directory).then((names) =>
        names.filter((name) => name.endsWith(end)).map((name) => name.slice(prefix.length, -end.length)),
      );
    expect((await ranges("events", ".parquet")).length).toBeLessThan(10);
    expect(await ranges("ids", ".ids")).toEqual(await ranges("events", ".parquet"));
  });

  it("are forgotten with their events", async () => {
    const directory = await aFolder();
    const runtime = new ManualTimers();
    const store = await openStore({ directory, runtime, retainMs: 1000, mergeFactor: 1000, recentEvents: 0 });
    for (const at of [0, 1, 2]) {
      runtime.time += 600;
      await store.append(batchOf(at, [withId(`e-${at}`)]));
      await store.seal();
    }
    await vi.waitFor(async () => expect((await store.counts()).events).toBe(2), patience);
    const result = await store.append(
      batchOf(
        3,
        [0, 1, 2].map((at) => withId(`e-${at}`)),
      ),
    );
    expect(result.stored.map(({ event }) => event.id)).toEqual(["e-0"]);
  });

  it("are known when they are sealed while others are looked for", async () => {
    const directory = await aFolder();
    const files = openStoreFiles(directory);
    const readParts: StoreFiles["readParts"] = async (name, parts) => {
      await vi.waitFor(() => expect(store.position).toBe(4), patience);
      return await files.readParts(name, parts);
    };
    const store = await openStore({ directory, files: { ...files, readParts }, sealRows: 2, recentEvents: 0 });
    await store.append(batchOf(0, ["sealed", "too"].map(withId)));
    await store.seal();
    await store.append(batchOf(2, ["closed", "with"].map(withId)));
    expect(store.position).toBe(2);
    expect(await store.append(batchOf(4, ["closed", "sealed"].map(withId)))).toMatchObject({
      stored: [],
      duplicates: 2,
    });
  });

  it("are known while they are being sealed", async () => {
    const store = await openStore({ directory: await aFolder(), sealRows: 5, recentEvents: 0 });
    for (let count = 0, next = 0; count < 60; count += 3) {
      const ids = [0, 1, 2].map((more) => `e-${count + more}`);
      expect((await store.append(batchOf(next, ids.map(withId)))).stored.length).toBe(3);
      const earlier = Array.from({ length: count + 3 }, (_, at) => withId(`e-${at}`));
      expect((await store.append(batchOf(next + 3, earlier))).stored).toEqual([]);
      next += 3 + earlier.length;
    }
  });
});

describe("a page of large events", () => {
  it("is cut short, and the next one goes on", async () => {
    const store = await openStore({ directory: await aFolder(), recentEvents: 0 });
    const long = "x".repeat(1_500_000);
    for (let at = 0; at < 30; at += 1) {
      await store.append(batchOf(at, [anEvent({ id: `e-${at}`, properties: at % 2 === 0 ? { long } : {} })]));
    }
    await store.seal();
    const first = await store.events({ limit: 1000 });
    expect(first.items.length).toBeGreaterThan(5);
    expect(first.items.length).toBeLessThan(30);
    const ids = (await everyEvent(store, 1000)).map(({ id }) => id);
    expect(ids).toEqual(Array.from({ length: 30 }, (_, at) => `e-${29 - at}`));
  });
});

describe("the engine's process", () => {
  it("is replaced when it is killed, and the next query is answered", async () => {
    const store = await openStore({ directory: await aFolder(), recentEvents: 0 });
    await store.append(batchOf(0, [withId("a")]));
    await store.seal();
    const pid = engineOf(store);
    process.kill(pid, "SIGKILL");
    expect((await everyEvent(store)).map(({ id }) => id)).toEqual(["a"]);
    expect(store.enginePid).not.toBe(pid);
  });

  it("answers what it was asked when it was killed", async () => {
    const store = await openStore({ directory: await aFolder(), recentEvents: 0 });
    await store.append(
      batchOf(
        0,
        Array.from({ length: 100 }, (_, at) => withId(`e-${at}`)),
      ),
    );
    await store.events({ limit: 1 });
    const asked = [store.events({ limit: 100 }), store.seal(), store.events({ limit: 1, id: "e-3" })] as const;
    process.kill(engineOf(store), "SIGKILL");
    const [all, , one] = await Promise.all(asked);
    expect([all.items.length, one.items.length, store.position]).toEqual([100, 1, 100]);
  });

  it("is an error for a question that ends it twice, and for nothing after it", async () => {
    const store = await openStore({ directory: await aFolder(), recentEvents: 0 });
    await store.append(batchOf(0, [withId("a")]));
    await store.events({ limit: 1 });
    const asked = store.sql(endlessSql, { maxRows: 1, timeoutMs: 60_000 });
    const refused = expect(asked).rejects.toMatchObject({ code: "engine-unavailable" });
    const first = engineOf(store);
    process.kill(first, "SIGKILL");
    await vi.waitFor(() => expect(engineOf(store)).not.toBe(first), patience);
    process.kill(engineOf(store), "SIGKILL");
    await refused;
    expect((await store.events({ limit: 1 })).items.length).toBe(1);
  });

  it("ends when it has had nothing to do for a while", async () => {
    const timers = new ManualTimers();
    const store = await openStore({ directory: await aFolder(), engineIdleMs: 77, runtime: timers, recentEvents: 0 });
    await store.append(batchOf(0, [withId("a")]));
    await store.events({ limit: 1 });
    const pid = engineOf(store);
    timers.fire(77);
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), patience);
    expect((await store.events({ limit: 1 })).items.length).toBe(1);
  });

  it("does not outlive a process that is killed", async () => {
    const directory = await aFolder();
    const script = join(directory, "holder.mjs");
    const built = fileURLToPath(new URL("../../dist/store/parquet-store.js", import.meta.url));
    await writeFile(
      script,
      `import { openParquetStore } from ${JSON.stringify(built)};
       const store = await openParquetStore({ directory: ${JSON.stringify(join(directory, "store"))} });
       await store.sql("SELECT 1", { maxRows: 1, timeoutMs: 1000 });
       process.send(store.enginePid);`,
    );
    const holder = fork(script, { execArgv: [] });
    const [pid] = (await once(holder, "message")) as [number];
    expect(isRunning(pid)).toBe(true);
    holder.kill("SIGKILL");
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), patience);
  });

  it("lets a process end that has left its store open", async () => {
    const directory = await aFolder();
    const script = join(directory, "leaver.mjs");
    const built = fileURLToPath(new URL("../../dist/store/parquet-store.js", import.meta.url));
    await writeFile(
      script,
      `import { openParquetStore } from ${JSON.stringify(built)};
       const store = await openParquetStore({ directory: ${JSON.stringify(join(directory, "store"))} });
       await store.sql("SELECT 1", { maxRows: 1, timeoutMs: 1000 });`,
    );
    const leaver = fork(script, { execArgv: [] });
    expect((await once(leaver, "exit"))[0]).toBe(0);
  });
});

describe("SQL", () => {
  const bounds = { maxRows: 100, timeoutMs: 20_000 };

  it("sees every row, sealed or not, once", async () => {
    const store = await openStore({ directory: await aFolder() });
    await store.append(
      batchOf(
        0,
        ["a", "b"].map((id) => anEvent({ id, properties: { price: 2 } })),
      ),
    );
    await store.seal();
    const bad = [{ position: 2, bad: aBadEvent({ id: "x" }) }];
    await store.append({ ...batchOf(2, [anEvent({ id: "c", properties: { price: 3 } })]), bad });
    const sum = "SELECT sum(CAST(properties->>'price' AS INTEGER)) AS total, max(time) AS latest FROM events";
    expect(await store.sql(sum, bounds)).toEqual({
      columns: [
        { name: "total", type: "HUGEINT" },
        { name: "latest", type: "TIMESTAMP" },
      ],
      rows: [["7", "2026-11-20 17:00:00"]],
      truncated: false,
    });
    expect((await store.sql("SELECT code FROM bad_events", bounds)).rows).toEqual([["no-identity"]]);
  });

  it("says when there was more", async () => {
    const store = await openStore({ directory: await aFolder() });
    const result = await store.sql("SELECT * FROM range(10000)", { maxRows: 3, timeoutMs: 20_000 });
    expect([result.rows, result.truncated]).toEqual([[["0"], ["1"], ["2"]], true]);
  });

  it("is cut off when it takes too long, and the store goes on", async () => {
    const store = await openStore({ directory: await aFolder(), recentEvents: 0 });
    await store.append(batchOf(0, [withId("a")]));
    await expect(store.sql(endlessSql, { maxRows: 1, timeoutMs: 50 })).rejects.toMatchObject({ code: "sql-timeout" });
    expect((await store.events({ limit: 1 })).items.length).toBe(1);
  });

  it("reads nothing outside the folder, and writes nothing", async () => {
    const directory = await aFolder();
    const store = await openStore({ directory: join(directory, "store") });
    await writeFile(join(directory, "secret.csv"), "secret\n1\n");
    await store.append(batchOf(0, [withId("a")]));
    await store.seal();
    const before = await readdir(join(directory, "store"));
    const refused = [
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM read_csv('../secret.csv')",
      `SELECT * FROM read_csv('${directory}/secret.csv')`,
      `SELECT * FROM '${directory}/secret.csv'`,
      "SELECT * FROM glob('/*')",
      "SELECT * FROM read_csv('https://127.0.0.1/x.csv')",
      "COPY (SELECT 1) TO 'written.csv'",
      "EXPLAIN ANALYZE COPY (SELECT 1) TO 'written.csv'",
      "CREATE TABLE t AS SELECT 1",
      "ATTACH 'written.db'",
      "EXPORT DATABASE 'written'",
      "SET enable_external_access = true",
      "PRAGMA enable_external_access = true",
      "RESET allowed_directories",
      "INSTALL httpfs",
      "LOAD httpfs",
      "DROP VIEW events",
      "SELECT 1; SELECT 2",
      "PREPARE p AS SELECT 1",
      "CALL pragma_version()",
      "",
      "not SQL at all",
    ];
    for (const sql of refused) {
      const codes = ["sql-refused", "engine-failed"];
      const answer = await store.sql(sql, bounds).then(
        (result) => JSON.stringify(result),
        (error: { code: string }) => error.code,
      );
      expect([sql, codes.includes(answer) ? "refused" : answer]).toEqual([sql, "refused"]);
    }
    expect(await readdir(join(directory, "store"))).toEqual(before);
    expect((await store.sql("SELECT id FROM events", bounds)).rows).toEqual([["a"]]);
  });
});

describe("options", () => {
  it.each([
    [{ sealRows: 0 }, /`sealRows` must be a whole number of at least 1, got 0/],
    [{ sealIntervalMs: "1s" as never }, /`sealIntervalMs` .* got "1s"/],
    [{ sealrows: 1 } as never, /`sealrows` is not an option/],
    [{ directory: "" }, /`directory` must be the path of a folder/],
  ])("%j is refused", async (wrong, message) => {
    const opening = openParquetStore({ directory: "unused", ...(wrong as object) });
    await expect(opening).rejects.toMatchObject({ code: "invalid-option", message: expect.stringMatching(message) });
  });

  it("are documented with their defaults", async () => {
    const source = await readFile(fileURLToPath(new URL("store-options.ts", import.meta.url)), "utf8");
    const documented = [...source.matchAll(/@default ([\d_]+)\n\s+\*\/\n\s+readonly (\w+)\?/g)].map(
      ([, value, name]) => [name, Number(value?.replaceAll("_", ""))],
    );
    const { resolveStoreOptions } = await import("./store-options.js");
    const resolved: Readonly<Record<string, unknown>> = { ...resolveStoreOptions({ directory: "unused" }) };
    const actual = Object.entries(resolved).filter(([, value]) => typeof value === "number");
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(actual));
  });
});

const patience = { timeout: 10_000 };
const endlessSql = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range = 7";

function withId(id: string): ReturnType<typeof anEvent> {
  return anEvent({ id });
}

async function flipABit(path: string): Promise<void> {
  const bytes = await readFile(path);
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

function engineOf(store: ParquetStore): number {
  if (store.enginePid === null) throw new Error("no engine is running");
  return store.enginePid;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Timers that fire when they are told to. */
class ManualTimers {
  /** What the clock says. */
  time = 1_800_000_000_000;
  #waiting: { readonly delayMs: number; readonly task: () => void }[] = [];

  after(delayMs: number, task: () => void): () => void {
    const waiting = { delayMs, task };
    this.#waiting.push(waiting);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
    };
  }

  nowMs(): number {
    return this.time;
  }

  fire(delayMs: number): void {
    const due = this.#waiting.filter((waiting) => waiting.delayMs === delayMs);
    this.#waiting = this.#waiting.filter((waiting) => waiting.delayMs !== delayMs);
    for (const { task } of due) task();
  }
}

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "oncewire-store ['] "));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function openStore(options: ParquetStoreOptions): Promise<ParquetStore> {
  const store = await openParquetStore(options);
  onTestFinished(() => store.close());
  return store;
}
