/** What the process ends with; docs/cli.md lists them. */
export const exitCodes = {
  /** Everything asked for was done. */
  done: 0,
  /** Something failed while it ran; the message says what. */
  failed: 1,
  /** The command line, the environment or the configuration file is wrong. */
  usage: 2,
  /** The collector, or the place events were to go to, cannot be reached. */
  unreachable: 3,
  /** What was asked for is not there. */
  notFound: 4,
  /** It was done, but not for all: some events were refused or lost. */
  partial: 5,
  /** A signal ended it early; what had been begun was brought to its end, and the rest left alone. */
  interrupted: 130,
} as const;
export type ExitName = keyof typeof exitCodes;
export type ExitCode = (typeof exitCodes)[ExitName];
