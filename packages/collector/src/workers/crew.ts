/**
 * The worker processes of a collector: as many as were asked for, each started again when it ends by itself or has to be
 * killed because it hangs. A connection goes to the one that has fewest, of those that answer.
 */
import { CollectorError } from "../errors.js";
import type { CollectorReport } from "../report.js";
import type { Runtime } from "../runtime.js";
import type { WorkerSetup } from "./messages.js";
import type { SharedDesk } from "./owner-desk.js";
import { everyCheck, silentMs } from "./pulse.js";
import { Worker } from "./worker.js";
import type { Accepted } from "./worker.js";

export interface CrewParts {
  readonly size: number;
  readonly setup: WorkerSetup;
  readonly onReport: (report: CollectorReport) => void;
  readonly runtime: Pick<Runtime, "after" | "monotonicMs">;
  /** Serves a connection that no worker can take. */
  readonly serveHere: (accepted: Accepted) => void;
}

export interface CrewStatus {
  readonly wanted: number;
  /** How many take connections. */
  readonly ready: number;
  /** How many ended by themselves, or were killed because they did not answer. */
  readonly ended: number;
  /** How often one did not answer any more. */
  readonly silences: number;
  /** Of each worker. */
  readonly connections: readonly number[];
  /** Of the processes that run, for whoever measures them. */
  readonly pids: readonly number[];
}

/** The first wait before one is started again; it doubles up to the last for one that ends again and again. */
const firstRestartMs = 100;
const lastRestartMs = 10_000;
/** One that has worked for so long counts as well again. */
const wellMs = 30_000;
/** Beyond what its requests were given, a worker has so long to end. */
const killAfterMs = 2_000;

export class Crew {
  readonly #parts: CrewParts;
  readonly #places: Place[];
  /** Resolves when every worker is ready; rejects when one ended before. */
  readonly #started: Promise<void>;
  readonly #endChecks: () => void;
  #desk: SharedDesk | null = null;
  #ended = 0;
  #silences = 0;
  #turn = 0;
  #isClosing = false;
  #onStarted: () => void = () => {};
  #onFailed: ((error: Error) => void) | null = null;
  #onClosed: () => void = () => {};

