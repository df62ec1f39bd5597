/**
 * Kills processes that track with a spool, and cuts their power, and looks into a real collector for what they were
 * promised; then kills the collector: `npm run test:crash [-- --kills 200 --calls 400 --cuts 60 --collector-kills 200
 * --worker-kills 100 --seed 1]`. What this machine cannot do is skipped, and said so.
 */
import { parseArgs } from "node:util";
import { killCollector, whyNoWorkerKills } from "../test/crash/collector-kills.mjs";
import { CrashBed } from "../test/crash/crash-bed.mjs";
import { isClean } from "../test/crash/history.mjs";
import { cutPower, whyNoPowerCuts } from "../test/crash/power-cuts.mjs";
import { killAtRandom } from "../test/crash/random-kills.mjs";
import { killAtSystemCalls, whyNoSystemCalls } from "../test/crash/system-call-kills.mjs";
import { Chance } from "../test/simulation/chance.mjs";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    calls: { type: "string", default: "400" },
    cuts: { type: "string", default: "60" },
    "collector-kills": { type: "string", default: "200" },
    "worker-kills": { type: "string", default: "100" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const chance = new Chance(Number(values.seed));
const random = () => chance.next();
console.log(`seed ${values.seed}`);

const tests = [
  {
    name: "SIGKILL at random",
    skip: () => null,
    test: (bed) => killAtRandom(bed, { kills: Number(values.kills), random }),
  },
  {
    name: "SIGKILL at system calls",
    skip: whyNoSystemCalls,
    test: (bed) => killAtSystemCalls(bed, { maxKills: Number(values.calls) }),
  },
  ...["ext4", "xfs"].map((type) => ({
    name: `power cut on ${type}`,
    skip: () => whyNoPowerCuts(type),
    test: (bed) => cutPower(bed, { type, cuts: Number(values.cuts), random }),
  })),
];

for (const { name, skip, test } of tests) {
  const reason = skip();
  if (reason === null) await runOne(name, test);
  else console.log(`skipped  ${name}: ${reason}`);
}

const collectorKills = Number(values["collector-kills"]);
if (collectorKills > 0) await runCollector("SIGKILL of the collector", { kills: collectorKills });
const workerKills = Number(values["worker-kills"]);
const withWorkers = "SIGKILL of the collector or of one of its workers";
if (workerKills > 0 && whyNoWorkerKills() === null) await runCollector(withWorkers, { kills: workerKills, workers: 2 });
else if (workerKills > 0) console.log(`skipped  ${withWorkers}: ${whyNoWorkerKills()}`);

async function runCollector(name, { kills, workers = 0 }) {
  const startedAt = performance.now();
  const result = await killCollector({ kills, random, workers });
  const { acknowledged, undelivered, stored, lost, twice, half, people, strayed, readyMs } = result;
  const isWhole = people > 0 && undelivered + lost + twice + half + strayed.length === 0;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const sorted = readyMs.toSorted((one, other) => one - other);
  const [median = 0, slowest = 0] = [sorted[sorted.length >> 1], sorted.at(-1)];
  console.log(
    `${isWhole ? "passed " : "FAILED "}  ${name}: ${kills} kills in ${seconds} s; ${acknowledged} acknowledged, ` +
      `${stored} stored; lost: ${lost}; ${twice} twice, ${half} half batches, ${undelivered} undelivered; ` +
      `${strayed.length} of ${people} people other than made anew; ` +
      `ready again after ${median.toFixed(0)} ms, at most ${slowest.toFixed(0)} ms` +
      (isWhole ? "" : ` (${[...result.examples, ...strayed.slice(0, 3)].join(", ")})`),
  );
  if (!isWhole) process.exitCode = 1;
}

async function runOne(name, test) {
  const startedAt = performance.now();
  const bed = await CrashBed.open();
  try {
    const what = await test(bed);
    const verdict = await bed.judge();
    const { tracked, durable, old, stored, lostDurable, lostOld, garbled, twice, examples } = verdict;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    console.log(
      `${isClean(verdict) ? "passed " : "FAILED "}  ${name}: ${what} in ${seconds} s; ${tracked} tracked, ${durable} durable, ` +
        `${stored} stored; lost: ${lostDurable} durable, ${lostOld} of ${old} tracked 25 ms before; ${garbled} garbled, ${twice} twice` +
        (examples.length === 0 ? "" : ` (${examples.join(", ")})`),
    );
    if (!isClean(verdict)) process.exitCode = 1;
  } finally {
    await bed.close();
  }
}
