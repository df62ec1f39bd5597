/**
 * Tells users of screen readers what goes on, politely: what arrives is added up and said at most once in a while, and
 * nothing is said while nothing happens.
 */
export class Announcer {
  readonly #place: Element;
  readonly #intervalMs: number;
  #events = 0;
  #bad = 0;
  #planned = false;

  constructor(place: Element, intervalMs: number) {
    this.#place = place;
    this.#intervalMs = intervalMs;
  }

  count(type: "event" | "bad"): void {
    if (type === "bad") this.#bad += 1;
    else this.#events += 1;
    if (this.#planned) return;
    this.#planned = true;
    setTimeout(() => this.#say(), this.#intervalMs);
  }

  #say(): void {
    this.#planned = false;
    const bad = this.#bad === 0 ? "" : `, ${this.#bad} bad`;
    this.#place.textContent = `${this.#events} new events${bad}`;
    this.#events = 0;
    this.#bad = 0;
  }
}
