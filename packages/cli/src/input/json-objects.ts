import { CommandError } from "../command-error.js";
import type { Terminal } from "../terminal.js";
import { readLines } from "./lines.js";

export interface InputObject {
  readonly line: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** One JSON object per line; the first line that is none ends the reading, with its number and what is wrong. */
export async function* readObjects(path: string, terminal: Pick<Terminal, "input">): AsyncGenerator<InputObject> {
  for await (const { number, text } of readLines(path, terminal)) {
    yield { line: number, value: parseObject(text, `${path === "-" ? "standard input" : path}, line ${number}`) };
  }
}

/** `where` is said in the message of what is thrown. */
export function parseObject(text: string, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CommandError(
      "usage",
      `${where}: expected a JSON object: ${error instanceof Error ? error.message : ""}.`,
    );
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CommandError("usage", `${where}: expected a JSON object, got ${text.slice(0, 40)}.`);
}
