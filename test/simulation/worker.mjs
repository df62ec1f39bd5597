/** One thread's share of the seeds: every so many, so that all threads have about as much to do. */
import { parentPort, workerData } from "node:worker_threads";
import { simulate } from "./simulate.mjs";
import { loadSubject } from "./subject.mjs";

const { root, seeds, from, steps, kind, jobs, job } = workerData;
const subject = await loadSubject(root);
for (let seed = from + job; seed < from + seeds; seed += jobs) {
  const run = await simulate(subject, { seed, steps, kind });
  parentPort.postMessage({ seed, kind: run.kind, violations: run.violations.slice(0, 1), happenings: run.happenings });
}
