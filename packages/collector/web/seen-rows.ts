/**
 * Which rows the page has been sent, so that each is shown once: a collector that starts again begins with its newest
 * events, and one that was killed sends what it loads from its log again.
 */
import type { EventRow } from "./event-row.js";
import { jsonText } from "./json-value.js";

export interface SeenBounds {
  /** At least so many of the newest are known, at most twice as many. */
  readonly maxRows: number;
  /** Of what is remembered of those; ids are as long as their sender likes. */
  readonly maxChars: number;
}

export class SeenRows {
  readonly #bounds: SeenBounds;
  /** When the newer ones are full, they become the older ones, and those before are forgotten: the cost is the same always. */
  #newer = new Set<string>();
  #older: ReadonlySet<string> = new Set();
  #newerChars = 0;

  constructor(bounds: SeenBounds) {
    this.#bounds = bounds;
  }

  /** Whether it comes for the first time; from now on it has come. A row without an id is always new. */
  isNew({ type, project, value }: EventRow): boolean {
    const id = jsonText(value["id"]);
    if (id === "") return true;
    const key = JSON.stringify([type, project, id]);
    if (this.#newer.has(key) || this.#older.has(key)) return false;
    this.#newer.add(key);
    this.#newerChars += key.length;
    if (this.#newer.size >= this.#bounds.maxRows || this.#newerChars >= this.#bounds.maxChars) this.#forgetOlder();
    return true;
  }

  #forgetOlder(): void {
    this.#older = this.#newer;
    this.#newer = new Set();
    this.#newerChars = 0;
  }
}
