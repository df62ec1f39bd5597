/** A machine that has no room for another process: a collector of its own, which may open few files and opens them all. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "oncewire-room-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const program = `
  import { closeSync, openSync, readFileSync } from "node:fs";
  import { startCollector } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
  const taken = [];
  const takeAll = () => {
    try {
      for (;;) taken.push(openSync("/dev/null"));
    } catch (error) {
      if (error.code !== "EMFILE") throw error;
    }
  };
  const onReport = (report) => {
    if (report.kind !== "worker-ended") return;
    console.log(report.message);
    if (report.message === "SIGKILL") takeAll();
    else for (const file of taken.splice(0)) closeSync(file);
  };
  const collector = await startCollector({ dataDirectory: process.argv[2], port: 0, workers: 1, onReport });
  const workers = readFileSync("/proc/self/task/" + process.pid + "/children", "utf8").trim().split(" ");
  const worker = workers.find((pid) => readFileSync("/proc/" + pid + "/cmdline", "utf8").includes("worker-process"));
  process.kill(Number(worker), "SIGKILL");
  for (;;) {
    await new Promise(setImmediate);
    const metrics = await fetch(collector.url + "/metrics").then((answer) => answer.text(), String);
    if (metrics.includes("oncewire_workers 1") && metrics.includes("oncewire_worker_ends_total 2")) break;
  }
  console.log("served again");
  await collector.close();
`;

it.runIf(process.platform === "linux")("is tried again and again, and costs the collector nothing else", () => {
  const file = join(directory, "program.mjs");
  writeFileSync(file, program);
  const args = ["-c", `ulimit -n 256; exec "$0" "$1" "$2"`, process.execPath, file, join(directory, "data")];
  const { stdout, stderr } = spawnSync("sh", args, { encoding: "utf8", timeout: 15_000, killSignal: "SIGKILL" });
  expect(stderr).toBe("");
  expect(stdout.split("\n")).toEqual(["SIGKILL", expect.stringContaining("EMFILE"), "served again", ""]);
});
