import { chmodSync, renameSync, rmSync } from "node:fs";
import { writeParquet } from "@oncewire/collector";
import type { Command } from "commander";
import { Option } from "commander";
import { addClientFlags, createCollectorClient } from "../collector-client.js";
import type { ClientFlags, CollectorClient, Query } from "../collector-client.js";
import { CommandError } from "../command-error.js";
import { parseTime } from "../input/time-option.js";
import { untilEnded } from "../input/until-ended.js";
import { openOutput, partOf, refuseExisting } from "../output/output-file.js";
import { createProgressBar } from "../output/progress-bar.js";
import { csvLine } from "../output/table.js";
import type { Terminal } from "../terminal.js";

const formats = ["ndjson", "csv", "parquet"] as const;

interface ExportFlags extends ClientFlags {
  readonly format: (typeof formats)[number];
  readonly output?: string;
  readonly bad?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly project?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly user?: string;
}

/** `oncewire export`: stored events as a file. */
export function addExport(program: Command, terminal: Terminal): void {
  const command = program
    .command("export")
    .description("write stored events, newest first, to a file or standard output")
    .addOption(new Option("-f, --format <format>", "of the output").choices(formats).default("ndjson"))
    .option("-o, --output <file>", "a new file; without it, standard output")
    .option("--from <time>", "from this time on: 2026-11-20T17:00Z, or 2h, 7d ago", (text) => parseTime(text))
    .option("--to <time>", "up to, and without, this time", (text) => parseTime(text))
    .option("--project <project>", "only of this project")
    .option("--kind <kind>", "only of this kind")
    .option("--name <name>", "only with this name")
    .option("--user <id>", "only of this user id")
    .option("--bad", "what could not be decoded instead of events, by the time it came")
    .addHelpText(
      "after",
      `
Newest first is not the order to replay in where that counts: tac week.ndjson | oncewire replay -

Parquet has the columns of the store's own files, which DuckDB, pandas and ClickHouse read where they are, too
(docs/collector.md).

Examples:
  $ oncewire export --from 7d --output week.ndjson
  $ oncewire export --from 7d --format parquet --output week.parquet
  $ oncewire export --kind track --format csv > track.csv
  $ oncewire export --bad > bad.ndjson       mend them, then: oncewire replay --bad bad.ndjson`,
    );
  addClientFlags(command).action((flags: ExportFlags) => run(flags, terminal));
}

type Item = Readonly<Record<string, unknown>>;

async function run(flags: ExportFlags, terminal: Terminal): Promise<void> {
  const client = createCollectorClient(flags, terminal);
  const what = readWhat(flags);
  const count = flags.format === "parquet" ? exportParquet : exportLines;
  terminal.note(`exported ${await count(client, what, terminal)}`);
}

/** What is exported, and how it is written. */
interface What {
  readonly path: string;
  readonly query: Query;
  readonly isBad: boolean;
  /** Of what the query gives. */
  readonly isWanted: (item: Item) => boolean;
  readonly output: string | undefined;
  readonly lineOf: (item: Item) => string;
  /** The first line, where there is one. */
  readonly head: string;
}

function readWhat(flags: ExportFlags): What {
  refuseMixed(flags);
  const { format, bad: isBad = false, output, from, to, project, kind, name, user } = flags;
  const columns = isBad ? badColumns : eventColumns;
  const csv = (item: Item): string => `${csvLine(columns.map((column) => item[column]))}\n`;
  return {
    path: isBad ? "/api/bad" : "/api/events",
    query: isBad ? { project } : { project, kind, name, userId: user, from, to },
    isBad,
    isWanted: isBad ? receivedBetween(from, to) : () => true,
    output,
    lineOf: format === "csv" ? csv : (item) => `${JSON.stringify(item)}\n`,
    head: format === "csv" ? `${csvLine(columns)}\n` : "",
  };
}

function refuseMixed({ format, bad: isBad = false, output, kind, name, user }: ExportFlags): void {
  if (isBad && [kind, name, user].some((filter) => filter !== undefined)) {
    throw new CommandError(
      "usage",
      "--bad goes with --project, --from and --to: what could not be decoded has no kind, name or user.",
    );
  }
  if (format === "parquet" && (isBad || output === undefined)) {
    throw new CommandError("usage", "--format parquet needs --output, and goes with events alone.");
  }
}

/** A bad event has no other time than that at which it came. */
function receivedBetween(from: string = "", to: string = "9"): (item: Item) => boolean {
  return ({ receivedAt }) => typeof receivedAt === "string" && receivedAt >= from && receivedAt < to;
}

async function exportLines(client: CollectorClient, what: What, terminal: Terminal): Promise<number> {
  const total = what.isBad ? null : await countOf(client, what.query);
  const output = openOutput(what.output, terminal);
  const bar = createProgressBar(terminal);
  const pages = untilEnded(client.pages<Item>(what.path, what.query), terminal);
  let done = 0;
  try {
    if (what.head !== "") await output.write(what.head);
    for await (const items of pages) {
      const wanted = items.filter(what.isWanted);
      await output.write(wanted.map(what.lineOf).join(""));
      done += wanted.length;
      bar.show(done, total);
    }
    if (pages.endedBy !== null) throw interrupted(pages.endedBy, what.output);
    await output.close();
  } catch (error) {
    await output.discard();
    throw error;
  } finally {
    bar.end();
  }
  return done;
}

function interrupted(by: string, output: string | undefined): CommandError {
  return new CommandError(
    "interrupted",
    `${by}: ${output ?? "what was written"} is not whole${output === undefined ? "" : ", and was removed"}.`,
  );
}

/** By way of NDJSON beside it, so that as much can be exported as the disk holds. */
async function exportParquet(client: CollectorClient, what: What, terminal: Terminal): Promise<number> {
  const { output = "" } = what;
  refuseExisting(output);
  const lines = `${output}.ndjson`;
  const done = await exportLines(client, { ...what, output: lines }, terminal);
  const part = partOf(output);
  try {
    await writeParquet(lines, part);
    // As readable as what it is made of.
    chmodSync(part, 0o600);
    renameSync(part, output);
  } finally {
    rmSync(lines, { force: true });
    rmSync(part, { force: true });
  }
  return done;
}

const eventColumns = [
  "position",
  "id",
  "protocol",
  "project",
  "kind",
  "name",
  "userId",
  "anonymousId",
  "previousId",
  "groupId",
  "sessionId",
  "time",
  "occurredAt",
  "sentAt",
  "receivedAt",
  "properties",
  "entities",
  "context",
];
const badColumns = ["position", "id", "protocol", "project", "receivedAt", "code", "message", "wire"];

async function countOf(client: CollectorClient, query: Query): Promise<number> {
  const { items } = await client.get<{ items: readonly { count: number }[] }>("/api/counts", query);
  return items.reduce((sum, { count }) => sum + count, 0);
}
