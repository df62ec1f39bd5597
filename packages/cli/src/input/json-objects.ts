import { CommandError } from "../command-error.js";
import type { Terminal } from "../terminal.js";
import { readLines } from "./lines.js";
import type { InputLine } from "./lines.js";
import type { PassedOver } from "./passed-over.js";

export interface ObjectReading<Item> {
  readonly terminal: Pick<Terminal, "input">;
  /** Told of each line that is none: it is passed over, and those after it are read all the same. */
  readonly passedOver: PassedOver;
  /** Lines up to this one are not looked at. @default 0 */
  readonly after?: number;
  /** Makes of an object what is wanted; a CommandError says that it is none, beginning with `where`. */
  readonly parse: (value: Readonly<Record<string, unknown>>, line: number, where: string) => Item;
}

/** One JSON object per line. */
export async function* readObjects<Item>(path: string, reading: ObjectReading<Item>): AsyncGenerator<Item> {
  const { after = 0 } = reading;
  const name = path === "-" ? "standard input" : path;
  for await (const line of readLines(path, reading.terminal)) {
    if (line.number <= after) continue;
    const item = readLine(line, `${name}, line ${line.number}`, reading);
    if (item !== null) yield item.value;
  }
}

function readLine<Item>(
  line: InputLine,
  where: string,
  { parse, passedOver }: ObjectReading<Item>,
): { readonly value: Item } | null {
  try {
    if (line.kind === "too-long") throw new CommandError("usage", `${where}: expected one JSON object, got no end.`);
    return { value: parse(parseObject(line.text, where), line.number, where) };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    passedOver.add(error.message);
    return null;
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
