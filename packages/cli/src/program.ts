import { readFileSync } from "node:fs";
import { isCollectorError } from "@oncewire/collector";
import { Command, CommanderError } from "commander";
import { CommandError } from "./command-error.js";
import { addConfig } from "./commands/config.js";
import { addExplain } from "./commands/explain.js";
import { addExport } from "./commands/export.js";
import { addQuery } from "./commands/query.js";
import { addReplay } from "./commands/replay.js";
import { addSend } from "./commands/send.js";
import { addServe } from "./commands/serve.js";
import { addSpool } from "./commands/spool.js";
import { addStore } from "./commands/store.js";
import { addTail } from "./commands/tail.js";
import { exitCodes } from "./exit-codes.js";
import type { ExitCode } from "./exit-codes.js";
import { processTerminal } from "./terminal.js";
import type { Terminal } from "./terminal.js";

/** Runs one command line (without `node` and the script) and gives the exit code; never throws. */
export async function main(args: readonly string[], terminal: Terminal = processTerminal): Promise<ExitCode> {
  const program = new Command("oncewire")
    .description("Track once. Delivered once. On any wire.")
    .version(packageVersion(), "-v, --version")
    .addHelpText("after", overview)
    .showHelpAfterError("(add --help for what there is)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    });
  const commands = [
    addServe,
    addSend,
    addTail,
    addQuery,
    addExport,
    addReplay,
    addExplain,
    addSpool,
    addStore,
    addConfig,
  ];
  for (const add of commands) add(program, terminal);
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCodes.done;
  } catch (error) {
    return explain(error, terminal);
  }
}

const overview = `
Examples:
  $ oncewire serve
  $ oncewire send track "Order Completed" --user ada
  $ oncewire tail

Exit codes: ${exitCodes.done} done, ${exitCodes.failed} failed, ${exitCodes.usage} wrong command line or input, ${exitCodes.unreachable} nobody answers, ${exitCodes.notFound} not there, ${exitCodes.partial} done but not for all,
${exitCodes.interrupted} interrupted.`;

function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}

function explain(error: unknown, terminal: Terminal): ExitCode {
  // Commander has already written its own message; help and version end with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof CommandError) {
    terminal.note(`oncewire: ${error.message}`);
    return exitCodes[error.exit];
  }
  // Whoever read the output has what they wanted.
  if (error instanceof Error && "code" in error && error.code === "EPIPE") return exitCodes.done;
  if (isCollectorError(error)) {
    terminal.note(`oncewire: ${error.message}`);
    return error.code === "invalid-option" || error.code === "unknown-option" ? exitCodes.usage : exitCodes.failed;
  }
  terminal.note(`oncewire: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return exitCodes.failed;
}
