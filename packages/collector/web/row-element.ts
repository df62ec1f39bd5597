import { element } from "./element.js";
import type { EventRow } from "./event-row.js";

/** One row of the table. All of its text comes from outside. */
export function rowElement(row: EventRow): HTMLTableRowElement {
  const { type, kind, name, project, anonymous } = row;
  const user = {
    class: anonymous ? "cell-user anonymous" : "cell-user",
    ...(anonymous ? { title: "anonymous id" } : {}),
  };
  return element(
    "tr",
    { role: "row", class: type, tabindex: "-1", "aria-selected": "false" },
    cell({ class: "cell-time", title: row.time }, clockTime(row.time)),
    cell({ class: "cell-kind" }, element("span", { class: "kind", "data-kind": kind }, kind)),
    cell({ class: "cell-name", title: name }, name),
    cell(user, row.user),
    cell({ class: "cell-project" }, project),
  );
}

function cell(attributes: CellAttributes, content: Node | string): HTMLTableCellElement {
  const given = { role: "gridcell", ...attributes };
  return content === ""
    ? element("td", { ...given, class: `${given.class} none` }, "–")
    : element("td", given, content);
}

interface CellAttributes {
  readonly class: string;
  readonly [name: string]: string;
}

/** The time of day here, to the millisecond; the text itself where it is no time. */
function clockTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const two = (number: number): string => String(number).padStart(2, "0");
  const seconds = `${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, "0")}`;
  return `${two(time.getHours())}:${two(time.getMinutes())}:${seconds}`;
}
