/** Carries events to a destination: as fast as it takes them or as slowly as was asked, with a ledger at the end. */
import { setTimeout as sleep } from "node:timers/promises";
import { createTracker } from "oncewire";
import type { CreateTrackerOptions, Destination, Stats, Tracker } from "oncewire";
import { CommandError } from "../command-error.js";
import { untilEnded } from "../input/until-ended.js";
import type { UntilEnded } from "../input/until-ended.js";
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
  /** The id of each event that is sent: the tracker makes one where none was given. */
  readonly onTracked?: (id: string) => void;
  /** Everything up to the mark has ended. */
  readonly onSettled?: (mark: number) => Promise<void>;
}

const checkpointEvents = 1_000;
/** How long somebody who pressed Ctrl-C waits for what is on its way. */
const interruptedMs = 5_000;

/**
 * Says the ledger when every event has ended, also of those before an end that comes too early. A signal ends the reading;
 * what was read is delivered.
 *
 * @throws CommandError `unreachable` when the destination takes nothing for too long, `interrupted` after a signal.
 */
export async function deliver(events: AsyncIterable<Sendable>, options: DeliverOptions): Promise<Stats> {
  const tracker = openTracker(options);
  const watch = watchTrouble(tracker, options.terminal);
  const reading = untilEnded(events, options.terminal);
  try {
    await feed(reading, { tracker, watch, options });
  } catch (error) {
    noteLedger(await tracker.close({ timeoutMs: 1 }), options.terminal);
    throw error;
  }
  const stats = await tracker.close({ timeoutMs: 1 });
  noteLedger(stats, options.terminal);
  const { endedBy } = reading;
  if (endedBy !== null) throw new CommandError("interrupted", `${endedBy}: what comes after is not sent.`);
  return stats;
}

export function noteLedger(
  { accepted, delivered, rejected, dropped, pending }: Stats,
  { note }: Pick<Terminal, "note">,
): void {
  note(
    `accepted ${accepted} = delivered ${delivered} + rejected ${rejected} + dropped ${dropped} + pending ${pending}`,
  );
}

/**
 * Makes losses the command's result.
 *
 * @throws CommandError `partial`, or `usage` when the input held no event at all.
 */
export function concludeDelivery({ accepted, rejected, dropped, rejectedBy }: Stats, passedOver: number): void {
  const lost = rejected + dropped;
  const what = [
    ...(passedOver > 0 ? [`${passedOver} lines are no events`] : []),
    ...(lost > 0 ? [`${lost} of ${accepted} events were not delivered`] : []),
  ];
  if (what.length === 0) return;
  const hint = rejectedBy["too-large"] > 0 ? " --max-event-bytes sends larger ones." : "";
  throw new CommandError(accepted === 0 ? "usage" : "partial", `${what.join(", and ")}; the reasons are above.${hint}`);
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

async function feed(events: UntilEnded<Sendable>, { tracker, watch, options }: Feeding): Promise<void> {
  const { rate, total, terminal, onSettled, onTracked, giveUpMs } = options;
  const bar = createProgressBar(terminal);
  const startedMs = performance.now();
  let count = 0;
  let mark: number | null = null;
  const settle = async (): Promise<void> => {
    await settled(tracker, watch, () => (events.endedBy === null ? giveUpMs : Math.min(giveUpMs, interruptedMs)));
    if (mark !== null) await onSettled?.(mark);
  };
  try {
    for await (const { kind, message, mark: next } of events) {
      if (rate !== null) await untilTurn(startedMs + (count * 1_000) / rate, events.signal);
      if (events.endedBy !== null) break;
      await tracker.ready();
      const { id } = tracker.event(kind, message);
      onTracked?.(id);
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

async function untilTurn(atMs: number, signal: AbortSignal): Promise<void> {
  const waitMs = atMs - performance.now();
  // The signal ends the waiting and nothing else.
  if (waitMs > 1) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
}

/** Resolves when every event so far has ended; rejects when that comes to a standstill for `patienceMs`. */
async function settled(tracker: Tracker, watch: Trouble, patienceMs: () => number): Promise<void> {
  let best = tracker.stats().pending;
  let quietSinceMs = performance.now();
  while (best > 0) {
    const { pending } = await tracker.flush({ timeoutMs: Math.min(500, patienceMs()) });
    if (pending < best) quietSinceMs = performance.now();
    best = pending;
    if (pending > 0 && (watch.isDenied() || performance.now() - quietSinceMs >= patienceMs())) {
      throw new CommandError(
        "unreachable",
        `the destination takes nothing (${watch.why()}); ${pending} events were not delivered.`,
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
