import { element } from "./element.js";
import { isObject } from "./json-value.js";
import type { JsonValue } from "./json-value.js";

/** Branches down to this depth are open at first, where they are not too long. */
const openDepth = 4;
const maxOpenEntries = 40;
/** Longer branches are shown piece by piece, so that a click never builds a hundred thousand elements. */
const pieceSize = 200;

interface Entry {
  readonly key: string;
  readonly value: JsonValue;
}

/**
 * JSON as nested lists that fold. Branches are `<details>`: reachable and foldable by keyboard without a script. What
 * is inside a branch is made when it is first opened, so that depth and size cost nothing until someone looks.
 */
export function jsonTree(value: JsonValue): HTMLElement {
  const root = element("ul", { class: "tree" });
  if (typeof value === "object" && value !== null) fill(root, entriesOf(value), 1);
  else root.append(element("li", {}, leaf(value)));
  return root;
}

function fill(list: HTMLElement, entries: readonly Entry[], depth: number): void {
  list.append(...entries.slice(0, pieceSize).map((entry) => item(entry, depth)));
  const rest = entries.slice(pieceSize);
  if (rest.length === 0) return;
  const more = element("button", { type: "button", class: "more" }, `Show more (${rest.length} left)`);
  const holder = element("li", {}, more);
  more.addEventListener("click", () => {
    holder.remove();
    fill(list, rest, depth);
  });
  list.append(holder);
}

function item({ key, value }: Entry, depth: number): HTMLElement {
  const label = element("span", { class: "key" }, key);
  if (typeof value !== "object" || value === null) return element("li", {}, label, leaf(value));
  const entries = entriesOf(value);
  if (entries.length === 0) return element("li", {}, label, size(value, 0));
  return element("li", {}, branch({ label, size: size(value, entries.length), entries, depth }));
}

interface Branch {
  readonly label: HTMLElement;
  readonly size: HTMLElement;
  readonly entries: readonly Entry[];
  readonly depth: number;
}

function branch({ label, size: count, entries, depth }: Branch): HTMLElement {
  const list = element("ul");
  const details = element("details", {}, element("summary", {}, label, count), list);
  const build = (): void => {
    if (list.childElementCount === 0) fill(list, entries, depth + 1);
  };
  details.addEventListener("toggle", build);
  if (depth < openDepth && entries.length <= maxOpenEntries) {
    build();
    details.open = true;
  }
  return details;
}

function size(value: JsonValue, count: number): HTMLElement {
  return element("span", { class: "size" }, isObject(value) ? `{${count}}` : `[${count}]`);
}

function leaf(value: null | boolean | number | string): HTMLElement {
  const type = value === null ? "null" : typeof value;
  return element("span", { class: `value ${type}` }, typeof value === "string" ? value : String(value));
}

function entriesOf(value: object): readonly Entry[] {
  return Object.entries(value).map(([key, content]: [string, JsonValue]) => ({ key, value: content }));
}
