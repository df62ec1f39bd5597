/** A machine that has no room for another process. */
import { expect, it } from "vitest";
import { runWithFewFiles } from "../store/few-files.fixture.js";

const program = `
  import { readFileSync } from "node:fs";
  import { startCollector } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
  const onReport = (report) => {
    if (report.kind !== "worker-ended") return;
    console.log(report.message);
    if (report.message === "SIGKILL") takeAllFiles();
    else giveFilesBack();
  };
  const collector = await startCollector({ dataDirectory: directory, port: 0, workers: 1, onReport });
  const children = readFileSync("/proc/self/task/" + process.pid + "/children", "utf8").trim().split(" ");
  const worker = children.find((pid) => readFileSync("/proc/" + pid + "/cmdline", "utf8").includes("worker-process"));
  process.kill(Number(worker), "SIGKILL");
  for (;;) {
    await new Promise(setImmediate);
    const metrics = await fetch(collector.url + "/metrics").then((answer) => answer.text(), String);
    if (metrics.includes("oncewire_workers 1") && metrics.includes("oncewire_worker_ends_total 2")) break;
  }
  console.log("served again");
  await collector.close();
`;

it.runIf(process.platform === "linux")("is asked again and again, and costs the collector nothing else", () => {
  const { lines, errors } = runWithFewFiles(program);
  expect(errors).toBe("");
  expect(lines).toEqual(["SIGKILL", expect.stringContaining("EMFILE"), "served again"]);
});
