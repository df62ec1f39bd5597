import { expect, it } from "vitest";
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
