import { copyButton } from "./copy-button.js";
import { element } from "./element.js";
import type { EventRow } from "./event-row.js";
import { jsonTree } from "./json-tree.js";
import { jsonText, prettyJson } from "./json-value.js";
import type { JsonObject, JsonValue } from "./json-value.js";
import { visibleLines } from "./visible-text.js";

/** One event, opened: what the collector made of it beside what it received. */
export function eventDetail(row: EventRow, close: HTMLButtonElement): readonly HTMLElement[] {
  const { wire = null, truncated, ...event } = row.value;
  return [
    element(
      "header",
      { class: "detail-head" },
      element("span", { class: "kind", "data-kind": row.kind }, row.kind),
      element("h2", {}, title(row)),
      close,
    ),
    ...(row.type === "bad" ? [reason(row.value)] : []),
    ...(truncated === undefined ? [] : [shortened(row, truncated)]),
    element("div", { class: "panes" }, eventPane(event), wirePane(wire)),
  ];
}

function title(row: EventRow): string {
  return row.type === "bad" ? jsonText(row.value["code"]) : row.name || row.user;
}

function reason(value: JsonObject): HTMLElement {
  return element("p", { class: "reason" }, jsonText(value["message"]));
}

function shortened(row: EventRow, fields: JsonValue): HTMLElement {
  const names = Array.isArray(fields) ? fields.join(", ") : "";
  const note = element("p", { class: "note" }, `Too long for this page, so shown in part: ${names}. `);
  if (row.type === "event") {
    const query = new URLSearchParams({ id: jsonText(row.value["id"]), limit: "1" });
    note.append(element("a", { href: `/api/events?${query}`, target: "_blank", rel: "noopener" }, "The whole event"));
  }
  return note;
}

function eventPane(event: JsonObject): HTMLElement {
  return pane("Event", jsonTree(event));
}

function wirePane(wire: JsonValue): HTMLElement {
  const text = typeof wire === "string" ? wire : prettyJson(wire);
  const code = element("pre", { class: "wire", tabindex: "0" });
  code.textContent = visibleLines(text);
  return pane("Wire", code, copyButton(text, code));
}

function pane(name: string, content: HTMLElement, ...buttons: readonly HTMLElement[]): HTMLElement {
  const head = element("div", { class: "pane-head" }, element("h3", {}, name), ...buttons);
  return element(
    "section",
    { class: "pane", "aria-label": name },
    head,
    element("div", { class: "pane-body" }, content),
  );
}
