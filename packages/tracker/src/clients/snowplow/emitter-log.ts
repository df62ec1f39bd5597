/** What an emitter tells its owner's logger, by levels. Payloads are never written. */
import type { Outbox } from "../../outbox.js";
import type { Logger } from "../../report.js";

export const logLevels = ["debug", "info", "warn", "error", "none"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Where lines go: `console`, pino and the like fit. What it has no method for goes to the next more severe one. */
export interface LevelLogger extends Logger {
  debug?(line: string): void;
  info?(line: string): void;
}

type Write = (line: string) => void;
export type LevelWriters = Readonly<Record<Exclude<LogLevel, "none">, Write>>;

const nothing: Write = () => undefined;

/** One function per level; those below `level` do nothing, and none throws. */
export function writersFor(logger: LevelLogger | null, level: LogLevel): LevelWriters {
  const from = logLevels.indexOf(level);
  const writer = (at: LogLevel, write: Write): Write => {
    if (logger === null || logLevels.indexOf(at) < from) return nothing;
    return (line) => {
      try {
        write(line);
      } catch {
        // The owner's logger is the owner's affair.
      }
    };
  };
  return {
    debug: writer("debug", (line) => (logger?.debug === undefined ? inform(logger, line) : logger.debug(line))),
    info: writer("info", (line) => inform(logger, line)),
    warn: writer("warn", (line) => logger?.warn(line)),
    error: writer("error", (line) => logger?.error(line)),
  };
}

function inform(logger: LevelLogger | null, line: string): void {
  if (logger?.info === undefined) logger?.warn(line);
  else logger.info(line);
}

/** Losses and pauses have their lines already. */
export function logRequests(outbox: Outbox, { info, warn }: LevelWriters): void {
  outbox.on("delivered", ({ destination, events }) => info(`oncewire: delivered ${events} event(s) to ${destination}`));
  outbox.on("retrying", ({ events, reason, failures, delayMs }) =>
    warn(`oncewire: ${events} event(s) again in ${Math.ceil(delayMs)} ms, failure ${failures}: ${reason}`),
  );
  outbox.on("resumed", ({ destination }) => info(`oncewire: ${destination} takes events again`));
}
