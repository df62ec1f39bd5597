/** The store is derived from the accept log: here it is made anew. */
import { CollectorError } from "./errors.js";
import { checkEnrichment } from "./enrichment/open-enrichment.js";
import { loadingSetup, storeDirectoryOf } from "./loading/loading-setup.js";
import { openWires } from "./loading/receivers.js";
import { startLoading } from "./loading/start-loading.js";
import type { Loading } from "./loading/start-loading.js";
import type { AcceptLog } from "./log/accept-log.js";
import { openDataDirectory } from "./log/data-directory.js";
import { resolveOptions } from "./options.js";
import type { CollectorOptions, ResolvedOptions } from "./options.js";
import { dropStoreBefore, putStoreBack, setStoreAside } from "./store-aside.js";

export interface RebuildOptions extends CollectorOptions {
  /** Also when the log does not reach back to the beginning, so that older events will be missing. @default false */
  readonly acceptLoss?: boolean | undefined;
  /** Told now and then how many of the log's records are in the new store. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface Rebuilt {
  readonly events: number;
  readonly bad: number;
  readonly duplicates: number;
  /** Events that the store before had and the log has no more. */
  readonly missingRecords: number;
}

const progressEveryMs = 200;
/** A day: whatever a log may hold is loaded by then. */
const rebuildTimeoutMs = 86_400_000;
const keepAll = { logRetentionMs: 31_536_000_000, logRetentionBytes: Number.MAX_SAFE_INTEGER };

/**
 * Makes the store of a data directory anew, from the accept log alone, while no collector has it. The store before is put
 * aside until the new one is whole: after a failure or a crash it is put back, and nothing has changed.
 *
 * @throws CollectorError as `startCollector`, and `log-incomplete` when the log does not reach back to the beginning.
 */
export async function rebuildStore(given: RebuildOptions): Promise<Rebuilt> {
  const { acceptLoss = false, onProgress = () => {}, ...rest } = given;
  // Nothing may leave the log while it is the only place where events are.
  const options = resolveOptions({ ...rest, ...keepAll, takeOverTimeoutMs: 0 });
  await checkEnrichment(options);
  const store = storeDirectoryOf(options);
  const log = await openDataDirectory(options);
  try {
    putStoreBack(store);
    if (log.first > 0 && !acceptLoss) throw incomplete(log.first);
    setStoreAside(store);
    try {
      const counts = await load(options, log, onProgress);
      dropStoreBefore(store);
      return { ...counts, missingRecords: log.first };
    } catch (error) {
      putStoreBack(store);
      throw error;
    }
  } finally {
    await log.close();
  }
}

type OnProgress = (done: number, total: number) => void;

async function load(
  options: ResolvedOptions,
  log: AcceptLog,
  onProgress: OnProgress,
): Promise<Omit<Rebuilt, "missingRecords">> {
  let duplicates = 0;
  const loading = await startLoading({
    setup: loadingSetup({ options, wires: openWires(options), log }),
    readLog: (from) => log.readPacked(from),
    runtime: options.runtime,
    onLoaded: (loaded) => (duplicates += loaded.duplicates),
    onSealed: () => {},
    onReport: options.onReport ?? (() => {}),
  });
  const stopShowing = showProgress({ options, log, loading }, onProgress);
  try {
    loading.advance(log.durable);
    await loading.reached(log.durable, rebuildTimeoutMs);
    await loading.seal();
    const { events, bad } = await loading.reader.counts();
    return { events, bad, duplicates };
  } finally {
    stopShowing();
    await loading.close();
  }
}

interface Showing {
  readonly options: ResolvedOptions;
  readonly log: AcceptLog;
  readonly loading: Loading;
}

function showProgress({ options, log, loading }: Showing, onProgress: OnProgress): () => void {
  let cancel = (): void => {};
  const show = (): void => {
    onProgress(Math.max(0, loading.progress().loadedTo - log.first), log.durable - log.first);
    cancel = options.runtime.after(progressEveryMs, show);
  };
  show();
  return () => cancel();
}

function incomplete(first: number): CollectorError {
  return new CollectorError(
    "log-incomplete",
    `the accept log begins at position ${first}: expected one that reaches back to the beginning, since a store made from it would lack the events before; accept that, or keep the store.`,
  );
}
