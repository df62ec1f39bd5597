/** What a collector reports, as lines for people or for programs. Neither holds a key or the content of an event. */
import type { CollectorReport } from "@oncewire/collector";

export type LogFormat = "text" | "json";
type Level = "info" | "warn" | "error";

export interface ReportLogOptions {
  readonly format: LogFormat;
  readonly write: (line: string) => void;
  readonly nowMs: () => number;
}

/** Refusals of the same kind are one line in this time: whoever sends nonsense must not fill the disk with it. */
const refusalsEveryMs = 10_000;

export function createReportLog({ format, write, nowMs }: ReportLogOptions): (report: CollectorReport) => void {
  const refusals = new Map<string, { saidAtMs: number; since: number }>();
  const say = (report: CollectorReport, more: Readonly<Record<string, unknown>> = {}): void => {
    const line = describe(report);
    if (format === "json") write(jsonLine({ report, line, more, nowMs: nowMs() }));
    else if (line.level !== "info") write(oneLine(line.message));
  };
  return (report) => {
    if (report.kind !== "refused") return say(report);
    const kind = `${report.reason} ${report.protocol}`;
    const last = refusals.get(kind) ?? { saidAtMs: -Infinity, since: 0 };
    last.since += 1;
    refusals.set(kind, last);
    if (nowMs() - last.saidAtMs < refusalsEveryMs) return undefined;
    say(report, { count: last.since });
    refusals.set(kind, { saidAtMs: nowMs(), since: 0 });
    return undefined;
  };
}

interface JsonParts {
  readonly report: CollectorReport;
  readonly line: Line;
  readonly more: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
}

function jsonLine({ report, line, more, nowMs }: JsonParts): string {
  const { kind, ...fields } = report;
  const { message: _, ...rest } = { message: "", ...fields };
  return JSON.stringify({
    time: new Date(nowMs).toISOString(),
    level: line.level,
    event: kind,
    message: line.message,
    ...rest,
    ...more,
  });
}

interface Line {
  readonly level: Level;
  readonly message: string;
}

function describe(report: CollectorReport): Line {
  switch (report.kind) {
    case "started":
      return { level: "info", message: `listening at ${report.url}` };
    case "closed":
      return { level: "info", message: "closed" };
    case "refused":
      return { level: "info", message: `refused requests: ${report.reason}` };
    case "recovered":
      return {
        level: "warn",
        message: `recovered the accept log: ${report.tornBytes} bytes of a torn tail cut, ${report.damagedRecords} damaged records, ${report.quarantined} segments put aside`,
      };
    case "suspended":
      return {
        level: "error",
        message: `the accept log cannot be written (${report.fault}): senders are told to come back; make room or mend the disk`,
      };
    case "resumed":
      return { level: "warn", message: "the accept log is written again" };
    case "lost":
      return {
        level: "error",
        message: `${report.records} requests of the accept log cannot be read (${report.reason})`,
      };
    case "store-failed":
      return {
        level: "error",
        message: `the store failed and is tried again; nothing is lost, the accept log holds it: ${report.message}`,
      };
    case "log-cursor-failed":
      return { level: "warn", message: `the accept log keeps more than it must: ${report.message}` };
    case "failed":
      return { level: "error", message: `a request was answered 500 and not kept: ${report.message}` };
  }
}

/** One report is one line, whatever a message quotes. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}
