/** What every client of the engine has in common, whatever its words for events: it waits, sends, ends and tells. */
import type { Stats } from "./delivery/delivery.js";
import type { FlushOptions, Outbox } from "./outbox.js";
import type { Listener, ReportKind } from "./report.js";

export interface Client extends AsyncDisposable {
  /** With `overflow: "wait"`: resolves when there is room for an event tracked right after. Otherwise at once. */
  ready(): Promise<void>;
  /**
   * Sends what waits, and resolves with the ledger when every event accepted before the call has ended or is durably
   * spooled, or after the timeout. Keeps the process alive meanwhile.
   */
  flush(options?: FlushOptions): Promise<Stats>;
  /** Refuses new events, flushes, drops what is left, and resolves with the ledger. Later calls share the first. */
  close(options?: Pick<FlushOptions, "timeoutMs">): Promise<Stats>;
  stats(): Stats;
  /** Returns the function that ends the subscription. */
  on<K extends ReportKind>(kind: K, listener: Listener<K>): () => void;
}

/** The common part of a client with one outbox; what it calls events is its subclass's. */
export class OutboxClient implements Client {
  protected readonly outbox: Outbox;

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  ready(): Promise<void> {
    return this.outbox.ready();
  }

  flush(options: FlushOptions = {}): Promise<Stats> {
    return this.outbox.flush(options);
  }

  close(options: Pick<FlushOptions, "timeoutMs"> = {}): Promise<Stats> {
    return this.outbox.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  stats(): Stats {
    return this.outbox.stats();
  }

  on<K extends ReportKind>(kind: K, listener: Listener<K>): () => void {
    return this.outbox.on(kind, listener);
  }
}
