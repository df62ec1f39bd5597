/**
 * Sends bad events again, one request each, to a collector: what is mended becomes an event, what is not is bad again, as a
 * bad event of its own. One that is turned away, for want of a key, say, is neither.
 */
import type { ProtocolName } from "@oncewire/protocol";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError } from "../command-error.js";
import { createProgressBar } from "../output/progress-bar.js";
import { printable } from "../output/colours.js";
import type { Terminal } from "../terminal.js";
import { doorRequest } from "./bad-request.js";

export interface BadItem {
  readonly protocol: ProtocolName;
  readonly wire: unknown;
  readonly id: string;
  /** Where it came from; those of one request may have one mark, and follow one another. */
  readonly mark: number;
}

export interface ReplayBadOptions {
  readonly url: string;
  readonly key: string;
  readonly giveUpMs: number;
  readonly terminal: Terminal;
  /** Ends a wait for the collector. */
  readonly signal: AbortSignal;
  /** Everything up to the mark was sent, and taken or kept as bad again; not told any more once one was turned away. */
  readonly onSettled: (mark: number) => Promise<void>;
}

export interface BadLedger {
  readonly sent: number;
  readonly taken: number;
  /** Bad again, and kept as such. */
  readonly refused: number;
  /** Not kept at all. */
  readonly turnedAway: number;
}

/** @throws CommandError `unreachable` when the collector does not answer, or only to come back later, for too long. */
export async function replayBad(items: AsyncIterable<BadItem>, options: ReplayBadOptions): Promise<BadLedger> {
  const { terminal, signal, onSettled } = options;
  const bar = createProgressBar(terminal);
  const counts = { taken: 0, refused: 0, turnedAway: 0 };
  let sent = 0;
  let mark: number | null = null;
  const settle = async (): Promise<void> => {
    if (mark !== null && counts.turnedAway === 0) await onSettled(mark);
  };
  try {
    for await (const item of items) {
      if (item.mark !== mark) await settle();
      const answer = await post(item, options);
      sent += 1;
      mark = item.mark;
      const end = endOf(answer);
      counts[end] += 1;
      if (end !== "taken") terminal.note(printable(`${item.id}: ${answer.status} ${answer.text}`));
      bar.show(sent, null);
    }
    // Others of the last one's request may not have been read.
    if (!signal.aborted) await settle();
  } finally {
    bar.end();
  }
  return { sent, ...counts };
}

/** A gateway answers 400 to what it can read and not use, and the collector keeps that. */
function endOf({ status }: Answer): "taken" | "refused" | "turnedAway" {
  if (status < 300) return "taken";
  return status === 400 ? "refused" : "turnedAway";
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function post(item: BadItem, { url, key, giveUpMs, signal }: ReplayBadOptions): Promise<Answer> {
  const { path, headers, body } = doorRequest(item, key);
  const untilMs = performance.now() + giveUpMs;
  for (let waitMs = 250; ; waitMs = Math.min(waitMs * 2, 5_000)) {
    const answer = await once(url + path, { method: "POST", headers, body });
    if (answer.kind === "answered") return answer;
    if (signal.aborted || performance.now() + waitMs > untilMs)
      throw new CommandError("unreachable", `${url} takes nothing: ${answer.why}.`);
    await sleep(answer.afterMs ?? waitMs, undefined, { signal }).catch(() => undefined);
  }
}

type Attempt =
  | ({ readonly kind: "answered" } & Answer)
  | { readonly kind: "later"; readonly why: string; readonly afterMs: number | null };

async function once(url: string, init: RequestInit): Promise<Attempt> {
  try {
    const response = await fetch(url, init);
    const text = (await response.text()).trim().slice(0, 200);
    if (response.status !== 429 && response.status < 500) return { kind: "answered", status: response.status, text };
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    return { kind: "later", why: `it answers ${response.status}`, afterMs: seconds >= 0 ? seconds * 1_000 : null };
  } catch (error) {
    return { kind: "later", why: error instanceof Error ? error.message : String(error), afterMs: null };
  }
}
