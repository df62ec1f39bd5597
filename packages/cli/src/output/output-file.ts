import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { CommandError } from "../command-error.js";
import type { Terminal } from "../terminal.js";

export interface Output {
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

/** A new file, or standard output. */
export function openOutput(path: string | undefined, terminal: Terminal): Output {
  if (path === undefined) return { write: (text) => terminal.write(text), close: () => Promise.resolve() };
  // A file that is there may be somebody's only copy of it.
  const stream = createWriteStream(path, { flags: "wx", mode: 0o600 });
  const failure = new Promise<never>((_resolve, reject) => {
    stream.once("error", (error) =>
      reject(new CommandError("failed", `${path} cannot be written: ${error.message}`, error)),
    );
  });
  // Whoever waits hears of it; if nobody does just then, the next who writes will.
  failure.catch(() => undefined);
  return {
    write: async (text) => {
      if (!stream.write(text)) await Promise.race([once(stream, "drain"), failure]);
    },
    close: async () => {
      stream.end();
      await Promise.race([once(stream, "finish"), failure]);
    },
  };
}
