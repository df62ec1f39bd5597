import type { EncodedEvent } from "@oncewire/protocol";
import type { DropReason, Reporter, Settlement } from "../report.js";
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

  /** Books an event in; null, and not booked, where the spool has no room. */
  accept(event: EncodedEvent, nowMs: number): Fate | null {
    const appended = this.#spool.append(event, nowMs);
    if (appended === null) return null;
    this.#books.accept();
    appended.queued.epoch = this.#epochs.enter();
    return appended.fate;
  }

  /** Books an event in that an earlier process had accepted. */
  recover(): void {
    this.#books.accept();
  }

  /** Books events out that nobody can have any more; those that an earlier process had accepted are booked in first. */
  lose(events: number, reason: DropReason, whose: "ours" | "others"): void {
    if (whose === "others") for (let event = 0; event < events; event += 1) this.#books.accept();
    const settlement = { kind: "dropped", reason } as const;
    this.#books.settle(settlement, events);
    this.#reporter.report({ destination: this.#destination, ids: [], events, ...settlement });
  }

  /** A flush need not wait for it any more. */
  secure(queued: QueuedEvent): void {
    if (queued.epoch === null) return;
    this.#epochs.leave(queued.epoch);
    queued.epoch = null;
  }

  /** Books an event in and out: it ended at the call. */
  turnAway(id: string, settlement: Settlement): Fate {
    this.#books.accept();
    this.#books.settle(settlement, 1);
    this.#report([id], settlement);
    return { endedAtCall: true, settled: async () => settlement, durable: async () => false };
  }

  end(events: readonly QueuedEvent[], settlement: Settlement): void {
    if (events.length === 0) return;
    this.#books.settle(settlement, events.length);
    for (const event of events) {
      this.#spool.release(event, settlement);
      event.settle(settlement);
      this.secure(event);
    }
    if (!this.#reporter.hears(settlement.kind)) return;
    const ids = events.map(({ event }) => event.id);
    this.#report(ids, settlement);
  }

  /** Takes events out of memory that have not ended: they are on disk, and a later process delivers them. */
  leave(events: readonly QueuedEvent[]): void {
    for (const event of events) {
      this.#spool.leave(event);
      event.settle({ kind: "kept" });
      this.secure(event);
    }
  }

  /** Resolves when everything that is booked in is booked out, or on disk. */
  flush(): Promise<void> {
    return this.#epochs.flush();
  }

  ledger(): Ledger {
    return this.#books.ledger();
  }

  #report(ids: readonly string[], settlement: Settlement): void {
    this.#reporter.report({ destination: this.#destination, ids, events: ids.length, ...settlement });
  }
}
