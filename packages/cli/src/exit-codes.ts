/** What the process ends with; docs/cli.md lists them. */
export const exitCodes = {
  /** Everything asked for was done. */
  done: 0,
  /** Something failed while it ran; the message says what. */
  failed: 1,
  /** The command line is wrong: an unknown option, a value that does not fit. */
  usage: 2,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
