import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { systemRuntime } from "../runtime.js";
import { Engine } from "./engine.js";
import { runWithFewFiles } from "./few-files.fixture.js";

const built = (file: string): string => JSON.stringify(new URL(`../../dist/${file}`, import.meta.url).href);

it.runIf(process.platform === "linux")("says that it cannot be started, and is started when it can", () => {
  const { lines, errors } = runWithFewFiles(`
    import { Engine } from ${built("store/engine.js")};
    import { systemRuntime } from ${built("runtime.js")};
    const idle = { idleMs: 60_000, runtime: systemRuntime };
    const engine = new Engine(process.cwd(), { memoryBytes: 268_435_456, threads: 1 }, idle);
    const ask = () => engine.rows("SELECT 1 AS one").then(JSON.stringify, ({ code, message }) => code + ": " + message);
    takeAllFiles();
    const answers = await Promise.all([ask(), ask()]);
    giveFilesBack();
    console.log([...answers, await ask()].join("\\n"));
    await engine.close();
  `);
  expect(errors).toBe("");
  const failed = expect.stringMatching(/^engine-unavailable: .*EMFILE/);
  expect(lines).toEqual([failed, failed, expect.stringContaining("1")]);
});

it("works on files with one thread and memory of its own, beside questions that have the others", async () => {
  const folder = await mkdtemp(join(tmpdir(), "engine-"));
  const idle = { idleMs: 60_000, runtime: systemRuntime };
  const engine = new Engine(folder, { memoryBytes: 256 * 1024 * 1024, threads: 3 }, idle);
  onTestFinished(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });
  const settings = `SELECT list(value ORDER BY name) FROM duckdb_settings() WHERE name IN ('memory_limit', 'threads')`;
  expect(await engine.rows(settings)).toEqual([[["128.0 MiB", "3"]]]);
  expect(await engine.work(settings)).toEqual([[["128.0 MiB", "1"]]]);
  const ready: string[] = [];
  const endless = "SELECT count(*) FROM range(1_000_000) a, range(1_000_000) b WHERE hash(a.range, b.range) = 1";
  const asked = Array.from({ length: 6 }, () => engine.rows(endless).catch(() => ready.push("question")));
  await engine.work("SELECT 1").then(() => ready.push("work"));
  await engine.close();
  await Promise.all(asked);
  expect(ready).toEqual(["work", ...asked.map(() => "question")]);
});

it("answers more questions than it takes at once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "engine-"));
  const engine = new Engine(
    folder,
    { memoryBytes: 256 * 1024 * 1024, threads: 2 },
    { idleMs: 60_000, runtime: systemRuntime },
  );
  onTestFinished(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });
  const asked = Array.from({ length: 20 }, (_, at) =>
    engine.rows(at % 5 === 4 ? "SELECT no_such_column" : `SELECT ${at}`).then(
      ([row]) => row?.[0],
      ({ code }: { readonly code: string }) => code,
    ),
  );
  const expected = asked.map((_, at) => (at % 5 === 4 ? "engine-failed" : at));
  expect(await Promise.all(asked)).toEqual(expected);
});
