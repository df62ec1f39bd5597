/**
 * A collector's configuration, from three places that say the same things: flags come before the environment, the
 * environment before the file, the file before the defaults. A name that is none is refused wherever it stands.
 */
import { readFileSync } from "node:fs";
import { checkOption, collectorDefaults, isCollectorError } from "@oncewire/collector";
import { CommandError } from "../command-error.js";
import { flagKeyOf, flagOf, settingNames, settings, variableOf } from "./settings.js";
import type { SettingName } from "./settings.js";

export type Source = "flag" | "environment" | "file" | "default";

export interface ConfigEntry {
  readonly name: SettingName;
  readonly value: unknown;
  readonly source: Source;
}

export interface ConfigPlaces {
  /** As commander gives them: texts, and lists of texts for what may be repeated. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Variables that the other commands read. */
const otherVariables: ReadonlySet<string> = new Set(["ONCEWIRE_CONFIG", "ONCEWIRE_URL", "ONCEWIRE_KEY"]);

const defaultValues: Readonly<Record<string, unknown>> = {
  ...collectorDefaults,
  dataDirectory: "./var/collector",
  logFormat: "text",
};

/**
 * Every setting with its value and where it came from, in the order of the table.
 *
 * @throws CommandError `usage` that names the place and what is wrong there.
 */
export function loadConfig({ flags, environment }: ConfigPlaces): readonly ConfigEntry[] {
  const path = pathFrom(flags["config"] ?? environment["ONCEWIRE_CONFIG"]);
  const file = path === "" ? {} : readConfigFile(path);
  refuseUnknownVariables(environment);
  return settingNames.map((name) => {
    const flag = flags[flagKeyOf(name)];
    if (flag !== undefined) {
      return { name, value: checked(name, fromText(name, flag), flagOf(name)), source: "flag" };
    }
    const variable = environment[variableOf(name)];
    if (variable !== undefined) {
      return { name, value: checked(name, fromText(name, variable), variableOf(name)), source: "environment" };
    }
    if (Object.hasOwn(file, name)) return { name, value: checked(name, file[name], path), source: "file" };
    return { name, value: defaultValues[name], source: "default" };
  });
}

/** Empty where there is none: an empty variable is how a shell says that. */
function pathFrom(given: unknown): string {
  return typeof given === "string" ? given : "";
}

function readConfigFile(path: string): Readonly<Record<string, unknown>> {
  const file = parseFile(path);
  const unknown = Object.keys(file).find((name) => !(settingNames as readonly string[]).includes(name));
  if (unknown === undefined) return file;
  throw new CommandError(
    "usage",
    `${path}: \`${unknown}\` is not a setting; expected one of: ${settingNames.join(", ")}.`,
  );
}

function parseFile(path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    // Some editors begin a file with a byte order mark.
    value = JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    // What is wrong with JSON is told with an excerpt of it, which may be a key.
    const why = error instanceof SyntaxError ? `it is not JSON${placeIn(error.message)}` : String(error);
    throw new CommandError("usage", `the configuration file ${path} cannot be read: ${why}.`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CommandError("usage", `the configuration file ${path} must hold an object, such as {"port": 4600}.`);
}

/** Where the mistake is, when that is said, and nothing of what stands there. */
function placeIn(message: string): string {
  const [, position] = /at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(message) ?? [];
  return position === undefined ? "" : ` from character ${Number(position) + 1} on`;
}

function refuseUnknownVariables(environment: ConfigPlaces["environment"]): void {
  const known = new Set([...settingNames.map(variableOf), ...otherVariables]);
  const unknown = Object.keys(environment).find((name) => name.startsWith("ONCEWIRE_") && !known.has(name));
  if (unknown === undefined) return;
  throw new CommandError("usage", `${unknown} is not a setting; expected one of: ${[...known].join(", ")}.`);
}

/** A text, as flags and variables are, as the value it stands for; a form that is wrong is left to the check. */
function fromText(name: SettingName, given: unknown): unknown {
  const list = typeof given === "string" ? given.split(",").map((part) => part.trim()) : (given as readonly string[]);
  const text = String(given);
  switch (settings[name].kind) {
    case "text":
      return text;
    case "number":
      if (text === "none") return null;
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case "list":
      // An empty text is an empty list.
      return list.filter((part) => part !== "");
    case "object":
      return jsonOf(text);
    case "objects":
      return jsonOf(typeof given === "string" ? given : `[${(given as readonly string[]).join(",")}]`);
    case "keys":
      return Object.fromEntries(list.map(keyAndProject));
  }
}

/** What is no JSON stays text, which the check refuses. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function keyAndProject(text: string): [key: string, project: string] {
  const mark = text.lastIndexOf("=");
  return mark < 1 ? [text, ""] : [text.slice(0, mark), text.slice(mark + 1)];
}

function checked(name: SettingName, value: unknown, place: string): unknown {
  if (name === "logFormat") {
    if (value === "text" || value === "json") return value;
    throw new CommandError("usage", `${place}: \`logFormat\` must be "text" or "json", got ${JSON.stringify(value)}.`);
  }
  try {
    checkOption(name, value);
    return value;
  } catch (error) {
    if (!isCollectorError(error)) throw error;
    const hint = settings[name].kind === "keys" ? " Expected KEY=PROJECT, such as wk_1=shop." : "";
    throw new CommandError("usage", `${place}: ${error.message}${hint}`, error);
  }
}
