/** Where a command reads and writes, and who tells it to end. Tests pass their own. */
export interface Terminal {
  /** What was asked for: standard output. */
  readonly print: (line: string) => void;
  /** Everything else: standard error. */
  readonly note: (line: string) => void;
  /** Bytes as they are, to standard output; resolves when more may follow, rejects with EPIPE when nobody reads them. */
  readonly write: (bytes: Uint8Array | string) => Promise<void>;
  /** A line that renews itself, on a terminal only; an empty one ends it. */
  readonly progress: (line: string) => void;
  readonly input: AsyncIterable<Uint8Array | string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether standard output is a person's terminal. */
  readonly isInteractive: boolean;
  /** Whether it may be coloured. */
  readonly hasColour: boolean;
  readonly columns: number;
  /** Resolves with what ends a long-running command: a signal, or the end of the npm that started it. */
  readonly ended: () => Promise<"SIGINT" | "SIGTERM" | "npm ended">;
}

const { stdout, stderr, stdin, env } = process;

// Whoever reads us may stop at any time, as `head` does: `write` says so, and what only prints goes on without.
stdout.on("error", () => {});
stderr.on("error", () => {});

export const processTerminal: Terminal = {
  print: (line) => void stdout.write(`${line}\n`),
  note: (line) => void stderr.write(`${line}\n`),
  write: (bytes) =>
    new Promise((resolve, reject) => {
      stdout.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)));
    }),
  progress: (line) => {
    if (stderr.isTTY) stderr.write(line === "" ? "\r\u001b[K" : `\r\u001b[K${line.slice(0, columnsOf(stderr) - 1)}`);
  },
  input: stdin,
  environment: env,
  isInteractive: stdout.isTTY,
  // https://no-color.org: any value that is not empty.
  hasColour: stdout.isTTY && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
  columns: columnsOf(stdout),
  ended: () =>
    new Promise((resolve) => {
      // Not once: Ctrl-C comes from the terminal and again through npm, and the second must not cut the ending short.
      process.on("SIGINT", () => resolve("SIGINT"));
      process.on("SIGTERM", () => resolve("SIGTERM"));
      if (env["npm_command"] !== undefined) onOrphaned(() => resolve("npm ended"));
    }),
};

/** A terminal that has not been told its size says 0. */
function columnsOf({ columns }: { readonly columns?: number }): number {
  return columns === undefined || columns === 0 ? 80 : columns;
}

const lookForParentMs = 500;

/** npm and npx run a command through a shell that does not pass SIGTERM on: it ends, and the command is left behind. */
function onOrphaned(tell: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    tell();
  }, lookForParentMs);
  timer.unref();
}
