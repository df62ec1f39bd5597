/** The composition root: which parts a collector is made of, and in which order they start and stop. */
import { join } from "node:path";
import { createReadAccess } from "./http/access.js";
import { createClientAddress } from "./http/client-address.js";
import { createIngestHandler } from "./http/ingest-handler.js";
import { createMicroHandler } from "./http/micro-handler.js";
import type { MicroHandler } from "./http/micro-handler.js";
import { loadPage } from "./http/page.js";
import { createGate } from "./http/gate.js";
import type { Gate } from "./http/gate.js";
import { healthOf } from "./http/health.js";
import { createRouter } from "./http/router.js";
import type { Handler } from "./http/router.js";
import { rateLimiterFor } from "./http/rate-limiter.js";
import type { RateLimiter } from "./http/rate-limiter.js";
import { createShowHandler } from "./http/show-handler.js";
import type { ShowHandler } from "./http/show-handler.js";
import { createIngest } from "./ingest/ingest.js";
import { createRequestKeeper } from "./ingest/request-keeper.js";
import { metricsText } from "./api/metrics.js";
import { createLatencies } from "./ingest/latencies.js";
import type { Latencies } from "./ingest/latencies.js";
import { createLedger } from "./ingest/ledger.js";
import type { Ledger } from "./ingest/ledger.js";
import { checkEnrichment, enrichmentSetup, stepNames } from "./enrichment/open-enrichment.js";
import { createLiveFeed } from "./live/live-feed.js";
import type { LiveFeed } from "./live/live-feed.js";
import { newestStored } from "./live/newest-stored.js";
import { createReceivers, openWires } from "./loading/receivers.js";
import type { Wires } from "./loading/receivers.js";
import { loadingSetup, storeDirectoryOf } from "./loading/loading-setup.js";
import { startSinks } from "./loading/start-sinks.js";
import type { Sinks } from "./loading/start-sinks.js";
import { startLoading } from "./loading/start-loading.js";
import type { Loading } from "./loading/start-loading.js";
import { createTruth } from "./loading/truth.js";
import { openDataDirectory, unusable } from "./log/data-directory.js";
import type { AcceptLog } from "./log/accept-log.js";
import { createCrossOrigin } from "./micro/cross-origin.js";
import { openHiddenMark } from "./micro/hidden-mark.js";
import { createMicroApi } from "./micro/micro-api.js";
import { guardedReport } from "./guarded-report.js";
import { createProjects } from "./projects.js";
import { resolveOptions } from "./options.js";
import type { CollectorOptions, ResolvedOptions } from "./options.js";
import type { CollectorReport, CollectorStats, CutReason } from "./report.js";
import { putStoreBack } from "./store-aside.js";
import type { EventReader } from "./store/event-store.js";
import { openEntrance } from "./workers/entrance.js";
import type { Entrance } from "./workers/entrance.js";
import type { SharedDesk } from "./workers/owner-desk.js";

/** A running collector. */
export interface Collector {
  /** Where it listens: `http://127.0.0.1:4600`. The live page is there, too. */
  readonly url: string;
  /** True when every key is accepted, because none was configured. */
  readonly open: boolean;
  /** What is stored, for reading. */
  readonly store: EventReader;
  stats(): CollectorStats;
  /** Resolves when everything accepted before the call can be queried. */
  settled(): Promise<void>;
  /** Answers what is in progress, loads and seals what is in the log, and stops. Resolves with the final ledger. */
  close(): Promise<CollectorStats>;
}

const settleTimeoutMs = 60_000;
/** Whoever asks the Micro API waits this long for what was accepted before. */
const askTimeoutMs = 20_000;

/**
 * Opens the data directory, brings the store up to date and listens.
 *
 * @throws CollectorError for a wrong option, a port in use, or a data directory that is not writable or is in use.
 * @example
 * const collector = await startCollector({ dataDirectory: "./var/collector", port: 0 });
 * console.log(collector.url);
 * await collector.close();
 */
export function startCollector(given: CollectorOptions): Promise<Collector> {
  return startCollectorWith(given, { startLoading });
}

/** What a collector is made of and may be made of differently, to measure or to test the rest of it. */
export interface CollectorMakers {
  readonly startLoading: typeof startLoading;
}

/** `startCollector` with other parts than the usual ones. */
export async function startCollectorWith(given: CollectorOptions, makers: CollectorMakers): Promise<Collector> {
  const options = resolveOptions(given);
  const wires = openWires(options);
  await checkEnrichment(options);
  const onReport = guardedReport(options.onReport);
  const gate = createGate();
  const ledger = createLedger();
  const entrance = await openDoors({ options, wires, ledger, onReport }, gate.handler);
  try {
    const log = await openDataDirectory(options);
    reportRecovery(log, onReport);
    const opened = { options, wires, log, ledger, onReport, makers, entrance };
    return await assemble(opened, gate).catch(async (error: unknown) => {
      await log.close();
      throw error;
    });
  } catch (error) {
    await entrance.close(0);
    throw error;
  }
}

