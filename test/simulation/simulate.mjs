/**
 * One seeded run: the real code on virtual time, a disk that loses what was not synced, and a network that fails. The
 * seed decides everything; the same seed gives the same trace.
 */
import { runLog } from "./log-run.mjs";
import { runSpool, runTracker } from "./tracker-run.mjs";
import { World } from "./world.mjs";

const kinds = { log: runLog, tracker: runTracker, spool: runSpool };
const defaultSteps = 100;

/**
 * @param subject the code under test: the public functions of tracker and journal, and the journal's files for tests
 * @param options `seed`; `steps`; `kind` of run, left to the seed by default; `keepsTrace` for a trace that can be read
 */
export async function simulate(subject, { seed, steps = defaultSteps, keepsTrace = false, kind: asked }) {
  const world = new World(seed, { keepsTrace });
  // Drawn in any case, so that a seed goes the same way whether or not its kind is named.
  const drawn = world.chance.weighted({ log: 3, tracker: 5, spool: 2 });
  const kind = asked ?? drawn;
  // Errors are made by the thousand, and their stacks cost more than they do: whoever wants one keeps the trace.
  const { stackTraceLimit } = Error;
  if (!keepsTrace) Error.stackTraceLimit = 0;
  const onRejection = (error) => world.violate(`a promise was rejected and nobody heard it: ${stackOf(error)}`);
  // The end of a simulated process is not the end of this one.
  subject.endings.join = () => () => undefined;
  process.on("unhandledRejection", onRejection);
  try {
    await kinds[kind](world, subject, steps);
  } catch (error) {
    world.violate(`the host was met by an exception: ${stackOf(error)}`);
  } finally {
    process.off("unhandledRejection", onRejection);
    Error.stackTraceLimit = stackTraceLimit;
  }
  const { hash, violations, trace, happenings } = world;
  return { seed, kind, hash, violations, trace, happenings };
}

function stackOf(error) {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
