/**
 * Runs seeded simulations of tracker and journal: `npm run simulate -- --seeds 20000`.
 *
 *     --seeds <n>      how many seeds (2,000)
 *     --from <seed>    the first one (1)
 *     --steps <n>      steps of each run (100)
 *     --kind <kind>    only runs of this kind; by default the seed decides
 *     --trace          print what happened; for one seed
 *     --root <folder>  where `packages/…/dist` of the code under test is (this repository)
 *     --jobs <n>       threads (one per core)
 *     --first          stop at the first seed that fails
 *
 * A seed that fails is printed with the command that runs it alone. Ends with 1 if there is one.
 */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { simulate } from "../test/simulation/simulate.mjs";
import { loadSubject } from "../test/simulation/subject.mjs";

const maxShown = 5;
const maxRunMs = 30_000;
const options = readOptions();

if (options.trace) await showOne();
else await runMany();

function readOptions() {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "2000" },
      from: { type: "string", default: "1" },
      steps: { type: "string", default: "100" },
      kind: { type: "string" },
      trace: { type: "boolean", default: false },
      first: { type: "boolean", default: false },
      root: { type: "string", default: fileURLToPath(new URL("..", import.meta.url)) },
      jobs: { type: "string", default: String(availableParallelism()) },
    },
  });
  const [seeds, from, steps, jobs] = [values.seeds, values.from, values.steps, values.jobs].map(Number);
  for (const [name, value] of Object.entries({ seeds, from, steps, jobs })) {
    if (!Number.isSafeInteger(value) || value < 1) fail(`--${name} must be a whole number from 1 on`);
  }
  return { ...values, seeds, from, steps, jobs };
}

async function showOne() {
  const subject = await loadSubject(options.root);
  const run = await simulate(subject, {
    seed: options.from,
    steps: options.steps,
    kind: options.kind,
    keepsTrace: true,
  });
  console.log(run.trace.join("\n"));
  console.log(`seed ${run.seed} (${run.kind}): ${run.hash}, ${run.violations.length} violations`);
  if (run.violations.length > 0) process.exitCode = 1;
}

async function runMany() {
  const startedAt = performance.now();
  const failures = [];
  const workers = [];
  let [seeds, happenings] = [0, 0];
  const note = (run) => {
    seeds += 1;
    happenings += run.happenings;
    if (run.violations.length > 0) failures.push(run);
    if (options.first && failures.length > 0) for (const worker of workers) void worker.terminate();
  };
  await Promise.all(Array.from({ length: options.jobs }, (_, job) => runJob({ job, workers, note })));
  failures.sort((left, right) => left.seed - right.seed);
  for (const failure of failures.slice(0, maxShown)) show(failure);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const each = Math.round(happenings / Math.max(1, seeds));
  console.log(
    `${seeds} seeds of ${options.steps} steps in ${seconds} s (${each} happenings each): ${failures.length} fail`,
  );
  if (failures.length > 0) process.exitCode = 1;
}

/** One thread; `note` is told of each of its runs. A run that does not come to an end has failed, and the thread with it. */
function runJob({ job, workers, note }) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("../test/simulation/worker.mjs", import.meta.url), {
      workerData: { ...options, job },
      // What a run makes lives as long as the run: few collections of much cost less than many of little.
      resourceLimits: { maxYoungGenerationSizeMb: 192 },
    });
    workers.push(worker);
    let seed = options.from + job;
    const giveUp = () => {
      note({
        seed,
        kind: options.kind ?? "any",
        happenings: 0,
        violations: [`the run does not end in ${maxRunMs} ms`],
      });
      void worker.terminate();
    };
    let watch = setTimeout(giveUp, maxRunMs);
    worker.on("message", (run) => {
      clearTimeout(watch);
      seed = run.seed + options.jobs;
      watch = setTimeout(giveUp, maxRunMs);
      note(run);
    });
    worker.on("error", reject);
    worker.on("exit", () => {
      clearTimeout(watch);
      resolve();
    });
  });
}

function show({ seed, kind, violations }) {
  console.log(`seed ${seed} (${kind}) fails: ${violations[0]}`);
  const steps = options.steps === 100 ? "" : ` --steps ${options.steps}`;
  const ofKind = kind === "any" ? "" : ` --kind ${kind}`;
  console.log(`  again: npm run simulate -- --from ${seed}${steps}${ofKind} --trace`);
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
