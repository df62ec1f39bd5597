import type { CollectorReport } from "@oncewire/collector";
import { describe, expect, it } from "vitest";
import { createReportLog } from "./report-log.js";
import type { LogFormat } from "./report-log.js";

function logged(format: LogFormat, reports: readonly (readonly [atMs: number, report: CollectorReport])[]): string[] {
  const lines: string[] = [];
  let nowMs = 0;
  const log = createReportLog({ format, write: (line) => lines.push(line), nowMs: () => nowMs });
  for (const [atMs, report] of reports) {
    nowMs = atMs;
    log(report);
  }
  return lines;
}

describe("the log of reports", () => {
  it("is one JSON object per line with time, level, event and the report's fields", () => {
    const [line = ""] = logged("json", [[0, { kind: "lost", records: 3, reason: "damaged" }]]);
    expect(JSON.parse(line)).toEqual({
      time: "1970-01-01T00:00:00.000Z",
      level: "error",
      event: "lost",
      message: "3 requests of the accept log cannot be read (damaged)",
      records: 3,
      reason: "damaged",
    });
  });

  it("tells people only what they must know", () => {
    const lines = logged("text", [
      [0, { kind: "started", url: "http://127.0.0.1:1", open: true }],
      [0, { kind: "resumed" }],
      [0, { kind: "refused", reason: "unknown-key", protocol: "rudderstack" }],
    ]);
    expect(lines).toEqual(["the accept log is written again"]);
  });

  it("counts refusals of one kind instead of repeating them", () => {
    const refused: CollectorReport = { kind: "refused", reason: "unknown-key", protocol: "rudderstack" };
    const lines = logged("json", [
      ...Array.from({ length: 1_000 }, () => [0, refused] as const),
      [5_000, { ...refused, reason: "too-large" }],
      [10_000, refused],
    ]);
    expect(lines.map((line) => JSON.parse(line) as Record<string, unknown>)).toMatchObject([
      { reason: "unknown-key", count: 1 },
      { reason: "too-large", count: 1 },
      { reason: "unknown-key", count: 1_000 },
    ]);
  });

  it("sums what a sink refuses instead of repeating it for every batch", () => {
    const refused = (events: number): CollectorReport => ({ kind: "sink-refused", sink: "hosted", events });
    const lines = logged("json", [
      [0, refused(3)],
      [1, refused(100)],
      [2, { ...refused(1), sink: "other" } as CollectorReport],
      [10_000, refused(200)],
    ]);
    expect(lines.map((line) => JSON.parse(line) as Record<string, unknown>)).toMatchObject([
      { sink: "hosted", events: 3 },
      { sink: "other", events: 1 },
      { sink: "hosted", events: 300 },
    ]);
  });

  it("keeps a report one line, whatever a message quotes", () => {
    const forged: CollectorReport = { kind: "failed", message: "a\n\u001b[2Jlistening\r\nb" };
    expect(logged("text", [[0, forged]])).toEqual(["a request was answered 500 and not kept: a [2Jlistening b"]);
    expect(logged("json", [[0, forged]]).join("")).not.toContain("\n");
  });
});
