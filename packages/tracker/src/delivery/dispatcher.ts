/**
 * The loop of one destination: it decides when to send, sends, and does what was decided about the answer. Nothing else
 * touches the destination. Every event that is accepted here ends here, once.
 */
import type { EncodedEvent, Outcome } from "@oncewire/protocol";
import type { ResolvedDeliveryOptions } from "../options.js";
import type { DropReason, Reporter, Settlement } from "../report.js";
import type { Runtime, Timer } from "../runtime.js";
import type { Fate, QueuedEvent } from "../spool/queued-event.js";
import type { Spool } from "../spool/spool.js";
import type { Transport } from "../transport/transport.js";
import { Admission } from "./admission.js";
import { smallerPayload, type BatchLimits } from "./batcher.js";
import { afterReply, openBreaker, width, type Breaker } from "./breaker.js";
import { decide, type DestinationDecision, type EventsDecision } from "./decide.js";
import type { Destination } from "./destination.js";
import { Epochs } from "./flush.js";
import { Books, type Ledger } from "./ledger.js";
import { Queue } from "./queue.js";
import { Shipment } from "./shipment.js";

export interface DispatcherParts {
  readonly destination: Destination;
  readonly spool: Spool;
  readonly transport: Transport;
  readonly options: ResolvedDeliveryOptions;
  readonly reporter: Reporter;
  readonly runtime: Runtime;
}

/** The state of one destination, for statistics. */
export interface DestinationStats extends Ledger {
  readonly state: Breaker["kind"];
  /** Memory of the pending events, as `maxQueueBytes` counts it. */
  readonly queuedBytes: number;
  readonly requestsInFlight: number;
  /** Requests sent so far, also those that failed. */
  readonly requests: number;
}

export class Dispatcher {
  readonly destination: Destination;
  readonly #spool: Spool;
  readonly #transport: Transport;
  readonly #options: ResolvedDeliveryOptions;
  readonly #reporter: Reporter;
  readonly #runtime: Runtime;
  readonly #queue: Queue;
  readonly #books = new Books();
  readonly #epochs = new Epochs();
  readonly #admission: Admission;
  readonly #inFlight = new Set<Shipment>();
  /** Shipments with something left to send: they go before anything new. */
  readonly #unfinished: Shipment[] = [];
  #limits: BatchLimits;
  #breaker = openBreaker;
  #timer: Timer | null = null;
  #timerAtMs = Infinity;
  #willPump = false;
  #requests = 0;

  constructor(parts: DispatcherParts) {
    this.destination = parts.destination;
    this.#spool = parts.spool;
    this.#transport = parts.transport;
    this.#options = parts.options;
    this.#reporter = parts.reporter;
    this.#runtime = parts.runtime;
    this.#queue = new Queue(parts.spool);
    this.#limits = limitsOf(parts.destination, parts.options);
    this.#admission = new Admission((events) => this.#hasRoomFor(events), parts.runtime.afterPoll);
  }

