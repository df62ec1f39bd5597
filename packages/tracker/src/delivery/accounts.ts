import type { EncodedEvent } from "@oncewire/protocol";
import type { Reporter, Settlement } from "../report.js";
import type { Fate, QueuedEvent } from "../spool/queued-event.js";
import type { Spool } from "../spool/spool.js";
import { Epochs } from "./flush.js";
import { Books, type Ledger } from "./ledger.js";

export interface AccountsParts {
  readonly destination: string;
  readonly spool: Spool;
  readonly reporter: Reporter;
}

/** Where every event of one destination is booked in, and booked out: once each, and told once. */
export class Accounts {
  readonly #destination: string;
  readonly #spool: Spool;
  readonly #reporter: Reporter;
  readonly #books = new Books();
  readonly #epochs = new Epochs();

  constructor({ destination, spool, reporter }: AccountsParts) {
    this.#destination = destination;
    this.#spool = spool;
    this.#reporter = reporter;
  }

  get pending(): number {
    return this.#books.pending;
  }

  /** Books an event in; null, and not booked, where the spool has no room. */
  accept(event: EncodedEvent, nowMs: number): QueuedEvent | null {
    const queued = this.#spool.append(event, nowMs);
    if (queued === null) return null;
    this.#books.accept();
    queued.epoch = this.#epochs.enter();
    return queued;
  }

  /** Books an event in and out: it ended at the call. */
  turnAway(id: string, settlement: Settlement): Fate {
    this.#books.accept();
    this.#books.settle(settlement, 1);
    this.#report([id], settlement);
    return { endedAtCall: true, settled: () => Promise.resolve(settlement) };
  }

  end(events: readonly QueuedEvent[], settlement: Settlement): void {
    if (events.length === 0) return;
    this.#books.settle(settlement, events.length);
    for (const event of events) {
      this.#spool.release(event);
      event.settle(settlement);
      if (event.epoch !== null) this.#epochs.leave(event.epoch);
    }
    if (!this.#reporter.hears(settlement.kind)) return;
    const ids = events.map(({ event }) => event.id);
    this.#report(ids, settlement);
  }

  /** Resolves when everything that is booked in has been booked out. */
  flush(): Promise<void> {
    return this.#epochs.flush();
  }

  isFlushed(event: QueuedEvent): boolean {
    return this.#epochs.isFlushed(event.epoch);
  }

  ledger(): Ledger {
    return this.#books.ledger();
  }

  #report(ids: readonly string[], settlement: Settlement): void {
    this.#reporter.report({ destination: this.#destination, ids, ...settlement });
  }
}
