import { setTimeout as sleep } from "node:timers/promises";
import type { Destination, Stats } from "oncewire";
import { CommandError } from "../command-error.js";
import { createProgressBar } from "../output/progress-bar.js";
import type { Terminal } from "../terminal.js";
import { openTracker, watchTrouble } from "./deliver.js";
import { inspectSpool } from "./spool-folder.js";

export interface DrainOptions {
  readonly directory: string;
  readonly destination: Destination;
  readonly giveUpMs: number;
  readonly terminal: Terminal;
}

const pollMs = 50;

/**
 * Delivers what dead processes left in a spool, for one destination, as the next tracker with this spool would.
 *
 * @throws CommandError `unreachable` when the destination takes nothing for too long; what is left stays in the spool.
 */
export async function drainSpool(options: DrainOptions): Promise<Stats | null> {
  const { directory, destination, terminal } = options;
  const waiting = await countWaiting(options);
  if (waiting === 0) return null;
  const tracker = openTracker({ destination }, { spool: directory });
  const watch = watchTrouble(tracker, terminal);
  const bar = createProgressBar(terminal);
  let settled = 0;
  let quietSinceMs = performance.now();
  while (!isDone(tracker.stats())) {
    await sleep(pollMs);
    const { accepted, pending } = tracker.stats();
    if (accepted - pending > settled) quietSinceMs = performance.now();
    settled = accepted - pending;
    bar.show(settled, waiting);
    if (!watch.isDenied() && performance.now() - quietSinceMs < options.giveUpMs) continue;
    bar.end();
    await tracker.close({ timeoutMs: 1 });
    throw new CommandError(
      "unreachable",
      `the destination takes nothing (${watch.why()}); what is left stays in ${directory}.`,
    );
  }
  bar.end();
  return await tracker.close();
}

/** What dead processes left counts as accepted by the tracker that finds it. */
function isDone({ accepted, pending }: Stats): boolean {
  return accepted > 0 && pending === 0;
}

async function countWaiting({ directory, destination }: DrainOptions): Promise<number> {
  const journals = await inspectSpool(directory);
  const ours = journals.filter((one) => one.destination === destination.name);
  if (ours.length === 0) {
    const names = [...new Set(journals.map((one) => one.destination))].join(", ");
    throw new CommandError(
      "notFound",
      `${directory} has nothing for a destination named ${destination.name}; there are: ${names || "none"}. Say which with --name.`,
    );
  }
  return ours.reduce((sum, { waiting }) => sum + (waiting ?? 0), 0);
}
