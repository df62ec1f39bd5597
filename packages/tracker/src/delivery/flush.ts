/**
 * Waiting for what has been accepted so far. Events belong to the epoch in which they were accepted; a flush closes the
 * current epoch and waits until it and all before it have nothing pending. So later events do not delay it, callers
 * with no event between them share an epoch, and each event costs one increment and one decrement.
 */
import type { Epoch } from "../spool/queued-event.js";

class Closed implements Epoch {
  pending: number;
  readonly done: Promise<void>;
  #resolve: () => void = () => undefined;

  constructor() {
    this.pending = 0;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  finish(): void {
    this.#resolve();
  }
}

export class Epochs {
  #current = new Closed();
  #closed: Closed[] = [];

  enter(): Epoch {
    this.#current.pending += 1;
    return this.#current;
  }

  leave(epoch: Epoch): void {
    epoch.pending -= 1;
    while (this.#closed[0]?.pending === 0) this.#closed.shift()?.finish();
  }

  /** Resolves when every event that has entered so far has left. */
  async flush(): Promise<void> {
    if (this.#current.pending > 0) {
      this.#closed.push(this.#current);
      this.#current = new Closed();
    }
    await this.#closed.at(-1)?.done;
  }
}
