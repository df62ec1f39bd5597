import type { EventRow } from "./event-row.js";
import { rowElement } from "./row-element.js";
import type { RowChanges } from "./row-list.js";

export interface EventTableOptions {
  readonly body: HTMLTableSectionElement;
  readonly maxRows: number;
  /** The user chose a row: by click, by Enter, or by an arrow key while another is open. */
  readonly onOpen: (row: EventRow) => void;
}

/** Up to so many rows a frame light up as they come; more would only flicker. */
const maxHighlighted = 4;

/**
 * The rows on the page, newest on top. One row is in the tab order, arrow keys move between rows (the grid pattern of
 * the ARIA practices), so that a thousand rows are one stop on the way through the page.
 */
export class EventTable {
  readonly #options: EventTableOptions;
  readonly #rows = new WeakMap<Element, EventRow>();
  #tabStop: HTMLElement | null = null;
  #selected: HTMLElement | null = null;
  /** Where the button went down: under it, rows may move on before it comes up. */
  #pressed: HTMLElement | null = null;

  constructor(options: EventTableOptions) {
    this.#options = options;
    options.body.addEventListener("pointerdown", (event) => (this.#pressed = rowAt(event)));
    options.body.addEventListener("click", (event) => this.#open(this.#pressed ?? rowAt(event)));
    options.body.addEventListener("keydown", (event) => this.#onKey(event));
  }

  apply({ startOver, added }: RowChanges): void {
    const { body, maxRows } = this.#options;
    const elements = added.map((row) => this.#elementOf(row)).toReversed();
    if (startOver) body.replaceChildren(...elements);
    else body.prepend(...elements);
    if (!startOver && added.length <= maxHighlighted) for (const row of elements) row.classList.add("new");
    const hadFocus = body.contains(document.activeElement);
    while (body.childElementCount > maxRows) body.lastElementChild?.remove();
    if (hadFocus && !body.contains(document.activeElement)) this.#focus(body.lastElementChild);
    this.#moveTabStop();
  }

  /** Marks no row as open. */
  deselect(): void {
    this.#selected?.setAttribute("aria-selected", "false");
    this.#selected = null;
  }

  /** Gives the focus back to the row that was open, where it is still there. */
  focusSelected(): void {
    if (this.#selected?.isConnected) this.#focus(this.#selected);
  }

  #elementOf(row: EventRow): HTMLTableRowElement {
    const made = rowElement(row);
    this.#rows.set(made, row);
    return made;
  }

  #open(target: HTMLElement | null): void {
    this.#pressed = null;
    const row = target === null ? undefined : this.#rows.get(target);
    if (target === null || row === undefined) return;
    this.deselect();
    target.setAttribute("aria-selected", "true");
    this.#selected = target;
    this.#focus(target);
    this.#options.onOpen(row);
  }

  #onKey(event: KeyboardEvent): void {
    const current = rowAt(event);
    if (current === null) return;
    if (event.key === "Enter" || event.key === " ") this.#open(current);
    else if (!this.#moveFrom(current, event.key)) return;
    event.preventDefault();
  }

  #moveFrom(current: HTMLElement, key: string): boolean {
    const target = neighbour(current, key);
    if (!(target instanceof HTMLElement)) return target !== undefined;
    if (this.#selected === null) this.#focus(target);
    else this.#open(target);
    return true;
  }

  #focus(target: Element | null): void {
    if (!(target instanceof HTMLElement)) return;
    this.#setTabStop(target);
    target.focus();
  }

  /** Where nobody is among the rows, the newest is the way in. */
  #moveTabStop(): void {
    const { body } = this.#options;
    if (this.#tabStop !== null && this.#tabStop === document.activeElement) return;
    if (body.firstElementChild instanceof HTMLElement) this.#setTabStop(body.firstElementChild);
  }

  #setTabStop(target: HTMLElement): void {
    this.#tabStop?.setAttribute("tabindex", "-1");
    target.setAttribute("tabindex", "0");
    this.#tabStop = target;
  }
}

function rowAt(event: Event): HTMLElement | null {
  return event.target instanceof Element ? event.target.closest<HTMLElement>("tr") : null;
}

/** Where a key leads; null at the end of the way, undefined for keys that lead nowhere. */
function neighbour(row: Element, key: string): Element | null | undefined {
  switch (key) {
    case "ArrowDown":
      return row.nextElementSibling;
    case "ArrowUp":
      return row.previousElementSibling;
    case "Home":
      return row.parentElement?.firstElementChild ?? null;
    case "End":
      return row.parentElement?.lastElementChild ?? null;
  }
  return undefined;
}
