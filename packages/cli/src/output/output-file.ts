import { once } from "node:events";
import { createWriteStream, existsSync, renameSync, rmSync } from "node:fs";
import { CommandError } from "../command-error.js";
import type { Terminal } from "../terminal.js";

export interface Output {
  write(text: string): Promise<void>;
  close(): Promise<void>;
  /** Instead of closing it: nothing is left that could be taken for the whole. */
  discard(): Promise<void>;
}

/** Where a file is written until it is whole. */
export function partOf(path: string): string {
  return `${path}.part`;
}

/** A new file, which has its name when it is closed, or standard output. */
export function openOutput(path: string | undefined, terminal: Terminal): Output {
  if (path === undefined)
    return { write: (text) => terminal.write(text), close: () => Promise.resolve(), discard: () => Promise.resolve() };
  refuseExisting(path);
  const part = partOf(path);
  const stream = createWriteStream(part, { flags: "w", mode: 0o600 });
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
      refuseExisting(path);
      renameSync(part, path);
    },
    discard: async () => {
      stream.destroy();
      // The file may be made only now.
      if (!stream.closed) await new Promise<void>((resolve) => void stream.once("close", resolve));
      rmSync(part, { force: true });
    },
  };
}

/** A file that is there may be somebody's only copy of it. */
export function refuseExisting(path: string): void {
  if (existsSync(path)) throw new CommandError("failed", `${path} cannot be written: it is there already.`);
}
