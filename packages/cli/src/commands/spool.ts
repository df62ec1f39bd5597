import type { Command } from "commander";
import { concludeDelivery, noteLedger } from "../delivering/deliver.js";
import { addDestinationFlags, createDestination } from "../delivering/destination-flags.js";
import type { DestinationFlags } from "../delivering/destination-flags.js";
import { drainSpool } from "../delivering/drain-spool.js";
import { inspectSpool } from "../delivering/spool-folder.js";
import { wholeNumber } from "../input/time-option.js";
import { tableText } from "../output/table.js";
import type { Terminal } from "../terminal.js";

interface DrainFlags extends DestinationFlags {
  readonly name?: string;
  readonly giveUp: number;
}

/** `oncewire spool`: what trackers have kept on disk. */
export function addSpool(program: Command, terminal: Terminal): void {
  const spool = program
    .command("spool")
    .description("look at what trackers keep on disk, and deliver what was left there");
  spool
    .command("inspect")
    .description("list the journals of a spool: whose they are, how large, and how much waits")
    .argument("<directory>", "the tracker's `spool`")
    .option("--json", "as NDJSON; also in a pipe")
    .addHelpText(
      "after",
      `
\`waiting\` is at most what is still to be delivered; ∅ where a living process has the journal.

Examples:
  $ oncewire spool inspect ./var/spool`,
    )
    .action((directory: string, flags: { json?: boolean }) => inspect(directory, flags.json === true, terminal));
  const drain = spool
    .command("drain")
    .description("deliver what processes that are no more have left")
    .argument("<directory>", "the tracker's `spool`")
    .option("--name <name>", "the destination's name in the spool (default: the wire)")
    .option("--give-up <ms>", "how long to wait for a destination that takes nothing", wholeNumber(1), 30_000)
    .addHelpText(
      "after",
      `
Events are kept as they will be sent, so --to must be the wire they were tracked for.

Examples:
  $ oncewire spool drain ./var/spool --to rudderstack --to-url https://hosted.rudderlabs.com --key wk_1`,
    );
  addDestinationFlags(drain).action((directory: string, flags: DrainFlags) => runDrain(directory, flags, terminal));
}

async function inspect(directory: string, asJson: boolean, terminal: Terminal): Promise<void> {
  const journals = await inspectSpool(directory);
  if (asJson || !terminal.isInteractive) {
    for (const journal of journals) terminal.print(JSON.stringify(journal));
    return;
  }
  const rows = journals.map(({ destination, journal, bytes, isInUse, waiting, changedAt }) => [
    destination,
    journal,
    bytes,
    isInUse ? "in use" : "free",
    waiting,
    changedAt,
  ]);
  for (const line of tableText({ columns: ["destination", "journal", "bytes", "state", "waiting", "changed"], rows })) {
    terminal.print(line);
  }
}

async function runDrain(directory: string, flags: DrainFlags, terminal: Terminal): Promise<void> {
  const destination = createDestination(flags, terminal, flags.name ?? flags.to);
  const stats = await drainSpool({ directory, destination, giveUpMs: flags.giveUp, terminal });
  if (stats === null) return terminal.note("nothing is waiting");
  noteLedger(stats, terminal);
  return concludeDelivery(stats, 0);
}
