/**
 * The collector in numbers, in the text format that Prometheus reads (version 0.0.4). Labels have values from closed
 * lists only: nothing that a client sends can add a series.
 */
import type { CollectorStats, LatencySnapshot } from "../report.js";

export interface MetricFacts {
  readonly stats: CollectorStats;
  readonly latencies: LatencySnapshot;
  readonly log: { readonly bytes: number; readonly segments: number; readonly accepting: boolean };
  /** Log records that a reader has still before it; names are the collector's own. */
  readonly cursors: readonly { readonly name: string; readonly behind: number }[];
  /** Names are the operator's. */
  readonly sinks: readonly { readonly name: string; readonly delivered: number; readonly refused: number }[];
  readonly live: { readonly clients: number; readonly leftOut: number };
  /** Failures of each step of the enrichment; names are the operator's. */
  readonly enrichment: readonly { readonly step: string; readonly failures: number }[];
  /** Files of the store that could not be read and were put aside. */
  readonly storeFilesPutAside: number;
  /** People let go because there were too many. */
  readonly forgotten: number;
  readonly workers: { readonly ready: number; readonly ended: number; readonly silences: number };
  readonly residentBytes: number;
  readonly startedAtMs: number;
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number, suffix?: string];
type Kind = "counter" | "gauge" | "histogram";

export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

export function metricsText(facts: MetricFacts): string {
  const lines: string[] = [];
  const add = (kind: Kind, [name, help]: readonly [string, string], samples: readonly Sample[]): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
    for (const [labels, value, suffix = ""] of samples) lines.push(`${name}${suffix}${labelText(labels)} ${value}`);
  };
  addIngest(facts, add);
  addOutcome(facts, add);
  addState(facts, add);
  return `${lines.join("\n")}\n`;
}

type Add = (kind: Kind, title: readonly [string, string], samples: readonly Sample[]) => void;

function addIngest({ stats, latencies }: MetricFacts, add: Add): void {
  add("counter", ["oncewire_requests_total", "Requests kept in the accept log."], [[{}, stats.requests]]);
  add("counter", ["oncewire_received_bytes_total", "Bytes of their bodies, as received."], [[{}, stats.receivedBytes]]);
  add("counter", ["oncewire_events_accepted_total", "Events in them."], [[{}, stats.accepted]]);
  add("counter", ["oncewire_bad_events_total", "What of them could not be decoded."], [[{}, stats.bad]]);
  add("counter", ["oncewire_requests_refused_total", "Requests refused, by reason."], byReason(stats.refused));
  add(
    "counter",
    ["oncewire_requests_unkept_total", "Requests answered of which there was nothing to keep, by reason."],
    byReason(stats.unkept),
  );
  add("counter", ["oncewire_connections_cut_total", "Connections ended by a limit, by reason."], byReason(stats.cut));
  const { buckets, count, sumMs } = latencies;
  add(
    "histogram",
    ["oncewire_answer_seconds", "From the head of a request to its answer, for requests that bring events."],
    [
      ...buckets.map((bucket): Sample => [{ le: String(bucket.atMostMs / 1_000) }, bucket.count, "_bucket"]),
      [{ le: "+Inf" }, count, "_bucket"],
      [{}, sumMs / 1_000, "_sum"],
      [{}, count, "_count"],
    ],
  );
}

function byReason(counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([reason, count]) => [{ reason }, count]);
}

function addOutcome({ stats, cursors, sinks, enrichment }: MetricFacts, add: Add): void {
  add("counter", ["oncewire_events_stored_total", "Accepted events that the store holds."], [[{}, stats.stored]]);
  add(
    "counter",
    ["oncewire_events_duplicate_total", "Accepted events whose id was stored already."],
    [[{}, stats.duplicates]],
  );
  add(
    "counter",
    ["oncewire_events_unstorable_total", "Accepted events that the store could keep only as bad events."],
    [[{}, stats.unstorable]],
  );
  add("gauge", ["oncewire_events_pending", "Accepted events not in the store yet."], [[{}, stats.pending]]);
  add(
    "gauge",
    ["oncewire_log_lag_records", "Requests in the log that a reader has still before it."],
    cursors.map(({ name, behind }): Sample => [{ cursor: name }, behind]),
  );
  add(
    "counter",
    ["oncewire_enrichment_failures_total", "Times a step of the enrichment found nothing out because it failed."],
    enrichment.map(({ step, failures }): Sample => [{ step }, failures]),
  );
  add(
    "counter",
    [
      "oncewire_sink_events_total",
      "Events that a sink is done with: safe at its other end, or refused there for ever.",
    ],
    sinks.flatMap(({ name, delivered, refused }): Sample[] => [
      [{ sink: name, outcome: "delivered" }, delivered],
      [{ sink: name, outcome: "refused" }, refused],
    ]),
  );
}

function addState(facts: MetricFacts, add: Add): void {
  const { log, live, workers, storeFilesPutAside, forgotten, residentBytes, startedAtMs } = facts;
  add(
    "gauge",
    ["oncewire_log_accepting", "1 while requests are kept, 0 while senders are told to come back."],
    [[{}, log.accepting ? 1 : 0]],
  );
  add("gauge", ["oncewire_log_bytes", "Size of the accept log."], [[{}, log.bytes]]);
  add("gauge", ["oncewire_log_segments", "Files of the accept log."], [[{}, log.segments]]);
  add("gauge", ["oncewire_live_clients", "Listeners of the live feed."], [[{}, live.clients]]);
  add(
    "counter",
    ["oncewire_live_left_out_total", "Stored items that came too fast for the live feed to show."],
    [[{}, live.leftOut]],
  );
  add(
    "counter",
    ["oncewire_store_files_put_aside_total", "Files of the store that could not be read and were put aside."],
    [[{}, storeFilesPutAside]],
  );
  add(
    "counter",
    ["oncewire_people_forgotten_total", "People let go, those seen longest ago, because there were too many."],
    [[{}, forgotten]],
  );
  add("gauge", ["oncewire_workers", "Worker processes that take connections."], [[{}, workers.ready]]);
  add(
    "counter",
    ["oncewire_worker_ends_total", "Worker processes that ended without being told to, to be started again."],
    [[{}, workers.ended]],
  );
  add(
    "counter",
    ["oncewire_worker_silences_total", "Times that a worker process did not answer any more."],
    [[{}, workers.silences]],
  );
  add("gauge", ["process_resident_memory_bytes", "Memory of the process."], [[{}, residentBytes]]);
  add("gauge", ["process_start_time_seconds", "When it started, since the epoch."], [[{}, startedAtMs / 1_000]]);
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
