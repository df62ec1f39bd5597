import { startCollector } from "@oncewire/collector";
import type { CollectorOptions, CollectorReport, CollectorStats } from "@oncewire/collector";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { Terminal } from "../terminal.js";

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly key: Readonly<Record<string, string>>;
  readonly secretKey?: string;
}

/** `oncewire serve`: a collector in this process, until a signal ends it. */
export function addServe(program: Command, terminal: Terminal): void {
  program
    .command("serve")
    .description("start a collector: it receives events, keeps them and shows them live")
    .option("-p, --port <number>", "TCP port; 0 takes a free one", parsePort, 4600)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("-d, --data <directory>", "folder for the accept log and the store", "./var/collector")
    .option("-k, --key <key=project>", "an ingest key and its project; may be repeated", collectKey, {})
    .option("--secret-key <key>", "key that reads events from other machines; better given as ONCEWIRE_SECRET_KEY")
    .addHelpText(
      "after",
      `
Examples:
  $ oncewire serve                                  any key, this machine only
  $ oncewire serve --port 8080 --data /var/lib/oncewire --key wk_live_1=shop`,
    )
    .action((flags: ServeFlags) => serve(flags, terminal));
}

async function serve(flags: ServeFlags, terminal: Terminal): Promise<void> {
  const ended = terminal.ended();
  const collector = await startCollector(optionsFrom(flags, terminal));
  terminal.print(`oncewire collector at ${collector.url}`);
  terminal.print(`  live page   ${collector.url}/`);
  terminal.print(`  events      ${collector.url}/api/events?limit=100`);
  terminal.print(`  data        ${flags.data}`);
  if (collector.open) {
    terminal.print("  No keys are configured: every key is accepted, from this machine only (project `default`).");
  }
  const signal = await ended;
  terminal.note(`${signal}: finishing what is in progress`);
  terminal.print(ledgerLine(await collector.close()));
}

function optionsFrom(flags: ServeFlags, terminal: Terminal): CollectorOptions {
  return {
    dataDirectory: flags.data,
    host: flags.host,
    port: flags.port,
    keys: flags.key,
    secretKey: flags.secretKey ?? process.env["ONCEWIRE_SECRET_KEY"] ?? null,
    onReport: (report) => {
      const line = reportLine(report);
      if (line !== null) terminal.note(line);
    },
  };
}

function ledgerLine({ accepted, stored, duplicates, pending, bad }: CollectorStats): string {
  return `accepted ${accepted} = stored ${stored} + duplicates ${duplicates} + pending ${pending}; bad ${bad}`;
}

/** One line for what an operator must know; routine reports stay silent. */
function reportLine(report: CollectorReport): string | null {
  switch (report.kind) {
    case "started":
    case "refused":
    case "closed":
      return null;
    case "recovered":
      return `recovered the accept log: ${report.tornBytes} bytes of a torn tail cut, ${report.damagedRecords} damaged records, ${report.quarantined} segments put aside`;
    case "suspended":
      return `the accept log cannot be written (${report.fault}): senders are told to come back; make room or mend the disk`;
    case "resumed":
      return "the accept log is written again";
    case "lost":
      return `${report.records} requests of the accept log cannot be read (${report.reason})`;
    case "store-failed":
      return `the store failed and is tried again; nothing is lost, the accept log holds it: ${report.message}`;
    case "log-cursor-failed":
      return `the accept log keeps more than it must: ${report.message}`;
    case "failed":
      return `a request was answered 500 and not kept: ${report.message}`;
  }
}

function parsePort(value: string): number {
  const port = Number(value);
  if (/^\d{1,5}$/.test(value) && port <= 65_535) return port;
  throw new InvalidArgumentError("Expected an integer from 0 to 65535.");
}

function collectKey(value: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const mark = value.lastIndexOf("=");
  if (mark < 1 || mark === value.length - 1) throw new InvalidArgumentError("Expected KEY=PROJECT, such as wk_1=shop.");
  return { ...before, [value.slice(0, mark)]: value.slice(mark + 1) };
}
