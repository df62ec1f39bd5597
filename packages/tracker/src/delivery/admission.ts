import type { Runtime } from "../runtime.js";
import type { Spool, SpoolBounds } from "../spool/spool.js";

export interface AdmissionParts {
  readonly spool: Spool;
  readonly options: SpoolBounds;
  readonly runtime: Runtime;
}

/**
 * Lets callers that are willing to wait in, as room appears. Whoever is let in has room for one event reserved until
 * the turn of the event loop is over, so that many who were waiting together do not all come for the same room.
 */
export class Admission {
  readonly #spool: Spool;
  readonly #bounds: SpoolBounds;
  readonly #runtime: Runtime;
  readonly #waiting = new Set<() => void>();
  #reserved = 0;

  constructor({ spool, options, runtime }: AdmissionParts) {
    this.#spool = spool;
    this.#bounds = options;
    this.#runtime = runtime;
  }

  ready(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      this.admit();
    });
  }

  /** To be called when room has appeared. */
  admit(): void {
    for (const enter of this.#waiting) {
      if (!this.#hasRoomFor(this.#reserved + 1)) return;
      this.#reserve();
      this.#waiting.delete(enter);
      enter();
    }
  }

  /** Lets everyone in, room or not: nothing more will be kept. */
  dissolve(): void {
    for (const enter of this.#waiting) enter();
    this.#waiting.clear();
  }

  #hasRoomFor(events: number): boolean {
    const { events: kept, bytes } = this.#spool;
    if (kept + events > this.#bounds.maxQueueEvents) return false;
    // Whoever comes alone to an empty queue is let in, however little it takes.
    if (kept + events === 1) return true;
    return bytes + events * expectedBytes(bytes, kept) <= this.#bounds.maxQueueBytes;
  }

  #reserve(): void {
    this.#reserved += 1;
    if (this.#reserved > 1) return;
    this.#runtime.afterPoll(() => {
      this.#reserved = 0;
      this.admit();
    });
  }
}

/** How large the next event will be is unknown: half as large again as the mean of those that are here. */
function expectedBytes(bytes: number, events: number): number {
  return events === 0 ? 2048 : 1.5 * (bytes / events);
}
