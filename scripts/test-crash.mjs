/**
 * Kills processes that track with a spool, and cuts their power, and looks into a real collector for what they were
 * promised: `npm run test:crash [-- --kills 200 --calls 400 --cuts 60 --seed 1]`. What this machine cannot do is skipped, and
 * said so.
 */
import { parseArgs } from "node:util";
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
