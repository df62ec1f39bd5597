import type { CollectorReport } from "./report.js";

/** A listener that throws must not stop the collector. */
export function guardedReport(onReport: ((report: CollectorReport) => void) | null): (report: CollectorReport) => void {
  if (onReport === null) return () => {};
  return (report) => {
    try {
      onReport(report);
    } catch {
      // The report is the only place to say so, and it is the one that failed.
    }
  };
}
