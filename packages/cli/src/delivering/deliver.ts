/** Carries events to a destination: as fast as it takes them or as slowly as was asked, with a ledger at the end. */
import { setTimeout as sleep } from "node:timers/promises";
import { createTracker } from "oncewire";
import type { CreateTrackerOptions, Destination, Stats, Tracker } from "oncewire";
import { CommandError } from "../command-error.js";
import { createProgressBar } from "../output/progress-bar.js";
import { printable } from "../output/colours.js";
import type { Terminal } from "../terminal.js";
import type { Sendable } from "./sendable.js";

export interface DeliverOptions {
  readonly destination: Destination;
  readonly terminal: Terminal;
  /** Events per second, at most; null is as fast as it goes. */
  readonly rate: number | null;
  /** Without progress for so long, the destination counts as unreachable. */
  readonly giveUpMs: number;
  /** How many there will be, where that is known. */
  readonly total: number | null;
  /** Everything up to the mark has ended. */
  readonly onSettled?: (mark: number) => Promise<void>;
}

const checkpointEvents = 1_000;

/**
 * Resolves with the ledger when every event has ended.
 *
 * @throws CommandError `unreachable` when the destination takes nothing for too long, or `partial` when it refused some.
 */
export async function deliver(events: AsyncIterable<Sendable>, options: DeliverOptions): Promise<Stats> {
  const tracker = openTracker(options);
  const watch = watchTrouble(tracker, options.terminal);
  try {
    await feed(events, { tracker, watch, options });
    return await tracker.close({ timeoutMs: 1 });
  } catch (error) {
    await tracker.close({ timeoutMs: 1 });
    throw error;
  }
}

/** Makes a ledger with losses the command's result, and says it in one line. */
export function concludeDelivery({ accepted, delivered, rejected, dropped, pending }: Stats, terminal: Terminal): void {
  terminal.note(
    `accepted ${accepted} = delivered ${delivered} + rejected ${rejected} + dropped ${dropped} + pending ${pending}`,
  );
  if (rejected + dropped > 0) {
    throw new CommandError(
      "partial",
      `${rejected + dropped} of ${accepted} events were not delivered; the reasons are above.`,
    );
  }
}

export function openTracker(
  { destination }: Pick<DeliverOptions, "destination">,
  more: Partial<CreateTrackerOptions> = {},
): Tracker {
  return createTracker({
    destinations: [destination],
    overflow: "wait",
    flushIntervalMs: 20,
    exitTimeoutMs: 0,
    ...more,
  });
}

interface Feeding {
  readonly tracker: Tracker;
  readonly watch: Trouble;
  readonly options: DeliverOptions;
}

async function feed(events: AsyncIterable<Sendable>, { tracker, watch, options }: Feeding): Promise<void> {
  const { rate, total, terminal, onSettled } = options;
  const bar = createProgressBar(terminal);
  const startedMs = performance.now();
  let count = 0;
  let mark: number | null = null;
  const settle = async (): Promise<void> => {
    await settled(tracker, options, watch);
    if (mark !== null) await onSettled?.(mark);
  };
  try {
    for await (const { kind, message, mark: next } of events) {
      if (rate !== null) await untilTurn(startedMs + (count * 1_000) / rate);
      await tracker.ready();
      tracker.event(kind, message);
      count += 1;
      mark = next;
      bar.show(tracker.stats().delivered, total);
      if (count % checkpointEvents === 0) await settle();
    }
    await settle();
  } finally {
    bar.end();
  }
}

async function untilTurn(atMs: number): Promise<void> {
  const waitMs = atMs - performance.now();
  if (waitMs > 1) await sleep(waitMs);
}

/** Resolves when every event so far has ended; rejects when that comes to a standstill. */
export async function settled(
  tracker: Tracker,
  { giveUpMs }: Pick<DeliverOptions, "giveUpMs">,
  watch: Trouble,
): Promise<void> {
  let best = tracker.stats().pending;
  let quietSinceMs = performance.now();
  while (best > 0) {
    const { pending } = await tracker.flush({ timeoutMs: Math.min(500, giveUpMs) });
    if (pending < best) quietSinceMs = performance.now();
    best = pending;
    const why = watch.why();
    if (pending > 0 && (watch.isDenied() || performance.now() - quietSinceMs >= giveUpMs)) {
      throw new CommandError(
        "unreachable",
        `the destination takes nothing (${why}); ${pending} events were not delivered.`,
      );
    }
  }
}

export interface Trouble {
  why(): string;
  /** The destination has refused us: no waiting helps. */
  isDenied(): boolean;
}

/** Says every loss once per reason, with an id to look for, and remembers what holds delivery up. */
export function watchTrouble(tracker: Tracker, terminal: Pick<Terminal, "note">): Trouble {
  const told = new Set<string>();
  let reason = "no answer";
  let denied = false;
  const tell = (what: string, why: string, ids: readonly string[]): void => {
    if (told.has(`${what} ${why}`)) return;
    told.add(`${what} ${why}`);
    terminal.note(printable(`${what}: ${why} (first: ${ids[0] ?? "unknown"})`));
  };
  tracker.on("rejected", ({ reason: why, detail, ids }) => tell("rejected", `${why}: ${detail}`, ids));
  tracker.on("dropped", ({ reason: why, ids }) => tell("dropped", why, ids));
  tracker.on("retrying", (report) => (reason = report.reason));
  tracker.on("paused", (report) => {
    reason = report.reason;
    denied = true;
  });
  return { why: () => reason, isDenied: () => denied };
}
