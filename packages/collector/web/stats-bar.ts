import type { JsonObject } from "./json-value.js";

const format = new Intl.NumberFormat("en");
/** The width of the sparkline's view box: one point a second, a minute in all. */
const points = 60;
const height = 20;

/** The numbers in the header, and the rate of the last minute as a line. */
export class StatsBar {
  readonly #numbers: ReadonlyMap<string, Element>;
  readonly #line: Element | null;
  #rates: readonly number[] = [];

  constructor(root: ParentNode) {
    const places = [...root.querySelectorAll("[data-stat]")];
    this.#numbers = new Map(places.map((place) => [place.getAttribute("data-stat") ?? "", place]));
    this.#line = root.querySelector("#sparkline polyline");
  }

  show(stats: JsonObject): void {
    for (const [name, place] of this.#numbers) {
      const value = stats[name];
      place.textContent = typeof value === "number" ? format.format(Math.round(value)) : "–";
      place.parentElement?.classList.toggle("some", typeof value === "number" && value > 0);
    }
    const rate = stats["eventsPerSecond"];
    this.#rates = [...this.#rates, typeof rate === "number" ? rate : 0].slice(-points);
    this.#line?.setAttribute("points", linePoints(this.#rates));
  }
}

/** The newest rate at the right edge, the highest at the top. */
function linePoints(rates: readonly number[]): string {
  const top = Math.max(1, ...rates);
  const from = points - rates.length;
  return rates.map((rate, at) => `${from + at},${(height - 1 - (rate / top) * (height - 2)).toFixed(1)}`).join(" ");
}
