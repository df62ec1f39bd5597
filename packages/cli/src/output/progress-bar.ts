import type { Terminal } from "../terminal.js";

export interface ProgressBar {
  /** Shown at most ten times a second. `total` null is not known. */
  readonly show: (done: number, total: number | null, note?: string) => void;
  readonly end: () => void;
}

const everyMs = 100;
const barChars = 24;

/** A line on standard error that renews itself; without a terminal there, nothing. */
export function createProgressBar(
  { progress }: Pick<Terminal, "progress">,
  nowMs: () => number = Date.now,
): ProgressBar {
  const startedMs = nowMs();
  let shownMs = -Infinity;
  return {
    show: (done, total, note = "") => {
      const now = nowMs();
      if (now - shownMs < everyMs) return;
      shownMs = now;
      progress(progressLine({ done, total, elapsedMs: now - startedMs, note }));
    },
    end: () => progress(""),
  };
}

export function progressLine(state: { done: number; total: number | null; elapsedMs: number; note: string }): string {
  const { done, total, elapsedMs, note } = state;
  const rate = elapsedMs > 0 ? ` ${Math.round((done * 1_000) / elapsedMs).toLocaleString("en")}/s` : "";
  const tail = `${rate}${note === "" ? "" : `  ${note}`}`;
  if (total === null || total === 0) return `${done.toLocaleString("en")}${tail}`;
  const share = Math.min(1, done / total);
  const filled = Math.round(share * barChars);
  const bar = `${"█".repeat(filled)}${"░".repeat(barChars - filled)}`;
  return `${bar} ${Math.floor(share * 100)}%  ${done.toLocaleString("en")} of ${total.toLocaleString("en")}${tail}`;
}
