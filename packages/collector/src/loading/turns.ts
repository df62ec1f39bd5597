/**
 * Where no core is free, loading takes turns with accepting. Niceness is not enough: a thread that runs may finish its
 * slice, and requests, writes and syncs wait behind it. The log holds what is not loaded yet, so that a rush is accepted
 * first and loaded after.
 */
import { cpus } from "node:os";
import type { CpuInfo } from "node:os";
import { systemRuntime } from "../runtime.js";
import type { Runtime } from "../runtime.js";

export interface TurnsParts {
  readonly runtime: Pick<Runtime, "after" | "monotonicMs">;
  /** How long this thread has been at work since some fixed point, in milliseconds. */
  readonly activeMs: () => number;
  /** What all cores together have done, in milliseconds since some fixed point; null where nobody can say. */
  readonly coresMs: () => CoresMs | null;
}

export interface CoresMs {
  readonly idle: number;
  readonly all: number;
  readonly cores: number;
}

export interface Turns {
  /** What the loader was told: whether the log has grown, and whether somebody waits for what it loads. */
  heard(news: { readonly hasGrown: boolean; readonly isAwaited: boolean }): void;
  /** Resolves when loading may go on: at once where a core is free, nothing comes in, or somebody waits. */
  mine(): Promise<void>;
  /** Ends a rest, and lets none begin. */
  stop(): void;
}

/** Where cores are short, loading rests so many times as long as it works. */
const restsPerWork = 5;
/** Rests are this long at least: many short ones cost the accept path as much as none. */
const shortestRestMs = 100;
/** And this long at most, whatever one piece of work took. */
const longestRestMs = 250;
/** With less than this free, accepting and loading are in each other's way. */
const freeCores = 1;
const lookEveryMs = 100;
/** Without news for so long, nobody is accepting; under load there is some every 25 ms, but a thread at work hears it late. */
const quietMs = 250;

/** The turns of the thread that calls. */
export function turnsOfThread(): Turns {
  return createTurns({
    runtime: systemRuntime,
    activeMs: () => performance.eventLoopUtilization().active,
    coresMs: () => sumOf(cpus().map(({ times }) => times)),
  });
}

export function createTurns({ runtime, activeMs, coresMs }: TurnsParts): Turns {
  let grewAtMs = -Infinity;
  let isAwaited = false;
  const isCrowdedAt = createLookout(runtime.monotonicMs(), coresMs);
  let mark = { atMs: runtime.monotonicMs(), activeMs: activeMs() };
  /** How long loading is to rest for the time it took; what it did not use is not saved. */
  let owedMs = 0;
  let endRest = (): void => {};
  let isOver = false;

  const count = (): void => {
    const next = { atMs: runtime.monotonicMs(), activeMs: activeMs() };
    const workedMs = next.activeMs - mark.activeMs;
    const restedMs = next.atMs - mark.atMs - workedMs;
    owedMs = Math.min(longestRestMs, Math.max(0, owedMs + restsPerWork * workedMs - restedMs));
    mark = next;
  };
  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = runtime.after(ms, resolve);
      endRest = () => {
        cancel();
        resolve();
      };
    });
  return {
    heard(news) {
      if (news.hasGrown) grewAtMs = runtime.monotonicMs();
      isAwaited = news.isAwaited;
      if (isAwaited) endRest();
    },
    async mine() {
      count();
      const isCrowded = isCrowdedAt(mark.atMs);
      const isAccepting = mark.atMs - grewAtMs <= quietMs;
      if (!isCrowded || !isAccepting || isAwaited) owedMs = 0;
      if (isOver || owedMs < shortestRestMs) return;
      await rest(owedMs);
    },
    stop() {
      isOver = true;
      endRest();
    },
  };
}

/** Whether cores are short, as the last look told. */
function createLookout(beganAtMs: number, coresMs: TurnsParts["coresMs"]): (nowMs: number) => boolean {
  let last = { atMs: beganAtMs, cores: coresMs() };
  let isCrowded = false;
  return (nowMs) => {
    if (nowMs - last.atMs >= lookEveryMs) {
      const cores = coresMs();
      isCrowded = freeBetween(last.cores, cores) < freeCores;
      last = { atMs: nowMs, cores };
    }
    return isCrowded;
  };
}

function sumOf(cores: readonly CpuInfo["times"][]): CoresMs | null {
  if (cores.length === 0) return null;
  const idle = cores.reduce((sum, core) => sum + core.idle, 0);
  const busy = cores.reduce((sum, core) => sum + core.user + core.nice + core.sys + core.irq, 0);
  return { idle, all: idle + busy, cores: cores.length };
}

/** How many cores had nothing to do between two looks. */
function freeBetween(before: CoresMs | null, after: CoresMs | null): number {
  if (before === null || after === null || after.all <= before.all) return Infinity;
  return ((after.idle - before.idle) / (after.all - before.all)) * after.cores;
}
