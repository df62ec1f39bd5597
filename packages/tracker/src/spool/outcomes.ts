import type { EventEnd } from "../report.js";

const maxRemembered = 10_000;

/**
 * How events ended that are on disk alone, for whoever holds their handles. Who asks in time is told when it happens;
 * who asks late is told from memory, which holds what was not delivered, the newest of it.
 */
export class Outcomes {
  readonly #watchers = new Map<number, ((end: EventEnd) => void)[]>();
  readonly #undelivered = new Map<number, EventEnd>();
  /** Of what has been forgotten, the highest position. */
  #forgotten = -1;

  note(position: number, end: EventEnd): void {
    const watchers = this.#watchers.get(position);
    this.#watchers.delete(position);
    if (watchers !== undefined) for (const watch of watchers) watch(end);
    if (end.kind !== "delivered") this.#remember(position, end);
  }

  watch(position: number): Promise<EventEnd> {
    return new Promise((resolve) => {
      const watchers = this.#watchers.get(position);
      if (watchers === undefined) this.#watchers.set(position, [resolve]);
      else watchers.push(resolve);
    });
  }

  /** Of an event that has ended. */
  recall(position: number): EventEnd {
    const remembered = this.#undelivered.get(position);
    if (remembered !== undefined) return remembered;
    return position > this.#forgotten ? { kind: "delivered" } : { kind: "forgotten" };
  }

  /** Tells whoever still watches that the events stay where they are. */
  keepAll(): void {
    for (const position of this.#watchers.keys()) this.note(position, { kind: "kept" });
  }

  #remember(position: number, end: EventEnd): void {
    this.#undelivered.set(position, end);
    if (this.#undelivered.size <= maxRemembered) return;
    for (const oldest of this.#undelivered.keys()) {
      this.#undelivered.delete(oldest);
      this.#forgotten = Math.max(this.#forgotten, oldest);
      return;
    }
  }
}
