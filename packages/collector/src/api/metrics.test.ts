import { describe, expect, it } from "vitest";
import { createLatencies } from "../ingest/latencies.js";
import { createLedger } from "../ingest/ledger.js";
import { metricsText } from "./metrics.js";

function text(): string {
  const ledger = createLedger();
  ledger.accepted({ events: 5, bad: 1, bytes: 500 });
  ledger.settled({ stored: 2, duplicates: 1, unstorable: 1 });
  ledger.refused("too-large");
  ledger.unkept("do-not-track");
  ledger.cut("slow-body");
  const latencies = createLatencies();
  for (const ms of [0.4, 3, 3, 60_000]) latencies.observe(ms);
  return metricsText({
    stats: ledger.stats(),
    latencies: latencies.snapshot(),
    log: { bytes: 1_000, segments: 1, accepting: true },
    cursors: [{ name: "store", behind: 7 }],
    sinks: [{ name: "file", delivered: 4, refused: 1 }],
    live: { clients: 0, leftOut: 12 },
    enrichment: [
      { step: "geo", failures: 2 },
      { step: "device", failures: 0 },
    ],
    storeFilesPutAside: 6,
    forgotten: 3,
    workers: { ready: 2, ended: 1, silences: 4 },
    residentBytes: 1,
    startedAtMs: 1_500,
  });
}

describe("the metrics", () => {
  it("count what came in and what became of it", () => {
    expect(text().split("\n")).toEqual(
      expect.arrayContaining([
        "oncewire_requests_total 1",
        "oncewire_received_bytes_total 500",
        "oncewire_events_accepted_total 5",
        "oncewire_bad_events_total 1",
        "oncewire_events_stored_total 2",
        "oncewire_events_duplicate_total 1",
        "oncewire_events_unstorable_total 1",
        "oncewire_events_pending 1",
        'oncewire_requests_refused_total{reason="too-large"} 1',
        'oncewire_requests_refused_total{reason="unknown-key"} 0',
        'oncewire_requests_unkept_total{reason="do-not-track"} 1',
        'oncewire_requests_unkept_total{reason="empty"} 0',
        'oncewire_connections_cut_total{reason="slow-body"} 1',
        'oncewire_connections_cut_total{reason="too-many-of-address"} 0',
        'oncewire_log_lag_records{cursor="store"} 7',
        'oncewire_sink_events_total{sink="file",outcome="refused"} 1',
        'oncewire_enrichment_failures_total{step="geo"} 2',
        'oncewire_enrichment_failures_total{step="device"} 0',
        "oncewire_live_left_out_total 12",
        "oncewire_store_files_put_aside_total 6",
        "oncewire_people_forgotten_total 3",
        "oncewire_workers 2",
        "oncewire_worker_ends_total 1",
        "oncewire_worker_silences_total 4",
        "process_start_time_seconds 1.5",
      ]),
    );
  });

  it("add up latencies from class to class", () => {
    expect(text().split("\n")).toEqual(
      expect.arrayContaining([
        'oncewire_answer_seconds_bucket{le="0.0005"} 1',
        'oncewire_answer_seconds_bucket{le="0.0025"} 1',
        'oncewire_answer_seconds_bucket{le="0.005"} 3',
        'oncewire_answer_seconds_bucket{le="10"} 3',
        'oncewire_answer_seconds_bucket{le="+Inf"} 4',
        "oncewire_answer_seconds_count 4",
      ]),
    );
  });

  it("are lines that Prometheus reads, each name announced once and before its samples", () => {
    const announced = new Set<string>();
    for (const line of text().trimEnd().split("\n")) {
      const type = /^# TYPE (\w+) (?:counter|gauge|histogram)$/.exec(line)?.[1];
      if (type !== undefined) {
        expect(announced.has(type)).toBe(false);
        announced.add(type);
      } else if (!line.startsWith("# HELP ")) {
        const sample =
          /^(\w+?)(?:_bucket|_sum|_count)?(?:\{\w+="[^"\\]*"(?:,\w+="[^"\\]*")*\})? -?[\d.]+(?:e[+-]?\d+)?$/.exec(line);
        expect(announced, line).toContain(sample?.[1]);
      }
    }
  });
});