  /** Takes an event over. Where there is no room for it, it has ended when this returns. */
  accept(event: EncodedEvent, nowMs: number): Fate {
    this.#books.accept();
    const queued = this.#spool.append(event, nowMs) ?? this.#appendOverOldest(event, nowMs);
    if (queued === null) return this.#turnAway(event.id, { kind: "dropped", reason: "queue-full" });
    queued.epoch = this.#epochs.enter();
    if (this.#isFull() || this.#options.flushIntervalMs === 0) this.#pumpSoon();
    else if (this.#timer === null) this.#wakeAt(nowMs + this.#options.flushIntervalMs);
    return queued;
  }

  /** Books an event that ended at the call. */
  refuse(id: string, settlement: Settlement): Fate {
    this.#books.accept();
    return this.#turnAway(id, settlement);
  }

  /** Resolves when room for one more event is reserved for the caller, for the rest of this turn. */
  ready(): Promise<void> {
    return this.#admission.ready();
  }

  /** Sends what waits without waiting for more; resolves when all that was accepted by now has ended. */
  flush(): Promise<void> {
    const done = this.#epochs.flush();
    this.#pumpSoon();
    return done;
  }

  /** Drops all that has not ended and ends what is in flight. */
  abandon(reason: DropReason): void {
    const shipments = [...this.#inFlight, ...this.#unfinished.splice(0)];
    this.#inFlight.clear();
    const events = this.#queue.takeAll();
    for (const shipment of shipments) {
      shipment.isAbandoned = true;
      events.push(...shipment.extract(() => true));
      this.#queue.release(shipment.batch);
    }
    this.#transport.abort();
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerAtMs = Infinity;
    this.#end(events, { kind: "dropped", reason });
  }

  /** Lets go of whoever waits to be let in. */
  close(): void {
    this.#admission.dissolve();
  }

  stats(): DestinationStats {
    return {
      ...this.#books.ledger(),
      state: this.#breaker.kind,
      queuedBytes: this.#spool.bytes,
      requestsInFlight: this.#inFlight.size,
      requests: this.#requests,
    };
  }

  get pending(): number {
    return this.#books.pending;
  }

  #turnAway(id: string, settlement: Settlement): Fate {
    this.#books.settle(settlement, 1);
    this.#report([id], settlement);
    return { endedAtCall: true, settled: () => Promise.resolve(settlement) };
  }

  #appendOverOldest(event: EncodedEvent, nowMs: number): QueuedEvent | null {
    if (this.#options.overflow !== "drop-oldest") return null;
    for (let oldest = this.#spool.take(); oldest !== undefined; oldest = this.#spool.take()) {
      this.#end([oldest], { kind: "dropped", reason: "queue-full" });
      const queued = this.#spool.append(event, nowMs);
      if (queued !== null) return queued;
    }
    return null;
  }

  #hasRoomFor(events: number): boolean {
    const spool = this.#spool;
    if (spool.events === 0) return true;
    if (spool.events + events > this.#options.maxQueueEvents) return false;
    return spool.bytes + events * this.#roomyEventBytes() <= this.#options.maxQueueBytes;
  }

  /** More than most events take: the mean of those that wait, and half of it again. */
  #roomyEventBytes(): number {
    return (this.#spool.bytes / this.#spool.events) * 1.5;
  }

  #isFull(): boolean {
    return this.#spool.waiting >= this.#limits.maxEvents || this.#spool.waitingBytes >= this.#limits.maxBytes;
  }

  #pumpSoon(): void {
    if (this.#willPump) return;
    this.#willPump = true;
    this.#runtime.afterPoll(() => {
      this.#willPump = false;
      this.#pump();
    });
  }

  /** Sends as much as may be sent now, and sees to it that it is called again when more may be. */
  #pump(): void {
    const nowMs = this.#runtime.monotonicMs();
    while (
      nowMs >= this.#breaker.notBeforeMs &&
      this.#inFlight.size < width(this.#breaker, this.#options.maxInFlight)
    ) {
      const shipment = this.#unfinished.shift() ?? this.#cut(nowMs);
      if (shipment === null) break;
      // Never rejects: all that can fail in it ends as an outcome.
      if (this.#dropExpired(shipment, nowMs)) void this.#send(shipment);
    }
    this.#schedule(nowMs);
  }

  #cut(nowMs: number): Shipment | null {
    if (!this.#isDue(nowMs)) return null;
    const batch = this.#queue.takeBatch(this.#limits);
    return batch.length === 0 ? null : new Shipment(batch);
  }

  #isDue(nowMs: number): boolean {
    const oldest = this.#queue.oldest;
    if (oldest === undefined) return false;
    if (this.#isFull() || this.#queue.hasFreeLanes || this.#epochs.isFlushed(oldest.epoch)) return true;
    return nowMs - oldest.acceptedAtMs >= this.#options.flushIntervalMs;
  }

  /** Whether something is left to send. */
  #dropExpired(shipment: Shipment, nowMs: number): boolean {
    const expired = shipment.extract((event) => nowMs - event.acceptedAtMs > this.#options.maxEventAgeMs);
    this.#end(expired, { kind: "dropped", reason: "expired" });
    if (shipment.isDone) this.#queue.release(shipment.batch);
    return !shipment.isDone;
  }

  async #send(shipment: Shipment): Promise<void> {
    const { period } = this.#breaker;
    const piece = shipment.piece(this.#limits);
    this.#inFlight.add(shipment);
    this.#requests += 1;
    const outcome = await this.#ask(piece);
    if (shipment.isAbandoned) return;
    this.#inFlight.delete(shipment);
    const decision = decide(outcome, piece.length);
    this.#applyToDestination(decision.destination, period, piece.length);
    this.#applyToEvents(decision.events, shipment, piece);
    if (shipment.isDone) this.#queue.release(shipment.batch);
    else this.#unfinished.push(shipment);
    this.#pump();
  }

  async #ask(piece: readonly QueuedEvent[]): Promise<Outcome> {
    const { encoder } = this.destination;
    try {
      const request = encoder.frame(
        piece.map(({ event }) => event),
        this.#runtime.nowMs(),
      );
      const reply = await this.#transport.send(request);
      if (reply.kind === "answered") return encoder.classify(reply.response, this.#runtime.nowMs());
      return { kind: "retry", reason: `${reply.reason}: ${reply.detail}` };
    } catch (error) {
      // A codec or a transport of the user's making: what it throws must not stop the loop.
      return { kind: "retry", reason: `the request could not be made: ${String(error)}` };
    }
  }

  #applyToEvents(decision: EventsDecision, shipment: Shipment, piece: readonly QueuedEvent[]): void {
    switch (decision.kind) {
      case "keep":
        return;
      case "shrink":
        this.#limits = { ...this.#limits, maxPayloadBytes: smallerPayload(payloadBytes(piece)) };
        return;
      case "bisect": {
        const half = Math.ceil(piece.length / 2);
        shipment.replace(piece, [piece.slice(0, half), piece.slice(half)]);
        return;
      }
      case "sort":
        this.#sort(decision, shipment, piece);
        return;
      case "delivered":
      case "rejected":
        shipment.replace(piece, []);
        this.#end(piece, decision);
        if (decision.kind === "rejected" && decision.reason === "too-large") this.#unlearn(piece);
    }
  }

  /** One event that is too large alone explains why every batch with it was: the others need not stay as small. */
  #unlearn(piece: readonly QueuedEvent[]): void {
    const maxPayloadBytes = Math.max(this.#limits.maxPayloadBytes, payloadBytes(piece) - 1);
    this.#limits = { ...this.#limits, maxPayloadBytes };
  }

  #sort(decision: Extract<EventsDecision, { kind: "sort" }>, shipment: Shipment, piece: readonly QueuedEvent[]): void {
    const keep = new Set(decision.keep);
    const details = new Map(decision.rejected.map(({ index, detail }) => [index, detail]));
    shipment.replace(piece, [piece.filter((_, index) => keep.has(index))]);
    const delivered: QueuedEvent[] = [];
    for (const [index, event] of piece.entries()) {
      const detail = details.get(index);
      if (keep.has(index)) continue;
      if (detail === undefined) delivered.push(event);
      else this.#end([event], { kind: "rejected", reason: "refused", detail });
    }
    this.#end(delivered, { kind: "delivered" });
  }

  #applyToDestination(decision: DestinationDecision, period: number, events: number): void {
    const { retryBaseMs, retryCapMs, pauseBaseMs, pauseCapMs } = this.#options;
    const bounds = {
      retry: { baseMs: retryBaseMs, capMs: retryCapMs },
      pause: { baseMs: pauseBaseMs, capMs: pauseCapMs },
    };
    const nowMs = this.#runtime.monotonicMs();
    const before = this.#breaker;
    this.#breaker = afterReply(before, { decision, period, moment: { nowMs, random: this.#runtime.random() } }, bounds);
    const destination = this.destination.name;
    const { kind, failures, notBeforeMs } = this.#breaker;
    const delayMs = Math.max(0, notBeforeMs - nowMs);
    if (decision.kind === "failed") {
      this.#reporter.report({ kind: "retrying", destination, events, reason: decision.reason, failures, delayMs });
    }
    if (decision.kind === "denied" && before.kind !== "paused") {
      this.#reporter.report({ kind: "paused", destination, reason: decision.reason, delayMs });
    }
    if (kind === "open" && before.kind !== "open") this.#reporter.report({ kind: "resumed", destination });
  }

  /** The one place where a queued event ends. */
  #end(events: readonly QueuedEvent[], settlement: Settlement): void {
    if (events.length === 0) return;
    this.#books.settle(settlement, events.length);
    for (const event of events) {
      this.#spool.release(event);
      event.settle(settlement);
      if (event.epoch !== null) this.#epochs.leave(event.epoch);
    }
    if (this.#reporter.hears(settlement.kind)) {
      this.#report(
        events.map(({ event }) => event.id),
        settlement,
      );
    }
    this.#admission.admit();
  }

  #report(ids: readonly string[], settlement: Settlement): void {
    this.#reporter.report({ destination: this.destination.name, ids, ...settlement });
  }

  #schedule(nowMs: number): void {
    const oldest = this.#unfinished.length > 0 ? null : this.#queue.oldest;
    if (oldest === undefined) return;
    const dueAtMs = oldest === null ? nowMs : oldest.acceptedAtMs + this.#options.flushIntervalMs;
    const atMs = Math.max(this.#breaker.notBeforeMs, dueAtMs);
    // What is due already and could not be sent waits for a request to end, which pumps.
    if (atMs > nowMs) this.#wakeAt(atMs);
  }

  #wakeAt(atMs: number): void {
    if (this.#timer !== null && this.#timerAtMs <= atMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = this.#runtime.after(Math.ceil(atMs - this.#runtime.monotonicMs()), () => {
      this.#timer = null;
      this.#timerAtMs = Infinity;
      this.#pump();
    });
  }
}

function payloadBytes(events: readonly QueuedEvent[]): number {
  return events.reduce((total, { event }) => total + event.bytes.byteLength, 0);
}

function limitsOf(destination: Destination, options: ResolvedDeliveryOptions): BatchLimits {
  const { encoder } = destination;
  return {
    maxEvents: Math.min(options.maxBatchEvents, encoder.limits.maxBatchEvents),
    maxBytes: encoder.limits.maxBatchBytes,
    maxPayloadBytes: Infinity,
    overheadBytes: (events) => encoder.overheadBytes(events),
  };
}
