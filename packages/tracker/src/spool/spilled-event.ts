import type { EventEnd } from "../report.js";
import type { JournalSource } from "./journal-source.js";
import type { Fate, QueuedEvent } from "./queued-event.js";

/** An event for which memory has no room: once it is on disk, it is there alone until its turn comes. */
export class SpilledEvent implements Fate {
  readonly endedAtCall = false;
  readonly #position: number;
  readonly #source: JournalSource;
  /** Until it is on disk. */
  #queued: QueuedEvent | null;

  constructor(queued: QueuedEvent, position: number, source: JournalSource) {
    this.#queued = queued;
    this.#position = position;
    this.#source = source;
  }

  /** It is on disk now; memory lets go of it. */
  letGo(): void {
    this.#queued = null;
  }

  async settled(): Promise<EventEnd> {
    const queued = this.#queued;
    if (queued !== null) await queued.durable();
    return queued === null || queued.isDurable ? this.#source.fate(this.#position) : queued.settled();
  }

  async durable(): Promise<boolean> {
    return this.#queued === null || this.#queued.durable();
  }
}
