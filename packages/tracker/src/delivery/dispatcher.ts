/**
 * The loop of one destination: it decides when to send, sends, and does what was decided about the answer. Nothing else
 * touches the destination. Every event that is accepted here ends here, once.
 */
import type { EncodedEvent } from "@oncewire/protocol";
import type { ResolvedDeliveryOptions } from "../options.js";
import type { DropReason, Reporter, Settlement } from "../report.js";
import type { Runtime } from "../runtime.js";
import type { Fate, QueuedEvent } from "../spool/queued-event.js";
import { keepingCostBytes } from "../spool/room.js";
import type { Spool, SpoolListener } from "../spool/spool.js";
import type { Transport } from "../transport/transport.js";
import { Accounts } from "./accounts.js";
import { Admission } from "./admission.js";
import { Alarm } from "./alarm.js";
import type { Breaker } from "./breaker.js";
import { Courier, type Answer } from "./courier.js";
import { decide, type EventsDecision } from "./decide.js";
import type { Destination, Verdict } from "./destination.js";
import { Gate } from "./gate.js";
import type { Ledger } from "./ledger.js";
import { Queue } from "./queue.js";
import { Shipment } from "./shipment.js";
import { Sizing } from "./sizing.js";

export interface DispatcherParts {
  readonly destination: Destination;
  /** Opens the place where its events are kept. */
  readonly openSpool: (listener: SpoolListener) => Spool;
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
  /** Pending events that are on disk alone, at most: those of an earlier process are pending once they are read. */
  readonly unreadEvents: number;
  readonly requestsInFlight: number;
  /** Requests sent so far, also those that failed. */
  readonly requests: number;
}

export class Dispatcher {
  readonly destination: Destination;
  readonly #spool: Spool;
  readonly #courier: Courier;
  readonly #sizing: Sizing;
  readonly #options: ResolvedDeliveryOptions;
  readonly #runtime: Runtime;
  readonly #queue: Queue;
  readonly #accounts: Accounts;
  readonly #gate: Gate;
  readonly #admission: Admission;
  readonly #alarm: Alarm;
  /** In no order; no Set, for what comes and goes in one may outlive it long (`transport/http-transport.ts`). */
  readonly #inFlight: Shipment[] = [];
  /** Shipments with something left to send: they go before anything new. */
  readonly #unfinished = new Set<Shipment>();
  readonly #resting = new Set<() => void>();
  #willPump = false;
  /** Why events that are in memory alone end when the dispatcher does. */
  #parting: DropReason = "closed";
  /** Events accepted by then do not wait for others. */
  #urgentUntilMs = -Infinity;

