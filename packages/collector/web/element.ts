import { visibleText } from "./visible-text.js";

/**
 * The one way this page makes elements. Strings become text, never markup, with what is unseen in them made visible;
 * attribute names are this page's own words.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, visibleText(value));
  made.append(...children.map((child) => (typeof child === "string" ? visibleText(child) : child)));
  return made;
}

/** An element of index.html; throws where page and script do not belong together. */
export function byId<Type extends Element>(id: string, type: new () => Type): Type {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} with the id "${id}"`);
  return found;
}
