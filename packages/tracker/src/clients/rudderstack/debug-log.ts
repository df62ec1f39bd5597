import type { Outbox } from "../../outbox.js";
import type { DebugLogger } from "./client-options.js";

/** Writes a line for every request's outcome; losses have their lines already. A logger that throws harms nobody. */
export function logWork(outbox: Outbox, logger: DebugLogger): (line: string) => void {
  const write = (line: string): void => {
    try {
      if (logger.debug === undefined) logger.warn(`oncewire: ${line}`);
      else logger.debug(`oncewire: ${line}`);
    } catch {
      // The caller's logger is the caller's affair.
    }
  };
  outbox.on("delivered", ({ destination, ids }) => write(`delivered ${ids.length} event(s) to ${destination}`));
  outbox.on("retrying", ({ events, reason, failures, delayMs }) =>
    write(`${events} event(s) again in ${Math.ceil(delayMs)} ms, failure ${failures}: ${reason}`),
  );
  outbox.on("resumed", ({ destination }) => write(`${destination} takes events again`));
  return write;
}
