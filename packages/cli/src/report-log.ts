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

const levels: Readonly<Record<CollectorReport["kind"], Level>> = {
  started: "info",
  closed: "info",
  refused: "info",
  recovered: "warn",
  suspended: "error",
  resumed: "warn",
  lost: "error",
  "store-failed": "error",
  "log-cursor-failed": "warn",
  "sink-failed": "warn",
  "sink-refused": "warn",
  failed: "error",
};

function describe(report: CollectorReport): Line {
  return { level: levels[report.kind], message: messageOf(report) };
}

function messageOf(report: CollectorReport): string {
  switch (report.kind) {
    case "started":
      return `listening at ${report.url}`;
    case "closed":
      return "closed";
    case "refused":
      return `refused requests: ${report.reason}`;
    case "recovered":
      return `recovered the accept log: ${report.tornBytes} bytes of a torn tail cut, ${report.damagedRecords} damaged records, ${report.quarantined} segments put aside`;
    case "suspended":
      return `the accept log cannot be written (${report.fault}): senders are told to come back; make room or mend the disk`;
    case "resumed":
      return "the accept log is written again";
    case "lost":
      return `${report.records} requests of the accept log cannot be read (${report.reason})`;
    case "store-failed":
      return `the store failed and is tried again; nothing is lost, the accept log holds it: ${report.message}`;
    case "log-cursor-failed":
      return `the accept log keeps more than it must: ${report.message}`;
    case "sink-failed":
      return `the sink ${report.sink} cannot go on and tries again; the log keeps what it needs: ${report.message}`;
    case "sink-refused":
      return `the sink ${report.sink}: ${report.events} events are refused at its other end for ever; they are kept in the folder \`refused\``;
    case "failed":
      return `a request was answered 500 and not kept: ${report.message}`;
  }
}

/** One report is one line, whatever a message quotes. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}
