import { existsSync } from "node:fs";
import { join } from "node:path";
import { rebuildStore } from "@oncewire/collector";
import type { RebuildOptions } from "@oncewire/collector";
import type { Command } from "commander";
import { CommandError } from "../command-error.js";
import { addConfigFlags } from "../config/config-flags.js";
import { loadConfig } from "../config/load-config.js";
import { createProgressBar } from "../output/progress-bar.js";
import { createReportLog } from "../report-log.js";
import type { LogFormat } from "../report-log.js";
import type { Terminal } from "../terminal.js";

/** `oncewire store rebuild`: the store anew from the log. */
export function addStore(program: Command, terminal: Terminal): void {
  const store = program.command("store").description("work on the collector's store");
  const rebuild = store
    .command("rebuild")
    .description("make the store anew from the accept log, while no collector runs on the data folder")
    .option("--accept-loss", "also when the log does not reach back to the beginning: older events will be gone")
    .addHelpText(
      "after",
      `
The store before is put aside until the new one is whole. Give the configuration that \`serve\` has: keys name the projects
of Snowplow events.

Examples:
  $ oncewire store rebuild --data /var/lib/oncewire
  $ oncewire store rebuild --config /etc/oncewire.json`,
    );
  addConfigFlags(rebuild).action(async (flags: Record<string, unknown>) => {
    const { logFormat, ...settings } = Object.fromEntries(
      loadConfig({ flags, environment: terminal.environment }).map(({ name, value }) => [name, value]),
    );
    const log = join(String(settings["dataDirectory"]), "log");
    if (!existsSync(log))
      throw new CommandError(
        "notFound",
        `expected a collector's data folder with its accept log, but there is no ${log}.`,
      );
    const bar = createProgressBar(terminal);
    const onReport = createReportLog({ format: logFormat as LogFormat, write: terminal.note, nowMs: Date.now });
    const options = { ...settings, onReport, acceptLoss: flags["acceptLoss"] === true, onProgress: bar.show };
    try {
      const { events, bad, duplicates, missingRecords } = await rebuildStore(options as unknown as RebuildOptions);
      terminal.print(`events ${events}, bad ${bad}, duplicates ${duplicates}`);
      if (missingRecords > 0) terminal.note(`${missingRecords} requests before the beginning of the log are not in it`);
    } finally {
      bar.end();
    }
  });
}