type Report = (report: CollectorReport) => void;

type OpenedParts = Pick<RunningParts, "options" | "wires" | "log" | "ledger" | "onReport" | "makers" | "entrance">;

async function assemble(opened: OpenedParts, gate: Gate): Promise<Collector> {
  const { options, wires, log, ledger, onReport, entrance } = opened;
  putStoreBack(storeDirectoryOf(options));
  const live = createLiveFeed({ runtime: options.runtime });
  live.setStats(() => ledger.stats());
  const loading = await follow({ ...opened, live }).catch((error: unknown) => {
    // It comes from another thread: as an error with its code, but no longer of its class.
    const isFolder = error instanceof Error && "code" in error && error.code === "folder-unusable";
    throw isFolder ? unusable(options.dataDirectory, error) : error;
  });
  const parts = await complete({ ...opened, loading, live }).catch(async (error: unknown) => {
    await loading.close();
    throw error;
  });
  const desk = createDesk(parts);
  gate.open(createHandler(parts, desk));
  await entrance.employ(desk).catch(async (error: unknown) => {
    await Promise.all([loading.close(), parts.sinks.close()]);
    throw error;
  });
  onReport({ kind: "started", url: entrance.url, open: wires.keyTable.open });
  return {
    url: entrance.url,
    open: wires.keyTable.open,
    store: loading.reader,
    stats: () => ledger.stats(),
    settled: () => loading.reached(log.durable, settleTimeoutMs),
    close: once(async () => {
      await stop(parts);
      const stats = ledger.stats();
      onReport({ kind: "closed", stats });
      return stats;
    }),
  };
}

async function complete(parts: Omit<RunningParts, "sinks">): Promise<RunningParts> {
  return { ...parts, sinks: await openSinks(parts) };
}

/** Everything that happens to a request after its answer: it is loaded, counted, shown. */
async function follow(parts: Omit<RunningParts, "loading" | "sinks">): Promise<Loading> {
  const { options, wires, log, ledger, live, onReport, makers } = parts;
  const cursor = await log.cursor("store");
  const loading = await makers.startLoading({
    setup: loadingSetup({ options, wires, log }),
    readLog: (from) => log.readPacked(from),
    runtime: options.runtime,
    onReport,
    onLoaded(loaded) {
      ledger.found(loaded.found.events, loaded.found.bad);
      ledger.settled(loaded);
      live.publish(loaded.newest, loaded.leftOut);
    },
    // What is sealed in the store, the log need not keep for it.
    onSealed: (position) => {
      cursor
        .advance(position)
        .catch((error: unknown) => onReport({ kind: "log-cursor-failed", message: String(error) }));
    },
  });
  // Asked before anything is loaded, so that nothing is both in the answer and loaded later.
  live.beginWith(newestStored(loading.reader));
  loading.advance(log.durable);
  return loading;
}

async function openSinks({ options, wires, log, onReport }: OpenedParts): Promise<Sinks> {
  const { sinks: configured, dataDirectory, runtime } = options;
  const setup = { logFirst: log.first, wires, enrichment: enrichmentSetup(options) };
  const sinks = await startSinks({ sinks: configured, setup, dataDirectory, log, runtime, onReport });
  sinks.advance(log.durable);
  return sinks;
}

type Desk = SharedDesk & { readonly latencies: Latencies };

/** Whatever the accept path needs that there is one of, in whichever process a connection is. */
function createDesk({ options, log, ledger, loading, sinks, onReport }: RunningParts): Desk {
  const limit = (perSecond: number | null): RateLimiter | null =>
    rateLimiterFor(perSecond, () => options.runtime.monotonicMs());
  const onKept = (): void => {
    loading.advance(log.durable);
    sinks.advance(log.durable);
  };
  return {
    keeper: createRequestKeeper({ log, ledger, onKept, truthOf: createTruth(loading), onReport }),
    ledger,
    latencies: createLatencies(),
    limits: { address: limit(options.maxAddressRequestsPerSecond), key: limit(options.maxKeyRequestsPerSecond) },
    onReport,
  };
}

