import type { Outcome } from "@oncewire/protocol";
import type { QueuedEvent } from "../spool/queued-event.js";
import { countThatFit, type BatchLimits } from "./batcher.js";

/**
 * A batch on its way. It holds the lanes of its events until all of them have ended; what is left of it is sent piece
 * by piece, in order.
 */
export class Shipment {
  /** As it was cut; the queue knows the holder of a lane by it. */
  readonly batch: readonly QueuedEvent[];
  isAbandoned = false;
  #failures = 0;
  /** What has not ended yet. A piece never reaches over the border of a group. */
  #groups: readonly (readonly QueuedEvent[])[];

  constructor(batch: QueuedEvent[]) {
    this.batch = batch;
    this.#groups = [batch];
  }

  get isDone(): boolean {
    return this.#groups.length === 0;
  }

  /** Monotonic; infinite when nothing is left. */
  get oldestAtMs(): number {
    return Math.min(...this.#groups.map(([first]) => first?.acceptedAtMs ?? Infinity));
  }

  /** What goes into the next request; stays in the shipment until it is replaced. */
  piece(limits: BatchLimits): readonly QueuedEvent[] {
    const group = this.#groups[0] ?? [];
    const sizes = group.slice(0, limits.maxEvents).map(({ event }) => event.bytes.byteLength);
    return group.slice(0, countThatFit(sizes, limits));
  }

  /** How often in a row its next piece has been put off, this time included. A piece that is taken apart starts anew. */
  countFailure({ kind }: Outcome): number {
    this.#failures = kind === "split" || kind === "rejected" ? 0 : this.#failures + 1;
    return this.#failures;
  }

  /** Puts what is still to be sent of the piece in its place: nothing when all of it has ended. */
  replace(piece: readonly QueuedEvent[], remaining: readonly QueuedEvent[]): void {
    this.#failures = 0;
    const [group = [], ...later] = this.#groups;
    this.#groups = withEvents([[...remaining, ...group.slice(piece.length)], ...later]);
  }

  /** Sends the piece in two halves from now on, apart from what follows it. */
  halve(piece: readonly QueuedEvent[]): void {
    const [group = [], ...later] = this.#groups;
    const half = Math.ceil(piece.length / 2);
    this.#groups = withEvents([piece.slice(0, half), piece.slice(half), group.slice(piece.length), ...later]);
  }

  /** Takes out and returns the events for which `test` holds. */
  extract(test: (event: QueuedEvent) => boolean): QueuedEvent[] {
    const out = this.#groups.flatMap((group) => group.filter(test));
    if (out.length > 0) this.#groups = withEvents(this.#groups.map((group) => group.filter((event) => !test(event))));
    return out;
  }
}

function withEvents(groups: readonly (readonly QueuedEvent[])[]): readonly (readonly QueuedEvent[])[] {
  return groups.filter((group) => group.length > 0);
}
