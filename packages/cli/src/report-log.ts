/** What a collector reports, as lines for people or for programs. Neither holds a key or the content of an event. */
import type { CollectorReport } from "@oncewire/collector";

export type LogFormat = "text" | "json";
type Level = "info" | "warn" | "error";

export interface ReportLogOptions {
  readonly format: LogFormat;
  readonly write: (line: string) => void;
  readonly nowMs: () => number;
}

/** Refusals of the same kind are one line in this time: whoever sends or takes nonsense must not fill the disk with it. */
const refusalsEveryMs = 10_000;

export function createReportLog({ format, write, nowMs }: ReportLogOptions): (report: CollectorReport) => void {
  const refusals = new Map<string, { saidAtMs: number; since: number }>();
  /** How many of a kind came since the last line about it, when it is time for one; else null. */
  const countDue = (kind: string, more: number): number | null => {
    const last = refusals.get(kind) ?? { saidAtMs: -Infinity, since: 0 };
    last.since += more;
    refusals.set(kind, last);
    if (nowMs() - last.saidAtMs < refusalsEveryMs) return null;
    refusals.set(kind, { saidAtMs: nowMs(), since: 0 });
    return last.since;
  };
  const say = (report: CollectorReport, more: Readonly<Record<string, unknown>> = {}): void => {
    const line = describe(report);
    if (format === "json") write(jsonLine({ report, line, more, nowMs: nowMs() }));
    else if (line.level !== "info") write(oneLine(line.message));
  };
  return (report) => {
    if (report.kind === "refused") {
      const count = countDue(`${report.reason} ${report.protocol}`, 1);
      if (count !== null) say(report, { count });
    } else if (report.kind === "sink-refused") {
      const events = countDue(`sink ${report.sink}`, report.events);
      if (events !== null) say({ ...report, events });
    } else say(report);
  };
}

/** A fact of the command itself, which no collector reports: a line for people, or an object like the reports. */
export type NoteLog = (note: { readonly level: Level; readonly event: string; readonly message: string }) => void;

export function createNoteLog({ format, write, nowMs }: ReportLogOptions): NoteLog {
  return ({ level, event, message }) => {
    if (format === "text") write(oneLine(message));
    else write(JSON.stringify({ time: new Date(nowMs()).toISOString(), level, event, message }));
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

type Kind = CollectorReport["kind"];
type ReportOf<K extends Kind> = Extract<CollectorReport, { readonly kind: K }>;

const describers: { readonly [K in Kind]: readonly [level: Level, message: (report: ReportOf<K>) => string] } = {
  started: ["info", ({ url }) => `listening at ${url}`],
  closed: ["info", () => "closed"],
  refused: ["info", ({ reason }) => `refused requests: ${reason}`],
  recovered: [
    "warn",
    ({ tornBytes, damagedRecords, quarantined }) =>
      `recovered the accept log: ${tornBytes} bytes of a torn tail cut, ${damagedRecords} damaged records, ${quarantined} segments put aside`,
  ],
  suspended: [
    "error",
    ({ fault }) =>
      `the accept log cannot be written (${fault}): senders are told to come back; make room or mend the disk`,
  ],
  resumed: ["warn", () => "the accept log is written again"],
  lost: ["error", ({ records, reason }) => `${records} requests of the accept log cannot be read (${reason})`],
  "store-failed": [
    "error",
    ({ message }) => `the store failed and is tried again; nothing is lost, the accept log holds it: ${message}`,
  ],
  "store-resumed": ["warn", () => "the store works again, and takes from the accept log what waits there"],
  "store-files-put-aside": [
    "error",
    ({ files }) =>
      `files of the store cannot be read and are put aside as \`<name>.unreadable\`; what they held is read from the accept log again, as far as it reaches back: ${files.join(", ")}`,
  ],
  "enrichment-failed": ["warn", ({ message }) => `events are stored without what was to be found out: ${message}`],
  "log-cursor-failed": ["warn", ({ message }) => `the accept log keeps more than it must: ${message}`],
  "sink-failed": [
    "warn",
    ({ sink, message }) => `the sink ${sink} cannot go on and tries again; the log keeps what it needs: ${message}`,
  ],
  "sink-refused": [
    "warn",
    ({ sink, events }) =>
      `the sink ${sink}: ${events} events are refused at its other end for ever; they are kept in the folder \`refused\``,
  ],
  "worker-ended": [
    "error",
    ({ worker, message, restartMs }) =>
      `worker ${worker} ended without being told to (${message}); nothing that was answered with success is lost; it is started again in ${restartMs} ms`,
  ],
  "worker-silent": [
    "error",
    ({ worker, silentMs }) =>
      `worker ${worker} has not answered for ${silentMs} ms; it gets no new connections until it does, and is replaced if it does not`,
  ],
  "worker-answers": ["warn", ({ worker }) => `worker ${worker} answers again`],
  failed: ["error", ({ message }) => `a request was answered 500 and not kept: ${message}`],
};

function describe(report: CollectorReport): Line {
  // The table is made so that the kind and the report go together; the compiler cannot follow that through a union.
  const [level, message] = describers[report.kind] as readonly [Level, (given: CollectorReport) => string];
  return { level, message: message(report) };
}

/** One report is one line, whatever a message quotes. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}