  constructor({ destination, openSpool, transport, options, reporter, runtime }: DispatcherParts) {
    const spool = openSpool(this.#listener(reporter));
    this.destination = destination;
    this.#spool = spool;
    this.#courier = new Courier(destination, transport, runtime);
    this.#sizing = new Sizing(destination, options.maxBatchEvents);
    this.#options = options;
    this.#runtime = runtime;
    this.#queue = new Queue(spool);
    this.#accounts = new Accounts({ destination: destination.name, spool, reporter });
    this.#gate = new Gate({ name: destination.name, options, reporter, runtime });
    this.#admission = new Admission({ spool, options, runtime });
    this.#alarm = new Alarm(runtime, () => this.#pump());
  }

  /** Events that would be lost with the process. */
  get volatile(): number {
    return this.#spool.volatile;
  }

  /** Whether there is anything left to do for this process. */
  get hasWork(): boolean {
    return this.#spool.events + this.#spool.unread > 0;
  }

  /** Whether an event would be dropped for lack of room, so that it need not be encoded. */
  get isFull(): boolean {
    return this.#spool.isFull && this.#options.overflow !== "drop-oldest";
  }

  /** Takes an event over. Where there is no room for it, it has ended when this returns. */
  accept(event: EncodedEvent, nowMs: number): Fate {
    const fate = this.#accounts.accept(event, nowMs) ?? this.#acceptOverOldest(event, nowMs);
    if (fate === null) return this.refuse(event.id, { kind: "dropped", reason: "queue-full" });
    if (this.#hasBatch() || this.#options.flushIntervalMs === 0) this.#pumpSoon();
    else if (!this.#alarm.isSet) this.#alarm.set(nowMs + this.#options.flushIntervalMs, nowMs);
    return fate;
  }

  /** Books an event that ended at the call. */
  refuse(id: string, settlement: Settlement): Fate {
    return this.#accounts.turnAway(id, settlement);
  }

  /** Resolves when room for one more event is reserved for the caller, for the rest of this turn. */
  ready(): Promise<void> {
    return this.#admission.ready();
  }

  /** Sends what waits without waiting for more; resolves when all that was accepted by now has ended or is on disk. */
  flush(): Promise<void> {
    this.#hurry();
    return this.#accounts.flush();
  }

  /**
   * Sends what waits; resolves when all has ended, or when all that has not is on disk and the destination does not
   * take it now.
   */
  rest(): Promise<void> {
    this.#hurry();
    return new Promise((resolve) => {
      this.#resting.add(resolve);
      this.#checkRest();
    });
  }

  /** Ends what is in flight, drops what is in memory alone, and leaves the rest on disk to a later process. */
  abandon(reason: DropReason): void {
    this.#parting = reason;
    this.#spool.detach();
    const events = this.#queue.takeAll();
    for (const shipment of [...this.#inFlight, ...this.#unfinished]) {
      shipment.isAbandoned = true;
      events.push(...shipment.extract(() => true));
      this.#queue.release(shipment.batch);
    }
    this.#inFlight.length = 0;
    this.#unfinished.clear();
    this.#alarm.cancel();
    this.#courier.abort();
    this.#accounts.leave(events.filter(({ isDurable }) => isDurable));
    const volatile = events.filter(({ isDurable }) => !isDurable);
    this.#end(volatile, { kind: "dropped", reason });
  }

  /** Lets go of whoever waits to be let in. */
  turnAway(): void {
    this.#admission.dissolve();
  }

  writeNow(): void {
    this.#spool.writeNow();
  }

  close(): Promise<void> {
    return this.#spool.close();
  }

  stats(): DestinationStats {
    return {
      ...this.#accounts.ledger(),
      state: this.#gate.state,
      queuedBytes: this.#spool.bytes,
      unreadEvents: this.#spool.unread,
      requestsInFlight: this.#inFlight.length,
      requests: this.#courier.requests,
    };
  }

  #listener(reporter: Reporter): SpoolListener {
    return {
      persisted: (event) => {
        this.#accounts.secure(event);
        this.#checkRest();
      },
      readable: () => this.#pumpSoon(),
      recovered: () => this.#accounts.recover(),
      lost: (events, reason, whose) => this.#accounts.lose(events, reason, whose),
      stranded: (event) => this.#end([event], { kind: "dropped", reason: this.#parting }),
      diskFailed: (fault) => {
        const destination = this.destination.name;
        if (fault === null) reporter.report({ kind: "spool-restored", destination });
        else reporter.report({ kind: "spool-failed", destination, fault });
      },
    };
  }

  #hurry(): void {
    this.#urgentUntilMs = this.#runtime.monotonicMs();
    this.#pumpSoon();
  }

  #checkRest(): void {
    if (this.#resting.size === 0) return;
    const isSafe = this.#spool.volatile === 0 && this.#gate.state !== "open";
    if (this.hasWork && !isSafe) return;
    for (const resolve of this.#resting) resolve();
    this.#resting.clear();
  }

  #acceptOverOldest(event: EncodedEvent, nowMs: number): Fate | null {
    if (this.#options.overflow !== "drop-oldest") return null;
    // What has made as much room as the event takes has made enough, if room in memory is what is missing.
    const enoughBytes = this.#spool.bytes - event.bytes.byteLength - keepingCostBytes;
    for (let oldest = this.#spool.take(); oldest !== undefined; oldest = this.#spool.take()) {
      this.#end([oldest], { kind: "dropped", reason: "queue-full" });
      const fate = this.#accounts.accept(event, nowMs);
      if (fate !== null || this.#spool.bytes <= enoughBytes) return fate;
    }
    return null;
  }

  /** Whether a whole request's worth of events waits. */
  #hasBatch(): boolean {
    return this.#sizing.isFull(this.#spool.waiting, this.#spool.waitingBytes);
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
    this.#dropExpired(nowMs);
    while (this.#gate.mayPass(nowMs, this.#inFlight.length)) {
      const shipment = this.#nextShipment(nowMs);
      if (shipment === null) break;
      // Never rejects: whatever fails in it ends as an outcome.
      void this.#send(shipment);
    }
    this.#setAlarm(nowMs);
    this.#checkRest();
  }

  #nextShipment(nowMs: number): Shipment | null {
    for (const shipment of this.#unfinished) {
      this.#unfinished.delete(shipment);
      return shipment;
    }
    while (this.#isDue(nowMs)) {
      const batch = this.#queue.takeBatch(this.#sizing.limits(nowMs));
      if (batch.length === 0) return null;
      const shipment = new Shipment(batch);
      this.#dropExpiredOf(shipment, nowMs);
      if (!shipment.isDone) return shipment;
    }
    return null;
  }

  #isDue(nowMs: number): boolean {
    const { oldest } = this.#queue;
    if (oldest === undefined) return false;
    if (this.#hasBatch() || this.#queue.hasFreeLanes || oldest.acceptedAtMs <= this.#urgentUntilMs) return true;
    return nowMs - oldest.acceptedAtMs >= this.#options.flushIntervalMs;
  }

  #dropExpired(nowMs: number): void {
    // What ends here frees its users' lanes, where more that is as old may be held back.
    for (const shipment of this.#unfinished) this.#dropExpiredOf(shipment, nowMs);
    const tooOld = this.#queue.takeOlder(nowMs - this.#options.maxEventAgeMs);
    this.#end(tooOld, { kind: "dropped", reason: "expired" });
  }

  #dropExpiredOf(shipment: Shipment, nowMs: number): void {
    const expired = shipment.extract((event) => nowMs - event.acceptedAtMs > this.#options.maxEventAgeMs);
    this.#end(expired, { kind: "dropped", reason: "expired" });
    if (shipment.isDone) this.#finish(shipment);
  }

  #finish(shipment: Shipment): void {
    this.#unfinished.delete(shipment);
    this.#queue.release(shipment.batch);
  }

  async #send(shipment: Shipment): Promise<void> {
    const { period } = this.#gate;
    const piece = shipment.piece(this.#sizing.limits(this.#runtime.monotonicMs()));
    const events = piece.map(({ event }) => event);
    this.#inFlight.push(shipment);
    const answer = await this.#courier.ask(events);
    if (shipment.isAbandoned) return;
    this.#inFlight.splice(this.#inFlight.indexOf(shipment), 1);
    const decision = decide(answer.outcome, piece.length, this.#verdict(answer, events, shipment));
    this.#gate.note(decision.destination, period, piece.length);
    this.#apply(decision.events, shipment, piece);
    if (shipment.isDone) this.#finish(shipment);
    else this.#unfinished.add(shipment);
    this.#checkRest();
    this.#pump();
  }

  #verdict(answer: Answer, events: readonly EncodedEvent[], shipment: Shipment): Verdict {
    if (answer.outcome.kind === "delivered") return "keep";
    return this.#courier.verdict(answer, events, shipment.countFailure(answer.outcome));
  }

  #apply(decision: EventsDecision, shipment: Shipment, piece: readonly QueuedEvent[]): void {
    switch (decision.kind) {
      case "keep":
        return;
      case "shrink":
        return this.#sizing.shrink(piece, this.#runtime.monotonicMs());
      case "bisect":
        return shipment.halve(piece);
      case "sort":
        return this.#sort(decision, shipment, piece);
      case "delivered":
      case "dropped":
      case "rejected":
        shipment.replace(piece, []);
        this.#end(piece, decision);
    }
  }

