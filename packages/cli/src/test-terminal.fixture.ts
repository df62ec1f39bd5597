/** A terminal that remembers what was written and ends when told to. */
import type { Terminal } from "./terminal.js";

export interface TestTerminal extends Terminal {
  readonly output: () => string;
  readonly notes: () => string;
  /** As if somebody pressed Ctrl-C. */
  readonly interrupt: () => void;
}

export interface TestTerminalOptions {
  /** A text comes in pieces that end in the middle of lines and characters, as pipes give it. */
  readonly input?: string | AsyncIterable<string>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly isInteractive?: boolean;
}

export function createTestTerminal({
  input = "",
  environment = {},
  isInteractive = false,
}: TestTerminalOptions = {}): TestTerminal {
  let output = "";
  let notes = "";
  let interrupt: () => void = () => {};
  const ended = new Promise<"SIGINT">((resolve) => (interrupt = () => resolve("SIGINT")));
  return {
    print: (line) => void (output += `${line}\n`),
    note: (line) => void (notes += `${line}\n`),
    write: (bytes) => {
      output += typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes);
      return Promise.resolve();
    },
    progress: () => {},
    input: typeof input === "string" ? chunks(input) : input,
    environment,
    isInteractive,
    hasColour: isInteractive,
    columns: 80,
    ended: () => ended,
    output: () => output,
    notes: () => notes,
    interrupt: () => interrupt(),
  };
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.byteLength; at += 7) yield bytes.subarray(at, at + 7);
}
