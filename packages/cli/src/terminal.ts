/** Where a command writes and who tells it to end. Tests pass their own. */
export interface Terminal {
  /** What was asked for: standard output. */
  print(line: string): void;
  /** Everything else: standard error. */
  note(line: string): void;
  /** Resolves with the first of the signals that end a long-running command. */
  ended(): Promise<"SIGINT" | "SIGTERM">;
}

export const processTerminal: Terminal = {
  print: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
  ended: () =>
    new Promise((resolve) => {
      process.once("SIGINT", () => resolve("SIGINT"));
      process.once("SIGTERM", () => resolve("SIGTERM"));
    }),
};