function createHandler(parts: RunningParts, desk: Desk): Handler {
  const { options, wires, log, ledger, loading, live, onReport } = parts;
  const { keeper, latencies, limits } = desk;
  const access = createReadAccess(options);
  return createRouter({
    receivers: createReceivers(wires),
    ingest: createIngestHandler({
      ingest: createIngest(keeper),
      projects: createProjects(wires.keyTable),
      ledger,
      latencies,
      clientAddress: createClientAddress(options.trustedProxies),
      addressLimit: limits.address,
      keyLimit: limits.key,
      access,
      runtime: options.runtime,
      onReport,
    }),
    store: loading.reader,
    sql: loading,
    log,
    live,
    micro: createMicro(parts),
    people: loading,
    show: createShow(parts),
    access,
    page: loadPage(),
    stats: () => ledger.stats(),
    metrics: metricsOf(parts, latencies),
    onCut: (reason) => ledger.cut(reason),
    health: () => healthOf({ ...parts, workers: parts.entrance.workers() }),
  });
}

function createShow({ options, wires, loading }: RunningParts): ShowHandler {
  const projects = createProjects(wires.keyTable);
  return createShowHandler({
    people: loading,
    store: loading.reader,
    projectOf: (publicKey) => {
      const match = projects.find(publicKey);
      return match.kind === "known" ? match.project : null;
    },
    access: createReadAccess(options),
  });
}

function createMicro({ options, wires, log, loading }: RunningParts): MicroHandler {
  return createMicroHandler({
    micro: createMicroApi({
      reader: loading.reader,
      sql: (text, bounds) => loading.sql(text, bounds),
      log,
      schemas: wires.schemas,
      mark: openHiddenMark(join(options.dataDirectory, "micro.json"), log.durable),
      settled: () => loading.reached(log.durable, askTimeoutMs),
    }),
    crossOrigin: createCrossOrigin([options.host, ...options.allowedHosts]),
    access: createReadAccess(options),
  });
}

function metricsOf(parts: RunningParts, latencies: Latencies): () => string {
  const { options, log, ledger, loading, sinks, live, entrance } = parts;
  const startedAtMs = options.runtime.nowMs();
  const steps = stepNames(enrichmentSetup(options));
  return () => {
    const { bytes, segments, state } = log.status();
    const { loadedTo, sealedTo, forgotten, filesPutAside, enrichmentFailures } = loading.progress();
    return metricsText({
      stats: ledger.stats(),
      latencies: latencies.snapshot(),
      log: { bytes, segments, accepting: state === "accepting" },
      cursors: [
        { name: "store", behind: log.durable - loadedTo },
        { name: "store-sealed", behind: log.durable - sealedTo },
        ...sinks.progress().map(({ name, position }) => ({ name: `sink-${name}`, behind: log.durable - position })),
      ],
      sinks: sinks.progress(),
      workers: entrance.workers(),
      live,
      enrichment: steps.map((step) => ({ step, failures: enrichmentFailures[step] ?? 0 })),
      storeFilesPutAside: filesPutAside,
      forgotten,
      residentBytes: process.memoryUsage.rss(),
      startedAtMs,
    });
  };
}

function openDoors(
  { options, wires, ledger, onReport }: Pick<RunningParts, "options" | "wires" | "ledger" | "onReport">,
  handler: Handler,
): Promise<Entrance> {
  const onError = (error: unknown): void => onReport({ kind: "failed", message: String(error) });
  const onCut = (reason: CutReason): void => ledger.cut(reason);
  return openEntrance({ ...options, options, wires, handler, onReport, onCut, onError });
}

interface RunningParts {
  readonly options: ResolvedOptions;
  readonly wires: Wires;
  readonly log: AcceptLog;
  readonly ledger: Ledger;
  readonly loading: Loading;
  readonly sinks: Sinks;
  readonly live: LiveFeed;
  readonly onReport: Report;
  readonly makers: CollectorMakers;
  readonly entrance: Entrance;
}

/** From the outside in: no new requests, then what is in the log, then who listens, then the store, then the log. */
async function stop({ options, log, loading, sinks, live, onReport, entrance }: RunningParts): Promise<void> {
  const closed = entrance.close(options.closeTimeoutMs);
  await Promise.race([closed, entrance.leftWith(() => live.clients)]);
  // What does not get into the store in time stays in the log and is loaded at the next start.
  await loading.reached(log.durable, options.closeTimeoutMs).catch((error: unknown) => {
    onReport({ kind: "store-failed", message: String(error) });
  });
  live.close();
  await closed;
  await Promise.all([loading.close(), sinks.close()]);
  await log.close();
}

function reportRecovery(log: AcceptLog, onReport: Report): void {
  const { tornBytes, damagedRecords, quarantinedSegments } = log.status().recovered;
  if (tornBytes + damagedRecords + quarantinedSegments === 0) return;
  onReport({ kind: "recovered", tornBytes, damagedRecords, quarantined: quarantinedSegments });
}

function once<T>(action: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  return () => (result ??= action());
}
