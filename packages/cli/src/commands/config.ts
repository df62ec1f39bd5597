import type { Command } from "commander";
import { addConfigFlags } from "../config/config-flags.js";
import { loadConfig } from "../config/load-config.js";
import { shownConfig } from "../config/shown-config.js";
import type { Terminal } from "../terminal.js";

/** `oncewire config print`: what `serve` would be started with, without secrets. */
export function addConfig(program: Command, terminal: Terminal): void {
  const config = program.command("config").description("look at the collector's configuration");
  const print = config
    .command("print")
    .description("print what `serve` would use with the same file, environment and flags, and where each value is from")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Keys are shown as the first digits of their SHA-256.

Examples:
  $ oncewire config print --config oncewire.json
  $ ONCEWIRE_PORT=8080 oncewire config print --json`,
    );
  addConfigFlags(print).action((flags: Record<string, unknown>) => {
    const shown = shownConfig(loadConfig({ flags, environment: terminal.environment }));
    if (flags["json"] === true) return terminal.print(JSON.stringify(shown, null, 2));
    const width = Math.max(...Object.keys(shown).map((name) => name.length));
    for (const [name, { value, source }] of Object.entries(shown)) {
      terminal.print(`${name.padEnd(width)}  ${JSON.stringify(value)}${source === "default" ? "" : `  (${source})`}`);
    }
    return undefined;
  });
}
