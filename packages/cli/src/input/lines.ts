import { createReadStream } from "node:fs";
import { CommandError } from "../command-error.js";
import type { Terminal } from "../terminal.js";

export interface InputLine {
  readonly number: number;
  readonly text: string;
}

const maxLineChars = 64 * 1024 * 1024;

/** The lines of a file, or of standard input for `-`; empty ones are passed over and counted. */
export async function* readLines(path: string, terminal: Pick<Terminal, "input">): AsyncGenerator<InputLine> {
  const source: AsyncIterable<Uint8Array | string> = path === "-" ? terminal.input : createReadStream(path);
  let number = 0;
  try {
    for await (const text of splitLines(source)) {
      number += 1;
      if (text.trim() !== "") yield { number, text };
    }
  } catch (error) {
    throw new CommandError(
      "usage",
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}

async function* splitLines(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of source) {
    const lines = (rest + (typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }))).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > maxLineChars) throw new Error("a line has no end; expected one JSON object per line");
    yield* lines;
  }
  yield rest;
}
