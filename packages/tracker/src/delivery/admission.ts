/**
 * Lets callers that are willing to wait in, as room appears. Whoever is let in has room for one event reserved until
 * the turn of the event loop is over, so that many who were waiting together do not all come for the same room.
 */
export class Admission {
  readonly #hasRoomFor: (events: number) => boolean;
  readonly #afterTurn: (callback: () => void) => void;
  readonly #waiting = new Set<() => void>();
  #reserved = 0;

  constructor(hasRoomFor: (events: number) => boolean, afterTurn: (callback: () => void) => void) {
    this.#hasRoomFor = hasRoomFor;
    this.#afterTurn = afterTurn;
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

  #reserve(): void {
    this.#reserved += 1;
    if (this.#reserved > 1) return;
    this.#afterTurn(() => {
      this.#reserved = 0;
      this.admit();
    });
  }
}