  constructor(parts: CrewParts) {
    this.#parts = parts;
    this.#started = new Promise((resolve, reject) => {
      this.#onStarted = resolve;
      this.#onFailed = reject;
    });
    // Whoever employs the crew hears of it.
    this.#started.catch(() => {});
    this.#places = Array.from({ length: parts.size }, (_, index) => ({
      number: index + 1,
      worker: null,
      isReady: false,
      readyAtMs: 0,
      restartMs: firstRestartMs,
      cancelRestart: () => {},
    }));
    for (const place of this.#places) this.#start(place);
    this.#endChecks = everyCheck(parts.runtime, (isLate) => {
      for (const { worker } of this.#places) worker?.check(isLate);
    });
  }

  status(): CrewStatus {
    return {
      wanted: this.#places.length,
      ready: this.#ready().length,
      ended: this.#ended,
      silences: this.#silences,
      connections: this.#places.map(connectionsOf),
      pids: this.#places.flatMap(({ worker }) => worker?.pid ?? []),
    };
  }

  /**
   * From here on connections may be handed over. Resolves when every worker is ready.
   *
   * @throws CollectorError `worker-failed` when one ended before.
   */
  employ(desk: SharedDesk): Promise<void> {
    this.#desk = desk;
    return this.#started;
  }

  /** Hands the connection to a worker, or serves it here while there is none that answers. */
  take(accepted: Accepted): void {
    const ready = this.#desk === null ? [] : this.#ready();
    this.#turn += 1;
    // Beginning elsewhere each time, so that equals take turns.
    const [first, ...others] = ready.map((_, index) => ready[(index + this.#turn) % ready.length]);
    const least = others.reduce((best, one) => (connectionsOf(one) < connectionsOf(best) ? one : best), first);
    if (least?.worker === undefined || least.worker === null) this.#parts.serveHere(accepted);
    else least.worker.take(accepted);
  }

  /** Lets requests in progress end, where a worker answers; resolves when every process has ended. */
  close(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#isClosing = true;
      this.#endChecks();
      const cancel = this.#parts.runtime.after(timeoutMs + killAfterMs, () => {
        for (const { worker } of this.#places) worker?.kill();
      });
      this.#onClosed = () => {
        cancel();
        resolve();
      };
      const ready = this.#ready();
      for (const place of this.#places) {
        place.cancelRestart();
        if (ready.includes(place)) place.worker?.close(timeoutMs);
        else place.worker?.kill();
      }
      this.#noteIfClosed();
    });
  }

  #ready(): readonly Place[] {
    return this.#places.filter(({ isReady, worker }) => isReady && worker?.isSilent === false);
  }

  #start(place: Place): void {
    try {
      place.worker = new Worker({
        setup: this.#parts.setup,
        runtime: this.#parts.runtime,
        desk: () => this.#employer(),
        onReady: () => this.#becameReady(place),
        onSilent: () => this.#fellSilent(place),
        onBack: () => this.#cameBack(place),
        onEnded: (why, untaken) => this.#workerEnded(place, why, untaken),
      });
    } catch (error) {
      // The machine has no room for another process just now.
      this.#workerEnded(place, String(error), []);
    }
  }

  #employer(): SharedDesk {
    if (this.#desk === null) throw new Error("expected no frame of a worker that has no connection");
    return this.#desk;
  }

  #becameReady(place: Place): void {
    place.isReady = true;
    place.readyAtMs = this.#parts.runtime.monotonicMs();
    if (!this.#places.every(({ isReady }) => isReady)) return;
    this.#onFailed = null;
    this.#onStarted();
  }

  /** One that is not ready yet takes its time to start. */
  #fellSilent({ isReady, number }: Place): void {
    if (!isReady) return;
    this.#silences += 1;
    this.#parts.onReport({ kind: "worker-silent", worker: number, silentMs });
  }

  #cameBack({ isReady, number }: Place): void {
    if (isReady) this.#parts.onReport({ kind: "worker-answers", worker: number });
  }

  #workerEnded(place: Place, why: string, untaken: readonly Accepted[]): void {
    const { onReport, runtime } = this.#parts;
    const wasWell = place.isReady && runtime.monotonicMs() - place.readyAtMs > wellMs;
    place.worker = null;
    place.isReady = false;
    for (const accepted of untaken) {
      if (this.#isClosing) endUnserved(accepted);
      else this.take(accepted);
    }
    if (this.#isClosing) return this.#noteIfClosed();
    if (this.#onFailed !== null) return this.#onFailed(cannotStart(why));
    this.#ended += 1;
    if (wasWell) place.restartMs = firstRestartMs;
    const { number, restartMs } = place;
    onReport({ kind: "worker-ended", worker: number, message: why, restartMs });
    place.cancelRestart = runtime.after(restartMs, () => this.#start(place));
    place.restartMs = Math.min(2 * restartMs, lastRestartMs);
    return undefined;
  }

  #noteIfClosed(): void {
    if (this.#places.every(({ worker }) => worker === null)) this.#onClosed();
  }
}

/** Where a worker stands, whichever process that is just now. */
interface Place {
  readonly number: number;
  worker: Worker | null;
  isReady: boolean;
  readyAtMs: number;
  restartMs: number;
  cancelRestart: () => void;
}

function connectionsOf(place: Place | undefined): number {
  return place?.worker?.connections ?? 0;
}

/** Nobody is left to serve it: its client comes back. */
function endUnserved({ socket, onEnd }: Accepted): void {
  socket.destroy();
  onEnd();
}

function cannotStart(why: string): CollectorError {
  return new CollectorError(
    "worker-failed",
    `the worker processes cannot be started (${why}): expected room for \`workers\` more processes; choose fewer, or 0.`,
  );
}
