import type { Command } from "commander";
import { collectorDefaults } from "@oncewire/collector";
import { flagOf, settingNames, settings } from "./settings.js";

/** Adds every setting of a collector as a flag. Values stay text here: the configuration reads and checks them. */
export function addConfigFlags(command: Command): Command {
  command.option("-c, --config <file>", "configuration file (JSON); also ONCEWIRE_CONFIG");
  for (const name of settingNames) {
    const { kind, value, help } = settings[name];
    const byDefault = (collectorDefaults as Readonly<Record<string, unknown>>)[name];
    const known = typeof byDefault === "number" || typeof byDefault === "string" ? ` (default: ${byDefault})` : "";
    const flag = `${flagOf(name)} <${value}>`;
    if (kind === "list" || kind === "keys" || kind === "objects") command.option(flag, `${help}${known}`, collect);
    else command.option(flag, `${help}${known}`);
  }
  return command;
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
