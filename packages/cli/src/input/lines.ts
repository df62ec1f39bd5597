import { createReadStream } from "node:fs";
import { CommandError } from "../command-error.js";
import type { Terminal } from "../terminal.js";

/** A line, or where one was that is longer than any event: of that only the number is kept. */
export type InputLine =
  | { readonly kind: "text"; readonly number: number; readonly text: string }
  | { readonly kind: "too-long"; readonly number: number };

/** In UTF-16 units; the largest event that a collector takes is a tenth of it when it is exported. */
const maxLineChars = 64 * 1024 * 1024;

/** The lines of a file, or of standard input for `-`; empty ones are passed over and counted. */
export async function* readLines(path: string, terminal: Pick<Terminal, "input">): AsyncGenerator<InputLine> {
  const source: AsyncIterable<Uint8Array | string> = path === "-" ? terminal.input : createReadStream(path);
  let number = 0;
  try {
    for await (const text of splitLines(source)) {
      number += 1;
      if (text === null) yield { kind: "too-long", number };
      else if (text.trim() !== "") yield { kind: "text", number, text };
    }
  } catch (error) {
    throw new CommandError(
      "usage",
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}

/** Null for a line that is too long: what came of it is let go as it comes. */
async function* splitLines(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<string | null> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let chars = 0;
  const endLine = (): string | null => {
    const line = chars > maxLineChars ? null : parts.join("");
    parts = [];
    chars = 0;
    return line;
  };
  for await (const chunk of source) {
    const pieces = (typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true })).split("\n");
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) yield endLine();
      chars += piece.length;
      if (chars > maxLineChars) parts = [];
      else parts.push(piece);
    }
  }
  yield endLine();
}
