import type { Command } from "commander";
import { Option } from "commander";
import { addClientFlags, createCollectorClient } from "../collector-client.js";
import type { ClientFlags } from "../collector-client.js";
import { wholeNumber } from "../input/time-option.js";
import { csvLine, tableText } from "../output/table.js";
import type { Terminal } from "../terminal.js";

const formats = ["table", "json", "csv"] as const;

interface QueryFlags extends ClientFlags {
  readonly format?: (typeof formats)[number];
  readonly limit: number;
  readonly timeout: number;
}

interface SqlAnswer {
  readonly columns: readonly { readonly name: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly truncated: boolean;
}

/** `oncewire query`: SQL over what is stored. */
export function addQuery(program: Command, terminal: Terminal): void {
  const query = program
    .command("query")
    .description("ask the store one SELECT over the tables `events` and `bad_events`")
    .argument("<sql>", "the statement; - reads it from standard input")
    .addOption(new Option("-f, --format <format>", "default: table on a terminal, json in a pipe").choices(formats))
    .option("-n, --limit <rows>", "rows, at most", wholeNumber(1), 1_000)
    .option("--timeout <ms>", "how long it may take", wholeNumber(1), 30_000)
    .addHelpText(
      "after",
      `
The columns are those of the files in the store: see docs/collector.md.

Examples:
  $ oncewire query "SELECT name, count(*) AS n FROM events GROUP BY name ORDER BY n DESC"
  $ oncewire query "SELECT properties->>'total' AS total FROM events WHERE name = 'Order Completed'" -f csv > totals.csv
  $ oncewire query "SELECT code, count(*) FROM bad_events GROUP BY code"`,
    );
  addClientFlags(query).action((sql: string, flags: QueryFlags) => run(sql, flags, terminal));
}

async function run(sql: string, flags: QueryFlags, terminal: Terminal): Promise<void> {
  const client = createCollectorClient(flags, terminal);
  const text = sql === "-" ? await readAll(terminal.input) : sql;
  const answer = await client.get<SqlAnswer>("/api/sql", { query: text, limit: flags.limit, timeoutMs: flags.timeout });
  const columns = answer.columns.map(({ name }) => name);
  const format = flags.format ?? (terminal.isInteractive ? "table" : "json");
  for (const line of linesOf({ columns, rows: answer.rows }, format)) await terminal.write(`${line}\n`);
  if (answer.truncated) terminal.note(`there are more rows than ${flags.limit}; --limit shows more`);
}

function linesOf(
  answer: { columns: readonly string[]; rows: SqlAnswer["rows"] },
  format: (typeof formats)[number],
): readonly string[] {
  const { columns, rows } = answer;
  switch (format) {
    case "table":
      return tableText(answer);
    case "csv":
      return [csvLine(columns), ...rows.map(csvLine)];
    case "json":
      return rows.map((row) => JSON.stringify(Object.fromEntries(columns.map((name, index) => [name, row[index]]))));
  }
}

async function readAll(input: Terminal["input"]): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of input) text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  return text;
}
