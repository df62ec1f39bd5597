import { createWriteStream } from "node:fs";
import { once } from "node:events";
import type { Command } from "commander";
import { Option } from "commander";
import { addClientFlags, createCollectorClient } from "../collector-client.js";
import type { ClientFlags, CollectorClient, Query } from "../collector-client.js";
import { CommandError } from "../command-error.js";
import { parseTime } from "../input/time-option.js";
import { createProgressBar } from "../output/progress-bar.js";
import { csvLine } from "../output/table.js";
import type { Terminal } from "../terminal.js";

const formats = ["ndjson", "csv"] as const;

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
    .option("--bad", "what could not be decoded instead of events")
    .addHelpText(
      "after",
      `
The files of the store are Parquet already: DuckDB, pandas and ClickHouse read them where they are (docs/collector.md).

Examples:
  $ oncewire export --from 7d --output week.ndjson
  $ oncewire export --kind track --format csv > track.csv
  $ oncewire export --bad > bad.ndjson       mend them, then: oncewire replay --bad bad.ndjson`,
    );
  addClientFlags(command).action((flags: ExportFlags) => run(flags, terminal));
}

type Item = Readonly<Record<string, unknown>>;

async function run(flags: ExportFlags, terminal: Terminal): Promise<void> {
  const client = createCollectorClient(flags, terminal);
  const { format, bad, from, to, project, kind, name, user } = flags;
  if (bad === true && [from, to, kind, name, user].some((filter) => filter !== undefined)) {
    throw new CommandError(
      "usage",
      "--bad goes with --project alone: what could not be decoded has no time, kind, name or user.",
    );
  }
  const query: Query = bad === true ? { project } : { project, kind, name, userId: user, from, to };
  const total = bad === true ? null : await countOf(client, query);
  const output = openOutput(flags.output, terminal);
  const bar = createProgressBar(terminal);
  let done = 0;
  try {
    if (format === "csv") await output.write(`${csvLine(bad === true ? badColumns : eventColumns)}\n`);
    const columns = bad === true ? badColumns : eventColumns;
    for await (const items of client.pages<Item>(bad === true ? "/api/bad" : "/api/events", query)) {
      await output.write(
        items
          .map(
            (item) => `${format === "csv" ? csvLine(columns.map((column) => item[column])) : JSON.stringify(item)}\n`,
          )
          .join(""),
      );
      done += items.length;
      bar.show(done, total);
    }
    await output.close();
  } finally {
    bar.end();
  }
  terminal.note(`exported ${done}`);
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

interface Output {
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

function openOutput(path: string | undefined, terminal: Terminal): Output {
  if (path === undefined) return { write: (text) => terminal.write(text), close: () => Promise.resolve() };
  // A file that is there may be somebody's only copy of it.
  const stream = createWriteStream(path, { flags: "wx", mode: 0o600 });
  const failure = new Promise<never>((_resolve, reject) => {
    stream.once("error", (error) =>
      reject(new CommandError("failed", `${path} cannot be written: ${error.message}`, error)),
    );
  });
  // Whoever waits hears of it; if nobody does just then, the next who writes will.
  failure.catch(() => undefined);
  return {
    write: async (text) => {
      if (!stream.write(text)) await Promise.race([once(stream, "drain"), failure]);
    },
    close: async () => {
      stream.end();
      await Promise.race([once(stream, "finish"), failure]);
    },
  };
}
