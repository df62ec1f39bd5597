/** Writes a line per loss to the caller's logger: what was lost in one turn for one reason is one loss. */
import type { DroppedReport, Logger, RejectedReport, Reporter } from "./report.js";
import type { Runtime } from "./runtime.js";

interface Loss {
  events: number;
  readonly first: RejectedReport | DroppedReport;
}

/** A logger that throws harms nobody. */
export function logLosses(reporter: Reporter, logger: Logger, runtime: Runtime): void {
  const losses = new Map<string, Loss>();

  const write = (): void => {
    const lines = [...losses.values()].map(lineOf);
    losses.clear();
    for (const line of lines) attempt(() => logger.error(line));
  };
  const note = (report: RejectedReport | DroppedReport): void => {
    // Nobody needs to be told what was asked for.
    if (report.reason === "disabled") return;
    const key = `${report.destination} ${report.kind} ${report.reason}`;
    const loss = losses.get(key);
    if (loss !== undefined) {
      loss.events += report.events;
      return;
    }
    if (losses.size === 0) runtime.afterPoll(write);
    losses.set(key, { events: report.events, first: report });
  };

  reporter.on("rejected", note);
  reporter.on("dropped", note);
  reporter.on("paused", ({ destination, reason, delayMs }) => {
    const line = `oncewire: ${destination} refuses us (${oneLine(reason)}); events are kept, next try in ${delayMs} ms`;
    attempt(() => logger.warn(line));
  });
  reporter.on("spool-failed", ({ destination, fault }) => {
    const line = `oncewire: the spool of ${destination} cannot be written (${oneLine(fault)}); events are kept in memory`;
    attempt(() => logger.warn(line));
  });
}

function lineOf({ events, first }: Loss): string {
  const detail = first.kind === "rejected" ? ` (${oneLine(first.detail)})` : "";
  return `oncewire: ${first.kind} ${events} event(s) for ${first.destination}: ${first.reason}${detail}`;
}

/** Reasons may quote what came over the wire, which must not make lines of its own. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").slice(0, 300);
}

function attempt(write: () => void): void {
  try {
    write();
  } catch {
    // The caller's logger is the caller's affair.
  }
}
