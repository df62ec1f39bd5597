import cluster from "node:cluster";
import { startCollector } from "@oncewire/collector";
import type { CollectorOptions, CollectorStats } from "@oncewire/collector";
import type { Command } from "commander";
import { addConfigFlags } from "../config/config-flags.js";
import { loadConfig } from "../config/load-config.js";
import { createNoteLog, createReportLog } from "../report-log.js";
import type { LogFormat, ReportLogOptions } from "../report-log.js";
import type { Terminal } from "../terminal.js";
import { CommandError } from "../command-error.js";
import { servingMessage, supervise } from "./supervise.js";

/** `oncewire serve`: a collector in this process, until a signal ends it. */
export function addServe(program: Command, terminal: Terminal): void {
  const serveCommand = program
    .command("serve")
    .description("start a collector: it receives events, keeps them and shows them live")
    .option("--supervise", "in a process of its own, replaced on SIGHUP without turning anybody away")
    .addHelpText(
      "after",
      `
Every option may also stand in the file, under its name in docs/options.md, or in the environment: ONCEWIRE_PORT,
ONCEWIRE_SECRET_KEY and so on. Flags come first, then the environment, then the file.

Examples:
  $ oncewire serve                                  any key, this machine only
  $ oncewire serve --port 8080 --data /var/lib/oncewire --key wk_live_1=shop
  $ oncewire serve --config /etc/oncewire.json --log-format json
  $ oncewire serve --supervise --config /etc/oncewire.json && kill -HUP <pid>     take a new version or configuration`,
    );
  addConfigFlags(serveCommand).action((flags: Record<string, unknown>) =>
    flags["supervise"] === true ? superviseServe(flags, terminal) : serve(flags, terminal),
  );
}

async function superviseServe(flags: Record<string, unknown>, terminal: Terminal): Promise<void> {
  // What is wrong with it is better said once, here.
  const { port, logFormat } = settingsFrom(flags, terminal);
  if (port === 0)
    throw new CommandError("usage", "--supervise needs a port of its own: each process would take another.");
  const [, script = "", ...args] = process.argv;
  const note = createNoteLog(logOptions(logFormat, terminal));
  await supervise({ script, args: args.filter((arg) => arg !== "--supervise"), terminal, note });
}

function settingsFrom(flags: Record<string, unknown>, { environment }: Terminal): Record<string, unknown> {
  return Object.fromEntries(loadConfig({ flags, environment }).map(({ name, value }) => [name, value]));
}

function logOptions(logFormat: unknown, terminal: Terminal): ReportLogOptions {
  return { format: logFormat as LogFormat, write: terminal.note, nowMs: Date.now };
}

async function serve(flags: Record<string, unknown>, terminal: Terminal): Promise<void> {
  const ended = terminal.ended();
  // To be replaced is for the process above, also where the whole group of processes hears the signal.
  if (cluster.isWorker) process.on("SIGHUP", () => {});
  const { logFormat, ...settings } = settingsFrom(flags, terminal);
  const log = logOptions(logFormat, terminal);
  const options = { ...settings, onReport: createReportLog(log) } as unknown as CollectorOptions;
  const collector = await startCollector(options);
  process.send?.(servingMessage);
  terminal.print(`oncewire collector at ${collector.url}`);
  terminal.print(`  live page   ${collector.url}/`);
  terminal.print(`  events      ${collector.url}/api/events?limit=100`);
  terminal.print(`  data        ${options.dataDirectory}`);
  if (collector.open) {
    terminal.print("  No keys are configured: every key is accepted, from this machine only (project `default`).");
  }
  const signal = await ended;
  createNoteLog(log)({ level: "info", event: "closing", message: `${signal}: finishing what is in progress` });
  terminal.print(ledgerLine(await collector.close()));
}

function ledgerLine({ accepted, stored, duplicates, unstorable, pending, bad }: CollectorStats): string {
  const rare = unstorable > 0 ? ` + unstorable ${unstorable}` : "";
  return `accepted ${accepted} = stored ${stored} + duplicates ${duplicates}${rare} + pending ${pending}; bad ${bad}`;
}
