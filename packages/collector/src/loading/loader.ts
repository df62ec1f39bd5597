/**
 * Carries the log into the store: reads from the store's position on, decodes, enriches, appends. The store's position
 * is the only memory; after a crash the same records come again and are kept once.
 */
import type { BadEvent, Decoded, ProtocolName, Receiver } from "@oncewire/protocol";
import type { Enrichment } from "../enrichment/enrichment.js";
import type { LoggedRequest, LogRead } from "../log/accept-log.js";
import { unpack } from "../log/unpack.js";
import type { AppendResult, EventStore, LogBatch, LoggedBadEvent, LoggedEvent } from "../store/event-store.js";
import type { Runtime } from "../runtime.js";
import type { Turns } from "./turns.js";

export interface LoaderParts {
  /** The oldest position that is still in the log. */
  readonly logFirst: number;
  readonly readLog: (from: number) => Promise<LogRead>;
  readonly store: Pick<EventStore, "append" | "position">;
  readonly receivers: ReadonlyMap<ProtocolName, Receiver>;
  readonly enrichment: Enrichment;
  readonly runtime: Pick<Runtime, "after">;
  readonly turns: Turns;
  readonly onLoaded: (batch: LogBatch, result: AppendResult) => void;
  readonly onLost: (lost: LogRead["lost"]) => void;
  /** The store or the log failed; the same records are tried again by themselves. */
  readonly onFailed: (error: unknown) => void;
}

export interface Loader {
  /** Everything below `durable` may be read now; whether somebody waits for that. */
  advance(durable: number, isAwaited?: boolean): void;
  /** Stops after the batch in progress. */
  stop(): Promise<void>;
}

/** A store that fails is asked again after this long: the log holds everything meanwhile. */
const retryMs = 1_000;
/** So few are gone from memory before they are in the way of the garbage collector; fewer cost more than they save. */
const enoughEvents = 250;

export function startLoader(parts: LoaderParts): Loader {
  const { logFirst, readLog, store, runtime, turns } = parts;
  let position = Math.max(store.position, logFirst);
  let durable = position;
  let stopped = false;
  let running: Promise<void> | null = null;
  let cancelRetry: (() => void) | null = null;

  const run = async (): Promise<void> => {
    const hasMore = (): boolean => !stopped && position < durable;
    while (hasMore()) {
      const read = await readLog(position);
      if (read.lost.length > 0) parts.onLost(read.lost);
      for await (const batch of decodeBatches(parts, position, read)) {
        const result = await store.append(batch);
        position = batch.to;
        parts.onLoaded(batch, result);
        await turns.mine();
        if (stopped) return;
      }
    }
  };
  const start = (): void => {
    if (stopped || running !== null || cancelRetry !== null || position >= durable) return;
    running = run()
      .catch((error: unknown) => {
        parts.onFailed(error);
        cancelRetry = runtime.after(retryMs, () => {
          cancelRetry = null;
          start();
        });
      })
      .finally(() => {
        running = null;
        // More may have become durable between the loop's last look and here.
        start();
      });
  };
  return {
    advance(to, isAwaited = false) {
      turns.heard({ hasGrown: to > durable, isAwaited });
      durable = Math.max(durable, to);
      start();
    },
    async stop() {
      stopped = true;
      cancelRetry?.();
      turns.stop();
      await running;
    },
  };
}

/** What a read of the log decodes to, cut where there are enough events: compressed requests unpack to far more. */
async function* decodeBatches(
  { receivers, enrichment }: Pick<LoaderParts, "receivers" | "enrichment">,
  start: number,
  { requests, next }: LogRead,
): AsyncGenerator<LogBatch, void, undefined> {
  let [from, events, bad]: [number, LoggedEvent[], LoggedBadEvent[]] = [start, [], []];
  for (const [index, request] of requests.entries()) {
    const { position } = request;
    const decoded = await decodeLogged(receivers, request);
    const texts = enrichment.keepsTexts ? decoded.texts : null;
    decoded.events.forEach((event, at) => {
      events.push({ position, event: enrichment.event(event), texts: texts?.[at] });
    });
    for (const one of decoded.bad) bad.push({ position, bad: enrichment.bad(one) });
    if (events.length < enoughEvents || index === requests.length - 1) continue;
    yield { from, to: position + 1, events, bad };
    [from, events, bad] = [position + 1, [], []];
  }
  yield { from, to: next, events, bad };
}

type Contents = Pick<Decoded, "events" | "texts" | "bad">;

async function decodeLogged(receivers: ReadonlyMap<ProtocolName, Receiver>, request: LoggedRequest): Promise<Contents> {
  const receiver = receivers.get(request.protocol);
  if (receiver === undefined)
    return { events: [], bad: [undecodable(request, "it came on a wire this version does not speak")] };
  const { method, path, query, headers } = request.head;
  const limits = { maxBytes: receiver.maxBodyBytes, contentEncodings: receiver.contentEncodings };
  const unpacked = await unpack(request.body, headers["content-encoding"], limits);
  if (unpacked.kind !== "unpacked")
    return { events: [], bad: [undecodable(request, "its body does not unpack any more")] };
  try {
    const whole = { method, path, query, headers, body: unpacked.bytes };
    const { events, texts = null, bad } = receiver.decode(whole, request.arrival);
    return { events, texts, bad };
  } catch (error) {
    // A decoder answers for any bytes; where one fails nevertheless, one request must not stop all that follow.
    return { events: [], bad: [undecodable(request, `the decoder failed: ${String(error)}`)] };
  }
}

/** A request in the log that gives no events, kept in sight; its bytes stay in the log. */
function undecodable({ protocol, arrival, position }: LoggedRequest, why: string): BadEvent {
  return {
    id: arrival.requestId,
    protocol,
    project: arrival.project,
    receivedAt: new Date(arrival.receivedAtMs).toISOString(),
    code: "undecodable",
    message: `expected a request that decodes as it did when it was accepted, but ${why}; it is at log position ${position}`,
    wire: null,
  };
}