  #sort(decision: Extract<EventsDecision, { kind: "sort" }>, shipment: Shipment, piece: readonly QueuedEvent[]): void {
    const keep = new Set(decision.keep);
    const refused = new Map(decision.rejected.map(({ index, detail }) => [index, detail]));
    shipment.replace(
      piece,
      piece.filter((_, index) => keep.has(index)),
    );
    this.#end(
      piece.filter((_, index) => !keep.has(index) && !refused.has(index)),
      { kind: "delivered" },
    );
    for (const [index, detail] of refused) {
      const event = keep.has(index) ? undefined : piece[index];
      if (event !== undefined) this.#end([event], { kind: "rejected", reason: "refused", detail });
    }
  }

  #end(events: readonly QueuedEvent[], settlement: Settlement): void {
    this.#accounts.end(events, settlement);
    this.#admission.admit();
    this.#checkRest();
  }

  #setAlarm(nowMs: number): void {
    const { oldest } = this.#queue;
    const oldestAtMs = Math.min(
      oldest?.acceptedAtMs ?? Infinity,
      ...[...this.#unfinished].map((each) => each.oldestAtMs),
    );
    if (oldestAtMs === Infinity) return;
    const dueAtMs = this.#unfinished.size > 0 ? nowMs : oldestAtMs + this.#options.flushIntervalMs;
    const atMs = Math.min(Math.max(this.#gate.notBeforeMs, dueAtMs), oldestAtMs + this.#options.maxEventAgeMs + 1);
    // What is due and was not sent waits for a request to end, which pumps.
    if (atMs > nowMs) this.#alarm.set(atMs, nowMs);
  }
}
