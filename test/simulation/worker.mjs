/** One thread's share of the seeds: every so many, so that all threads have about as much to do. */
import { parentPort, workerData } from "node:worker_threads";
import { simulate } from "./simulate.mjs";
import { loadSubject } from "./subject.mjs";

const { root, seeds, from, steps, kind, jobs, job, stopAfter = Infinity } = workerData;
const subject = await loadSubject(root);
const failures = [];
let happenings = 0;
for (let seed = from + job; seed < from + seeds && failures.length < stopAfter; seed += jobs) {
  const run = await simulate(subject, { seed, steps, kind });
  happenings += run.happenings;
  if (run.violations.length > 0) failures.push({ seed, kind: run.kind, violations: run.violations });
}
parentPort.postMessage({ failures, happenings });
